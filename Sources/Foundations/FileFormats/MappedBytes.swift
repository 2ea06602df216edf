package import Core
internal import Glibc

/// A file's bytes, mapped into memory and never written to.
///
/// Sendable without a lock: the memory is read-only from `init` to `deinit`.
package final class MappedBytes: @unchecked Sendable {
  /// The file's name in its artifact, or its path: for messages.
  package let name: String
  /// All bytes; valid as long as this object lives.
  ///
  /// The bytes do not keep it alive: `MappedBytes(path: p).bytes` may be gone before it is read. Keep the object in a
  /// variable, and use `withExtendedLifetime` where nothing else uses it later.
  package let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Maps a file that no process writes to any more.
  /// - Parameter name: the name for messages; the path unless given.
  /// - Throws: ``OperationError`` with the system's reason.
  package init(path: String, name: String? = nil) throws {
    func failure(_ operation: String) -> OperationError {
      OperationError(operation: operation, subject: path, cause: String(cString: strerror(errno)))
    }
    self.name = name ?? path

    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("examine") }

    // The system maps nothing of no length.
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      isMapped = false
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw failure("map")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
    isMapped = true
  }

  /// A copy of bytes that are in memory.
  /// - Parameter name: the name for messages.
  package init(_ source: [UInt8], name: String = "bytes in memory") {
    self.name = name
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
    copy.copyBytes(from: source)
    bytes = UnsafeRawBufferPointer(copy)
    isMapped = false
  }

  /// An artifact's file, in memory, in a folder or in a store.
  /// - Throws: ``OperationError`` with the system's reason; the errors of the store.
  package convenience init(_ file: ContentFile) throws {
    if case .memory(let bytes) = file.location {
      self.init(bytes, name: file.name)
    } else {
      try self.init(path: file.path(), name: file.name)
    }
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    } else {
      bytes.deallocate()
    }
  }

  /// The bytes of a range inside the file.
  package subscript(range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

  /// An error about this file.
  /// - Parameters:
  ///   - operation: the operation that failed, as after “cannot”: `read CSV`.
  ///   - position: the part of the file that is wrong, such as `line 3`; `nil` for all of it.
  package func fault(_ operation: String, at position: String? = nil, cause: String) -> OperationError {
    OperationError(operation: operation, subject: position.map { "\(name), \($0)" } ?? name, cause: cause)
  }

  /// The ranges of pieces of about `size` bytes, each ending with a line feed or with the file.
  ///
  /// They depend on the bytes only: results merged in their order do not depend on the number of threads.
  package func pieces(size: Int = 1 << 20) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      var end = min(start + size, bytes.count)
      if end < bytes.count { end = lineFeed(from: end).map { $0 + 1 } ?? bytes.count }
      found.append(start..<end)
      start = end
    }
    return found
  }

  /// The position of the first line feed in a range that ends at `end`, or with the file.
  @inline(__always)
  func lineFeed(from start: Int, to end: Int? = nil) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    return memchr(base + start, 10, (end ?? bytes.count) - start).map { UnsafeRawPointer($0) - base }
  }

  /// Calls `body` with each line of a range, without its line feed. Empty lines are skipped.
  package func forEachLine(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    var lines = MappedLines(self, in: range)
    while let line = lines.nextRecord() { try body(line) }
  }

  /// Calls `body` with each line of the file, without its line feed. Empty lines are skipped.
  package func forEachLine(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    try forEachLine(in: 0..<bytes.count, body)
  }

  /// Releases the memory of bytes that have been read; they are read from the file again when they are needed again.
  ///
  /// Without it a file that is read once from end to end counts as this process's memory. Does nothing for bytes in
  /// memory.
  package func giveBack(_ range: Range<Int>) {
    guard isMapped, let base = bytes.baseAddress, !range.isEmpty else { return }
    let page = Int(getpagesize())
    let start = range.lowerBound / page * page
    madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, MADV_DONTNEED)
  }

  /// The number of line feeds.
  package var lineCount: Int {
    var count = 0
    for byte in bytes where byte == 10 { count += 1 }
    return count
  }

  /// The number of the line that a byte is in, counted from 1: for messages.
  package func line(at offset: Int) -> Int {
    var count = 1
    for byte in bytes[..<min(offset, bytes.count)] where byte == 10 { count += 1 }
    return count
  }
}

/// Reads the lines of a mapped file one after another.
package struct MappedLines {
  /// The file.
  package let file: MappedBytes
  /// The number of the line that was read last, counted from 1 at the beginning of the range.
  package private(set) var number = 0
  /// The offset at which the next line begins.
  package private(set) var position: Int
  private let end: Int
  /// The offset up to which memory has been released; `nil` when it never is.
  private var released: Int?

  private static let releaseSize = 1 << 24

  /// - Parameters:
  ///   - range: whole lines; all of them unless given.
  ///   - releases: true to release the memory of lines that have been read, for a file that is read only once.
  package init(_ file: MappedBytes, in range: Range<Int>? = nil, releases: Bool = false) {
    self.file = file
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? file.bytes.count
    released = releases ? position : nil
  }

  /// The next line without its line feed; `nil` at the end. The bytes after the last line feed are a line unless there
  /// are none.
  package mutating func next() -> UnsafeRawBufferPointer? {
    guard position < end else { return nil }
    if let start = released, position - start > Self.releaseSize {
      file.giveBack(start..<position)
      released = position
    }

    let start = position
    let feed = file.lineFeed(from: start, to: end)
    position = (feed ?? end - 1) + 1
    number += 1
    return file[start..<(feed ?? end)]
  }

  /// The next line that is not empty; `nil` at the end.
  package mutating func nextRecord() -> UnsafeRawBufferPointer? {
    while let line = next() { if !line.isEmpty { return line } }
    return nil
  }
}
