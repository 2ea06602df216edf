internal import Core

/// Reads the files of a tar archive, packed or not, one after the other in bounded memory.
///
/// POSIX, pax and GNU archives; archives written one behind the other count as one. Not for use from two threads at once.
package final class TarReader {
  /// One file of the archive.
  package struct Entry: Sendable, Hashable {
    /// As the archive writes it, with `/` between its parts; what is not UTF-8 is repaired.
    package let path: String
    /// In bytes.
    package let size: Int
    /// Where it begins, in unpacked bytes from the archive's first.
    package let offset: Int
  }

  /// How many links, devices and the like were passed over; folders do not count.
  package private(set) var otherCount = 0
  private let file: CompressedFile
  private let block = UnsafeMutableRawBufferPointer.allocate(byteCount: TarHeader.blockSize, alignment: 16)
  private var position = 0
  /// What is left of the present entry, and of the padding after it.
  private var rest = 0
  private var padding = 0
  private var isAtEnd = false
  /// The longest pax header or long name that is believed.
  private static let extensionLimit = 1 << 20

  /// Opens an archive.
  /// - Throws: as ``CompressedFile/init(path:allowsTar:)``.
  package init(path: String) throws { file = try CompressedFile(path: path, allowsTar: true) }

  deinit { block.deallocate() }

  /// The packed file's size in bytes, and how many of them have been used: for progress.
  package var packedByteCount: Int64 { file.packedByteCount }
  package var packedPosition: Int64 { file.packedPosition }
  /// How the archive is packed.
  package var compression: Compression { file.compression }

  /// Goes to the next regular file, past what has not been read of the present one; `nil` at the end.
  /// - Throws: ``OperationError``, with ``OperationError/endsEarly`` when the archive stops within an entry or without its end mark.
  package func next() throws -> Entry? {
    try pass(rest + padding)
    rest = 0
    padding = 0
    var path: [UInt8]?
    var size: Int?
    while let header = try nextHeader() {
      if header.type == UInt8(ascii: "x") {
        let fields = try paxFields(header)
        path = fields.path ?? path
        size = fields.size ?? size
      } else if header.type == UInt8(ascii: "L") {
        path = try content(header).prefix { $0 != 0 }.map { $0 }
      } else if header.type == UInt8(ascii: "S") {
        throw damage("an entry with holes, which cannot be read: write the archive without --sparse")
      } else if header.isFile, !header.name.isEmpty || path != nil, (path ?? header.name).last != UInt8(ascii: "/") {
        let count = size ?? header.size
        rest = count
        padding = Self.padding(count)
        return Entry(path: String(decoding: path ?? header.name, as: UTF8.self), size: count, offset: position)
      } else {
        if header.type != UInt8(ascii: "5"), header.type != UInt8(ascii: "g"), header.type != UInt8(ascii: "K"),
          !header.isFile
        {
          otherCount += 1
        }
        let count = size ?? header.size
        try pass(count + Self.padding(count))
        // A global header and a long link name stand before the entry that `path` is for.
        if header.type != UInt8(ascii: "g"), header.type != UInt8(ascii: "K") {
          path = nil
          size = nil
        }
      }
    }
    return nil
  }

  /// The next bytes of the present entry: as many as fit, unless it ends.
  /// - Returns: how many there were, 0 at the entry's end.
  /// - Throws: as ``next()``.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = min(rest, buffer.count)
    guard count > 0 else { return 0 }
    try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]))
    rest -= count
    return count
  }

  /// All that is left of the present entry; `nil`, with nothing read, when that is more than `limit`.
  package func readAll(limit: Int = 1 << 28) throws -> [UInt8]? {
    guard rest <= limit else { return nil }
    // Grown as bytes come: a damaged size must not claim memory.
    var bytes: [UInt8] = []
    while rest > 0 {
      let step = min(rest, 1 << 20)
      bytes.append(
        contentsOf: try [UInt8](unsafeUninitializedCapacity: step) { buffer, count in
          count = try read(
            into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<step]))
        })
    }
    return bytes
  }

  /// The next header; `nil` at the end, which zeros and nothing else mark.
  private func nextHeader() throws -> TarHeader? {
    var hasMark = isAtEnd
    while !isAtEnd {
      let count = try fillWhatIsThere(block)
      if count == 0 {
        guard hasMark else { throw early() }
        isAtEnd = true
        break
      }
      if count == TarHeader.blockSize, let header = TarHeader(UnsafeRawBufferPointer(block)) { return header }
      if block[..<count].allSatisfy({ $0 == 0 }) {
        hasMark = true
        continue
      }
      if count < TarHeader.blockSize { throw early() }
      throw damage(position == count ? "it does not begin as a tar archive does" : "an entry's header is wrong")
    }
    return nil
  }

  /// The name and size of a pax header: lines `LENGTH KEY=VALUE`.
  private func paxFields(_ header: TarHeader) throws -> (path: [UInt8]?, size: Int?) {
    var rest = try content(header)[...]
    var path: [UInt8]?
    var size: Int?
    while let space = rest.firstIndex(of: UInt8(ascii: " ")) {
      guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)), length > space - rest.startIndex + 1,
        length <= rest.count, let equals = rest[space...].firstIndex(of: UInt8(ascii: "=")),
        equals < rest.startIndex + length
      else { throw damage("a pax header is wrong") }
      let key = String(decoding: rest[(space + 1)..<equals], as: UTF8.self)
      let value = rest[(equals + 1)..<max(equals + 1, rest.startIndex + length - 1)]
      switch key {
      case "path": path = Array(value)
      case "size":
        guard let number = Int(String(decoding: value, as: UTF8.self)), (0...(1 << 50)).contains(number) else {
          throw damage("a pax header's size is wrong")
        }
        size = number
      case _ where key.hasPrefix("GNU.sparse."):
        throw damage("an entry with holes, which cannot be read: write the archive without --sparse")
      default: break
      }
      rest = rest.dropFirst(length)
    }
    return (path, size)
  }

  private func content(_ header: TarHeader) throws -> [UInt8] {
    guard header.size <= Self.extensionLimit else { throw damage("an extended header has \(header.size) bytes") }
    let bytes = try [UInt8](unsafeUninitializedCapacity: header.size) { buffer, count in
      try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<header.size]))
      count = header.size
    }
    try pass(Self.padding(header.size))
    return bytes
  }

  private func pass(_ count: Int) throws {
    guard count > 0 else { return }
    if let passed = try file.pass(count) {
      position += passed
      guard passed == count else { throw early() }
      return
    }
    let size = min(count, 1 << 18)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
    defer { buffer.deallocate() }
    var rest = count
    while rest > 0 {
      let step = min(rest, size)
      try fill(UnsafeMutableRawBufferPointer(rebasing: buffer[..<step]))
      rest -= step
    }
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws {
    guard try fillWhatIsThere(buffer) == buffer.count else { throw early() }
  }

  /// Fewer bytes than asked for only at the file's end, never where a fault follows.
  private func fillWhatIsThere(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !buffer.isEmpty else { return 0 }
    let count = try file.read(into: buffer)
    position += count
    if count > 0, count < buffer.count {
      _ = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
    }
    return count
  }

  private static func padding(_ size: Int) -> Int {
    (TarHeader.blockSize - size % TarHeader.blockSize) % TarHeader.blockSize
  }

  private func early() -> OperationError {
    OperationError(
      operation: "read the archive", subject: file.path,
      cause: "it ends early, after \(position) unpacked bytes: get it again",
      endsEarly: true)
  }

  private func damage(_ reason: String) -> OperationError {
    OperationError(
      operation: "read the archive", subject: file.path,
      cause: "it is damaged before unpacked byte \(position): \(reason)")
  }
}
