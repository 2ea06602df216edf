internal import Core

/// Reads the files of a tar archive, compressed or not, one after another in bounded memory.
///
/// POSIX, pax and GNU archives; archives written one after another count as one. Not for use from two threads at once.
package final class TarReader {
  /// One file of the archive.
  package struct Entry: Sendable, Hashable {
    /// The path as the archive has it, with `/` between its parts; bytes that are not UTF-8 become U+FFFD.
    package let path: String
    /// The number of bytes.
    package let size: Int
    /// The position of its first byte, in decompressed bytes from the archive's first.
    package let offset: Int
  }

  /// The number of links, devices and similar entries that were skipped; folders do not count.
  package private(set) var otherCount = 0
  private let file: CompressedFile
  private let block = UnsafeMutableRawBufferPointer.allocate(byteCount: TarHeader.blockSize, alignment: 16)
  private var position = 0
  /// The bytes of the present entry that have not been read, and the padding after them.
  private var rest = 0
  private var padding = 0
  private var isAtEnd = false
  /// The longest pax header or long name that is read, in bytes.
  private static let extensionLimit = 1 << 20
  private static let sparseCause = "an entry with holes, which cannot be read: write the archive without --sparse"

  /// Opens an archive.
  /// - Throws: as ``CompressedFile/init(path:allowsTar:)``.
  package init(path: String) throws { file = try CompressedFile(path: path, allowsTar: true) }

  deinit { block.deallocate() }

  /// The compressed archive's size in bytes.
  package var compressedByteCount: Int64 { file.compressedByteCount }
  /// The number of compressed bytes that have been used: for progress.
  package var compressedPosition: Int64 { file.compressedPosition }
  /// The archive's compression.
  package var compression: Compression { file.compression }

  /// Goes to the next regular file, past the rest of the present one; `nil` at the end.
  /// - Throws: ``OperationError``, with ``OperationError/endsEarly`` when the archive stops within an entry or without
  ///   its end mark.
  package func next() throws -> Entry? {
    try pass(rest + padding)
    rest = 0
    padding = 0

    var path: [UInt8]?
    var size: Int?
    while let header = try nextHeader() {
      switch header.type {
      case UInt8(ascii: "x"):
        let fields = try paxFields(header)
        path = fields.path ?? path
        size = fields.size ?? size
      case UInt8(ascii: "L"): path = try content(header).prefix { $0 != 0 }.map { $0 }
      case UInt8(ascii: "S"): throw damage(Self.sparseCause)
      default:
        let count = size ?? header.size
        let name = path ?? header.name
        if header.isFile, !header.name.isEmpty || path != nil, name.last != UInt8(ascii: "/") {
          rest = count
          padding = TarHeader.padding(after: count)
          return Entry(path: String(decoding: name, as: UTF8.self), size: count, offset: position)
        }

        // A global header and a long link name come before the entry that `path` is for.
        let isForNext = header.type == UInt8(ascii: "g") || header.type == UInt8(ascii: "K")
        if !isForNext, header.type != UInt8(ascii: "5"), !header.isFile { otherCount += 1 }
        try pass(count + TarHeader.padding(after: count))
        if !isForNext {
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

  /// All that has not been read of the present entry; `nil`, with nothing read, when that is more than `limit` bytes.
  /// - Throws: as ``next()``.
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

  /// The next header; `nil` at the end, which only zeros mark.
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

  private func paxFields(_ header: TarHeader) throws -> PaxFields {
    let bytes = try content(header)
    do throws(PaxFields.Wrong) {
      let fields = try PaxFields(bytes)
      if fields.isSparse { throw PaxFields.Wrong(cause: Self.sparseCause) }
      return fields
    } catch { throw damage(error.cause) }
  }

  private func content(_ header: TarHeader) throws -> [UInt8] {
    guard header.size <= Self.extensionLimit else { throw damage("an extended header has \(header.size) bytes") }
    let bytes = try [UInt8](unsafeUninitializedCapacity: header.size) { buffer, count in
      try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<header.size]))
      count = header.size
    }
    try pass(TarHeader.padding(after: header.size))
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

  /// Reads fewer bytes than the buffer has space for only at the file's end, never where an error follows.
  private func fillWhatIsThere(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !buffer.isEmpty else { return 0 }
    let count = try file.read(into: buffer)
    position += count
    if count > 0, count < buffer.count {
      _ = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
    }
    return count
  }

  private func early() -> OperationError {
    OperationError(
      operation: "read the archive", subject: file.path,
      cause: "it ends early, after \(position) decompressed bytes: get it again",
      endsEarly: true)
  }

  private func damage(_ reason: String) -> OperationError {
    OperationError(
      operation: "read the archive", subject: file.path,
      cause: "it is damaged before decompressed byte \(position): \(reason)")
  }
}
