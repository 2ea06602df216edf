internal import Core
internal import FileFormats
internal import Glibc

/// Keys with counts and positions on disk, in a ``KeyOrder``: a range of a ``RunFile``.
///
/// A key is written as the number of bytes that it shares with the key before, the number of further bytes, these
/// bytes, the count and the position. The numbers have variable lengths. Only the process that writes a run reads it.
struct SortedRun {
  let file: RunFile
  let range: Range<Int>

  /// Calls `body` with each key of several runs in their common order, the sum of its counts and its smallest position.
  /// - Parameter bufferSize: the number of bytes of each run that are read at a time.
  static func merge(
    _ runs: [SortedRun], _ order: KeyOrder, bufferSize: Int,
    _ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void
  ) throws {
    var heap = RunHeap(order)
    for run in runs {
      let reader = RunReader(run, order, bufferSize: bufferSize)
      if try reader.next() { heap.push(reader) }
    }

    var key: [UInt8] = []
    var merged = 0
    while let first = heap.first {
      let rank = first.rank
      key.removeAll(keepingCapacity: true)
      key.append(contentsOf: first.key)
      var (count, position) = (first.count, first.position)
      try heap.advance()
      while order != .commonest, let other = heap.first, other.rank == rank,
        key.withUnsafeBytes({ ByteOrder.isEqual($0, other.key) })
      {
        count += other.count
        position = min(position, other.position)
        try heap.advance()
      }

      try key.withUnsafeBytes { try body($0, count, position) }
      merged += 1
      if merged.isMultiple(of: 1 << 16) { try Task.checkCancellation() }
    }
  }
}

/// A file without a name, which the system removes when the process closes it or ends.
final class RunFile {
  private let folder: String
  private let descriptor: Int32
  private(set) var size: Int = 0

  /// An empty file on the disk of a folder.
  /// - Throws: ``OperationError`` with the system's reason.
  init(folder: String) throws {
    self.folder = folder
    var path = Array("\(folder)/.run-XXXXXX".utf8CString)
    descriptor = mkstemp(&path)
    guard descriptor >= 0 else {
      throw OperationError(
        operation: "create a temporary file", subject: folder, cause: String(cString: strerror(errno)))
    }
    unlink(path)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
  }

  deinit { close(descriptor) }

  /// Adds bytes at the end.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    guard SystemCall.write(bytes, to: descriptor, at: size) else {
      throw OperationError(
        operation: "write a temporary file", subject: folder, cause: String(cString: strerror(errno)))
    }
    size += bytes.count
  }

  /// Fills a buffer with the bytes at an offset, where the file has that many.
  func read(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    let count = SystemCall.read(into: buffer, from: descriptor, at: offset)
    guard count == buffer.count else {
      throw OperationError(
        operation: "read a temporary file", subject: folder,
        cause: count >= 0 ? "it ends early" : String(cString: strerror(errno)))
    }
  }
}

/// Writes one run at the end of a file, to which no other writer may write at the same time.
struct RunWriter: ~Copyable {
  private let file: RunFile
  private let start: Int
  private var buffer: [UInt8] = []
  private var previous: [UInt8] = []
  private static let bufferSize = 1 << 18

  init(_ file: RunFile) {
    self.file = file
    start = file.size
    buffer.reserveCapacity(Self.bufferSize + 1 << 12)
  }

  /// Adds a key.
  /// - Parameter key: after all earlier keys in the run's order.
  mutating func append(_ key: UnsafeRawBufferPointer, count: Int, position: UInt64) throws {
    let shared = previous.withUnsafeBytes { previous in
      let limit = min(previous.count, key.count)
      var shared = 0
      while shared < limit, previous[shared] == key[shared] { shared += 1 }
      return shared
    }

    let rest = UnsafeRawBufferPointer(rebasing: key[shared...])
    append(UInt64(shared))
    append(UInt64(rest.count))
    buffer.append(contentsOf: rest)
    append(UInt64(bitPattern: Int64(count)))
    append(position)
    previous.removeSubrange(shared...)
    previous.append(contentsOf: rest)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  /// Writes the rest of the keys.
  mutating func finish() throws -> SortedRun {
    try flush()
    return SortedRun(file: file, range: start..<file.size)
  }

  private mutating func append(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      buffer.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    buffer.append(UInt8(rest))
  }

  private mutating func flush() throws {
    try buffer.withUnsafeBytes { try file.append($0) }
    buffer.removeAll(keepingCapacity: true)
  }
}
