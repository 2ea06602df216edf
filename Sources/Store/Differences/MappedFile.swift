internal import Core
internal import FileFormats
internal import Glibc

/// A content's file, mapped into memory and never written to.
///
/// Sendable without a lock: the memory is read-only from `init` to `deinit`.
final class MappedFile: @unchecked Sendable {
  /// The file's name, for messages.
  let name: String
  /// All bytes; valid as long as this object lives.
  let bytes: UnsafeRawBufferPointer
  private let isMapped: Bool

  /// - Throws: ``OperationError`` with the system's reason; what the store throws.
  init(_ file: ContentFile) throws {
    name = file.name
    if case .memory(let source) = file.location {
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
      copy.copyBytes(from: source)
      bytes = UnsafeRawBufferPointer(copy)
      isMapped = false
      return
    }
    let path = try file.path()
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

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    } else {
      bytes.deallocate()
    }
  }

  /// The bytes of a range that lies within the file.
  subscript(range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

  /// Gives the memory of bytes back that have been read, so that a file that is read once does not come to count as this process's memory.
  func giveBack(_ range: Range<Int>) {
    guard isMapped, let base = bytes.baseAddress, !range.isEmpty else { return }
    let page = Int(getpagesize())
    let start = range.lowerBound / page * page
    madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, MADV_DONTNEED)
  }

  /// An error about this file.
  func fault(_ operation: String, at place: String? = nil, _ cause: String) -> OperationError {
    OperationError(operation: operation, subject: place.map { "\(name), \($0)" } ?? name, cause: cause)
  }
}

/// The lines of a file one after the other; memory of what was read is given back.
struct LineReader {
  /// The file.
  let file: MappedFile
  /// The number of the line that was read last, counted from 1.
  private(set) var number = 0
  /// Where the next line begins.
  private(set) var position: Int
  private let end: Int
  private var given: Int

  private static let giveBackSize = 1 << 24

  /// - Parameter range: whole lines; all of them unless given.
  init(_ file: MappedFile, range: Range<Int>? = nil) {
    self.file = file
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? file.bytes.count
    given = position
  }

  /// The next line without its line feed; `nil` at the end. What follows the last line feed is a line when it is not empty.
  mutating func next() -> UnsafeRawBufferPointer? {
    guard position < end, let base = file.bytes.baseAddress else { return nil }
    if position - given > Self.giveBackSize {
      file.giveBack(given..<position)
      given = position
    }
    let start = position
    let feed = memchr(base + start, 10, end - start).map { UnsafeRawPointer($0) - base }
    position = (feed ?? end - 1) + 1
    number += 1
    return UnsafeRawBufferPointer(start: base + start, count: (feed ?? end) - start)
  }

  /// The next line that is not empty.
  mutating func nextRecord() -> UnsafeRawBufferPointer? {
    while let line = next() { if !line.isEmpty { return line } }
    return nil
  }
}

extension UnsafeRawBufferPointer {
  /// Whether both have the same bytes.
  func hasBytes(of other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let base = baseAddress, let otherBase = other.baseAddress else { return true }
    return memcmp(base, otherBase, count) == 0
  }

  /// The first position at which the two differ, the end of the shorter one included; `nil` when they are equal.
  func firstDifference(from other: UnsafeRawBufferPointer) -> Int? {
    let shared = Swift.min(count, other.count)
    var position = 0
    while position < shared {
      let size = Swift.min(1 << 20, shared - position)
      let mine = UnsafeRawBufferPointer(rebasing: self[position..<position + size])
      let others = UnsafeRawBufferPointer(rebasing: other[position..<position + size])
      if !mine.hasBytes(of: others) {
        return position + (zip(mine, others).enumerated().first { $1.0 != $1.1 }?.offset ?? 0)
      }
      position += size
    }
    return count == other.count ? nil : shared
  }

  /// The bytes as text; `nil` when they are not UTF-8.
  var validText: String? { String(validating: self, as: UTF8.self) }
}
