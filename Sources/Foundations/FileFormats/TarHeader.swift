/// One header block of a tar archive.
///
/// Source of the format: POSIX.1-2017, `pax`, “ustar Interchange Format”; GNU tar's manual for long names and binary
/// sizes.
package struct TarHeader {
  /// The size of a header in bytes; contents are padded to a multiple of it.
  package static let blockSize = 512

  /// The name as the block has it, prefix included.
  package let name: [UInt8]
  /// The number of bytes that follow, padding not counted; at most 2^50.
  package let size: Int
  /// `0` for a regular file, `x` for a pax header, `L` for a GNU long name, and others.
  package let type: UInt8

  /// True when the bytes begin with a header block that says so.
  static func isTar(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.count >= blockSize && bytes[257..<262].elementsEqual("ustar".utf8)
      && TarHeader(UnsafeRawBufferPointer(rebasing: bytes[..<blockSize])) != nil
  }

  /// Reads a block; `nil` when its checksum or a number is wrong.
  /// - Parameter block: exactly ``blockSize`` bytes.
  package init?(_ block: UnsafeRawBufferPointer) {
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

    // Only POSIX's own header has a prefix; GNU tar's magic is "ustar " and keeps times there.
    let hasPrefix = block[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = hasPrefix ? Self.text(block[345..<500]) : []
    name = (prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]) + Self.text(block[0..<100])
  }

  /// True for a regular file.
  var isFile: Bool { type == UInt8(ascii: "0") || type == 0 || type == UInt8(ascii: "7") }

  /// The number of bytes between contents of a size and the next header.
  package static func padding(after size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

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

/// The fields of a pax header that replace those of the header after it.
package struct PaxFields {
  /// The path's bytes.
  package private(set) var path: [UInt8]?
  /// The number of bytes that follow the next header; at most 2^50.
  private(set) var size: Int?
  /// True for an entry with holes, whose bytes are not the file's.
  private(set) var isSparse = false

  /// Reads records `LENGTH KEY=VALUE`, each with a line feed at its end.
  /// - Throws: ``Wrong`` when a length or the size is not a number, or a record is longer than the header.
  package init(_ bytes: some Collection<UInt8>) throws(Wrong) {
    var rest = Array(bytes)[...]
    // Zeros after the last record have no space among them.
    while let space = rest.firstIndex(of: UInt8(ascii: " ")) {
      guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 1,
        length <= rest.count, let equals = rest[space...].firstIndex(of: UInt8(ascii: "=")),
        equals < rest.startIndex + length
      else { throw Wrong(cause: "a pax header is wrong") }

      let key = String(decoding: rest[(space + 1)..<equals], as: UTF8.self)
      let value = rest[(equals + 1)..<max(equals + 1, rest.startIndex + length - 1)]
      switch key {
      case "path": path = Array(value)
      case "size":
        guard let number = Int(String(decoding: value, as: UTF8.self)), (0...(1 << 50)).contains(number) else {
          throw Wrong(cause: "a pax header's size is wrong")
        }
        size = number
      case _ where key.hasPrefix("GNU.sparse."): isSparse = true
      default: break
      }
      rest = rest.dropFirst(length)
    }
  }

  /// The mistake in a pax header.
  package struct Wrong: Error {
    /// The mistake in words.
    package let cause: String
  }
}
