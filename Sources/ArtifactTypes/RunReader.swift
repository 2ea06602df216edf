internal import Glibc

/// Reads a run from its start, a key at a time.
final class RunReader {
  private let file: RunFile
  /// What was not read into the buffer yet.
  private var range: Range<Int>
  private let buffer: UnsafeMutableRawBufferPointer
  private var cursor = 0
  private var filled = 0
  private var bytes: UnsafeMutableRawPointer
  private var capacity = 256
  private var length = 0

  /// What ``next()`` went to.
  private(set) var count = 0
  private(set) var position: UInt64 = 0
  /// The key's first eight bytes in the order of keys.
  private(set) var prefix: UInt64 = 0

  /// The key that ``next()`` went to; valid until it is called again.
  var key: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: length) }

  init(_ run: SortedRun, bufferSize: Int) {
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
    prefix = ByteOrder.prefix(key)
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
      throw ArtifactTypesError(operation: "read a temporary file", subject: "a sorted run", cause: "it ends within a key")
    }
    try file.read(UnsafeMutableRawBufferPointer(rebasing: buffer[..<size]), at: range.lowerBound)
    range = range.lowerBound + size..<range.upperBound
    (cursor, filled) = (0, size)
  }
}

/// Readers in a binary heap, the one with the smallest key first.
struct RunHeap {
  private var readers: [RunReader] = []

  /// The reader with the smallest key.
  var first: RunReader? { readers.first }

  mutating func push(_ reader: RunReader) {
    readers.append(reader)
    var index = readers.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      guard Self.precedes(readers[index], readers[parent]) else { return }
      readers.swapAt(index, parent)
      index = parent
    }
  }

  /// Takes the reader with the smallest key.
  mutating func pop() -> RunReader? {
    guard let first = readers.first, let last = readers.popLast() else { return nil }
    if !readers.isEmpty {
      readers[0] = last
      sink()
    }
    return first
  }

  /// Moves the first reader on by one key.
  mutating func advanceFirst() throws {
    guard let first = readers.first else { return }
    if try first.next() { sink() } else { _ = pop() }
  }

  private mutating func sink() {
    var index = 0
    while true {
      var child = index * 2 + 1
      guard child < readers.count else { return }
      if child + 1 < readers.count, Self.precedes(readers[child + 1], readers[child]) { child += 1 }
      guard Self.precedes(readers[child], readers[index]) else { return }
      readers.swapAt(index, child)
      index = child
    }
  }

  private static func precedes(_ left: RunReader, _ right: RunReader) -> Bool {
    left.prefix != right.prefix ? left.prefix < right.prefix : ByteOrder.precedes(left.key, right.key)
  }
}
