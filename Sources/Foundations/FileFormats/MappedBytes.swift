package import Core
internal import Glibc

/// A file's bytes, mapped into memory and never written to.
///
/// Sendable without a lock: the memory is read-only from `init` to `deinit`.
package final class MappedBytes: @unchecked Sendable {
  /// All bytes; valid as long as this object lives. The bytes do not keep it alive: `MappedBytes(path: p).bytes` may be gone before it is
  /// read. Keep the object in a variable, and use `withExtendedLifetime` where nothing else uses it later.
  package let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// Maps a file that nobody writes to any more.
  /// - Throws: ``OperationError`` with the system's reason.
  package init(path: String) throws {
    func failure(_ operation: String) -> OperationError {
      OperationError(operation: operation, subject: path, cause: String(cString: strerror(errno)))
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("examine") }
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
  package init(_ source: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
    copy.copyBytes(from: source)
    bytes = UnsafeRawBufferPointer(copy)
    isMapped = false
  }

  /// An artifact's file, wherever it is now.
  /// - Throws: what the store throws; ``OperationError``.
  package convenience init(_ file: ContentFile) throws {
    if case .memory(let bytes) = file.location {
      self.init(bytes)
    } else {
      try self.init(path: file.path())
    }
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    } else {
      bytes.deallocate()
    }
  }

  /// The ranges of pieces of about `size` bytes, each ending with a line feed or with the file.
  ///
  /// They depend on the bytes alone: results merged in their order do not depend on the number of threads.
  package func pieces(size: Int = 1 << 20) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      var end = min(start + size, bytes.count)
      if end < bytes.count, let base = bytes.baseAddress {
        if let feed = memchr(base + end, 10, bytes.count - end) {
          end = UnsafeRawPointer(feed) - base + 1
        } else {
          end = bytes.count
        }
      }
      found.append(start..<end)
      start = end
    }
    return found
  }

  /// Calls `body` with each line of a range, the line feed left out. Empty lines are skipped.
  package func forEachLine(in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    guard let base = bytes.baseAddress else { return }
    var start = range.lowerBound
    while start < range.upperBound {
      let feed = memchr(base + start, 10, range.upperBound - start).map { UnsafeRawPointer($0) - base }
      let end = feed ?? range.upperBound
      if end > start { try body(UnsafeRawBufferPointer(start: base + start, count: end - start)) }
      start = end + 1
    }
  }

  /// Calls `body` with each line of the file.
  package func forEachLine(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    try forEachLine(in: 0..<bytes.count, body)
  }

  /// Gives the memory of bytes back that have been read; they are read from the file again when they are needed again.
  ///
  /// Without it a file that is read once from end to end comes to count as this process's memory. Does nothing for bytes in memory.
  package func giveBack(_ range: Range<Int>) {
    guard isMapped, let base = bytes.baseAddress, !range.isEmpty else { return }
    let page = Int(getpagesize())
    let start = range.lowerBound / page * page
    madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, MADV_DONTNEED)
  }

  /// How many line feeds there are.
  package var lineCount: Int {
    var count = 0
    for byte in bytes where byte == 10 { count += 1 }
    return count
  }

  /// The line that a byte lies in, counted from 1: for messages.
  package func line(at offset: Int) -> Int {
    var count = 1
    for byte in bytes[..<min(offset, bytes.count)] where byte == 10 { count += 1 }
    return count
  }
}
