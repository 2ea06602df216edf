/// One header block of a tar archive.
///
/// Source of the format: POSIX.1-2017, `pax`, “ustar Interchange Format”; GNU tar's manual for long names and binary sizes.
package struct TarHeader {
  /// Every header and every padding is a multiple of so many bytes.
  package static let blockSize = 512

  /// The name as it stands in the block, prefix included.
  var name: [UInt8]
  /// Bytes that follow, padding not counted.
  var size: Int
  /// `0` for a regular file, `x` for a pax header, `L` for a GNU long name, and others.
  let type: UInt8

  /// Whether the bytes begin with a header block that says so.
  static func isTar(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= blockSize && bytes[257..<262].elementsEqual("ustar".utf8)
      && TarHeader(UnsafeRawBufferPointer(rebasing: bytes[..<blockSize])) != nil
  }

  /// Reads a block; `nil` when its checksum or a number is wrong.
  init?(_ block: UnsafeRawBufferPointer) {
    precondition(block.count == Self.blockSize, "a header has \(Self.blockSize) bytes")
    // The checksum's own field counts as spaces; old writers added up signed characters.
    var sum = 8 * 32
    var signedSum = 8 * 32
    for (position, byte) in block.enumerated() where !(148..<156).contains(position) {
      sum += Int(byte)
      signedSum += Int(Int8(bitPattern: byte))
    }
    guard let checksum = Self.number(block[148..<156]), checksum == sum || checksum == signedSum,
      let size = Self.number(block[124..<136]), size >= 0, size <= 1 << 50
    else { return nil }
    self.size = size
    type = block[156]
    name = Self.text(block[0..<100])
    // Only POSIX's own header has a prefix; GNU tar's magic is "ustar " and keeps times there.
    if block[257..<263].elementsEqual("ustar\0".utf8) {
      let prefix = Self.text(block[345..<500])
      if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
    }
  }

  /// Whether the entry is a regular file.
  var isFile: Bool { type == UInt8(ascii: "0") || type == 0 || type == UInt8(ascii: "7") }

  private static func text(_ field: Slice<UnsafeRawBufferPointer>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

  /// Octal digits between spaces and zeros; or, with the top bit set, a big-endian number.
  private static func number(_ field: Slice<UnsafeRawBufferPointer>) -> Int? {
    if let first = field.first, first & 0x80 != 0 {
      guard first == 0x80, field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
      return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    var value = 0
    var hasDigit = false
    for byte in field {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        value = value << 3 | Int(byte & 7)
        hasDigit = true
      case UInt8(ascii: " ") where !hasDigit: continue
      case UInt8(ascii: " "), 0: return value
      default: return nil
      }
    }
    return value
  }
}
