internal import Core
internal import FileFormats
internal import Glibc

/// Reads the keys of a run one after the other.
final class RunReader {
  private let file: RunFile
  private let order: KeyOrder
  /// The part of the file that was not read into the buffer yet.
  private var range: Range<Int>
  private let buffer: UnsafeMutableRawBufferPointer
  private var cursor = 0
  private var filled = 0
  private var bytes: UnsafeMutableRawPointer
  private var capacity = 256
  private var length = 0

  /// The count of the present key.
  private(set) var count = 0
  /// The smallest position of the present key.
  private(set) var position: UInt64 = 0
  /// The number that decides the order of keys first, see ``KeyOrder/rank(_:_:)``.
  private(set) var rank: UInt64 = 0

  /// The present key, to which ``next()`` went; valid until the next call.
  var key: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: length) }

  init(_ run: SortedRun, _ order: KeyOrder, bufferSize: Int) {
    self.order = order
    file = run.file
    range = run.range
    buffer = .allocate(byteCount: min(bufferSize, max(1, run.range.count)), alignment: 8)
    bytes = .allocate(byteCount: capacity, alignment: 8)
  }

  deinit {
    buffer.deallocate()
    bytes.deallocate()
  }

  /// Goes to the next key.
  /// - Returns: `false` at the end.
  func next() throws -> Bool {
    if cursor == filled, range.isEmpty { return false }
    let shared = Int(truncatingIfNeeded: try integer())
    let rest = Int(truncatingIfNeeded: try integer())

    if shared + rest > capacity {
      let wider = max(shared + rest, capacity * 2)
      let copy = UnsafeMutableRawPointer.allocate(byteCount: wider, alignment: 8)
      memcpy(copy, bytes, shared)
      bytes.deallocate()
      (bytes, capacity) = (copy, wider)
    }

    // The first bytes of the key are those of the key before, which are in place.
    length = shared
    while length < shared + rest {
      if cursor == filled { try fill() }
      let step = min(shared + rest - length, filled - cursor)
      if let start = buffer.baseAddress { memcpy(bytes + length, start + cursor, step) }
      cursor += step
      length += step
    }

    count = Int(Int64(bitPattern: try integer()))
    position = try integer()
    rank = order.rank(key, count)
    return true
  }

  @inline(__always)
  private func integer() throws -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while true {
      if cursor == filled { try fill() }
      let byte = buffer[cursor]
      cursor += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  private func fill() throws {
    let size = min(buffer.count, range.count)
    guard size > 0 else {
      throw OperationError(operation: "read a temporary file", subject: "a sorted run", cause: "it ends within a key")
    }
    try file.read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]), at: range.lowerBound)
    range = range.lowerBound + size..<range.upperBound
    (cursor, filled) = (0, size)
  }
}

/// Readers in a binary heap, with the one whose key is the first in order at the top.
struct RunHeap {
  private let order: KeyOrder
  private var entries: [(rank: UInt64, reader: RunReader)] = []

  init(_ order: KeyOrder) { self.order = order }

  /// The reader whose key is the first in order.
  var first: RunReader? { entries.first?.reader }

  mutating func push(_ reader: RunReader) {
    entries.append((reader.rank, reader))
    var index = entries.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard precedes(index, parent) else { return }
      entries.swapAt(index, parent)
      index = parent
    }
  }

  /// Moves the first reader to its next key, and removes it at its end.
  mutating func advance() throws {
    guard let first else { return }
    if try first.next() {
      entries[0].rank = first.rank
    } else {
      entries.swapAt(0, entries.count - 1)
      entries.removeLast()
    }
    sink()
  }

  private mutating func sink() {
    var index = 0
    while true {
      var child = index * 2 + 1
      guard child < entries.count else { return }
      if child + 1 < entries.count, precedes(child + 1, child) { child += 1 }
      guard precedes(child, index) else { return }
      entries.swapAt(index, child)
      index = child
    }
  }

  private func precedes(_ left: Int, _ right: Int) -> Bool {
    let (first, second) = (entries[left], entries[right])
    if first.rank != second.rank { return first.rank < second.rank }
    return order == .commonest
      ? first.reader.position < second.reader.position : ByteOrder.precedes(first.reader.key, second.reader.key)
  }
}
