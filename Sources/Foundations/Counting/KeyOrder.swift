internal import FileFormats
internal import Glibc

/// The order in which a table's keys are written and runs are merged.
enum KeyOrder: Sendable {
  /// By the keys' bytes.
  case bytes
  /// By the keys' hashes: an arbitrary order in which equal keys meet, and the cheapest.
  case hash
  /// By descending count, then by ascending position; for keys that do not repeat.
  case commonest

  /// The number that decides the order first, the smaller one before the larger.
  @inline(__always)
  func rank(_ key: UnsafeRawBufferPointer, _ count: Int) -> UInt64 {
    switch self {
    case .bytes: ByteOrder.prefix(key)
    case .hash: TextTable.hash(key)
    case .commonest: .max - UInt64(bitPattern: Int64(count))
    }
  }
}

extension CountTable {
  /// Calls `body` with each key, its count and its position, and empties the table.
  mutating func drain(
    _ order: KeyOrder, _ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void
  ) rethrows {
    guard let records, count > 0 else { return }
    func pass(_ offset: Int) throws {
      let record = CountRecord(records + offset)
      try body(record.key, record.count, record.position)
    }

    if order == .hash, let slots {
      arrangeSlots(slots, records)
      // The slots hold offsets now: the table must not be used in this state, whatever `body` does.
      defer { removeAll() }
      for start in stride(from: 0, to: count, by: PendingKeys.capacity) {
        let end = min(start + PendingKeys.capacity, count)
        approach(UnsafeBufferPointer(start: slots + start, count: end - start))
        for index in start..<end { try pass(Int(slots[index])) }
      }
      return
    }

    releaseSlots()
    defer { removeAll() }
    if order == .commonest, isInOrderOfPosition {
      try forEachCommonestFirst(records, pass)
    } else {
      var items = UnsafeMutableBufferPointer<(rank: UInt64, offset: Int)>.allocate(capacity: count)
      defer { items.deallocate() }
      var offset = 0
      for index in 0..<count {
        let record = CountRecord(records + offset)
        items.initializeElement(at: index, to: (order.rank(record.key, record.count), offset))
        offset += CountRecord.size(record.length)
      }
      items.sort { left, right in
        if left.rank != right.rank { return left.rank < right.rank }
        let (first, second) = (CountRecord(records + left.offset), CountRecord(records + right.offset))
        return order == .commonest ? first.position < second.position : ByteOrder.precedes(first.key, second.key)
      }
      for item in items { try pass(item.offset) }
    }
  }

  /// Replaces the slots by the offsets of their records, in the order of the keys' hashes. The slots nearly have it
  /// already.
  private func arrangeSlots(_ slots: UnsafeMutablePointer<UInt64>, _ records: UnsafeMutableRawPointer) {
    func hash(_ offset: UInt64) -> UInt64 { TextTable.hash(CountRecord(records + Int(offset)).key) }

    // Keys of the largest hashes are at the start when the end was full: they become the last ones again.
    var wrapped: [UInt64] = []
    var isAtStart = true
    var filled = 0
    for slot in 0..<slotCount {
      let value = slots[slot]
      if value == 0 {
        isAtStart = false
        continue
      }
      let offset = UInt64(Self.offset(value))
      if isAtStart, hash(offset) >> 63 == 1, slotCount > 1 {
        wrapped.append(offset)
      } else {
        slots[filled] = offset
        filled += 1
      }
    }
    for offset in wrapped {
      slots[filled] = offset
      filled += 1
    }

    var last: UInt64 = 0
    for index in 0..<filled {
      let offset = slots[index]
      let own = hash(offset)
      if own >= last, !(own == last && index > 0) {
        last = own
        continue
      }
      var place = index
      while place > 0 {
        let before = hash(slots[place - 1])
        if before < own { break }
        if before == own,
          ByteOrder.precedes(CountRecord(records + Int(slots[place - 1])).key, CountRecord(records + Int(offset)).key)
        {
          break
        }
        slots[place] = slots[place - 1]
        place -= 1
      }
      slots[place] = offset
    }
  }

  /// Calls `body` with the offsets of records in the order ``KeyOrder/commonest``, by a counting sort. The records are
  /// in the order of their positions already; only those with large counts are sorted by comparison.
  private func forEachCommonestFirst(_ records: UnsafeMutableRawPointer, _ body: (Int) throws -> Void) rethrows {
    let large = 1 << 12
    var starts = [Int](repeating: 0, count: large + 1)
    var frequent: [(count: Int, offset: Int)] = []
    var offset = 0
    for _ in 0..<count {
      let record = CountRecord(records + offset)
      if record.count < large { starts[record.count] += 1 } else { frequent.append((record.count, offset)) }
      offset += CountRecord.size(record.length)
    }

    frequent.sort { ($1.count, $0.offset) < ($0.count, $1.offset) }
    for item in frequent { try body(item.offset) }

    // Each count below the limit has a range of places, the largest count first.
    var start = 0
    for count in stride(from: large - 1, through: 0, by: -1) { (starts[count], start) = (start, start + starts[count]) }
    let offsets = UnsafeMutableBufferPointer<Int>.allocate(capacity: start)
    defer { offsets.deallocate() }
    offset = 0
    for _ in 0..<count {
      let record = CountRecord(records + offset)
      if record.count < large {
        offsets[starts[record.count]] = offset
        starts[record.count] += 1
      }
      offset += CountRecord.size(record.length)
    }
    for offset in offsets { try body(offset) }
  }
}
