internal import Glibc

/// A hash table of byte strings with their counts and smallest positions. Its ``CountRecord``s are stored one after the
/// other.
///
/// A look-up takes two accesses to memory outside the caches, to the key's slot and to its record.
struct CountTable: ~Copyable {
  /// The records, in the order in which their keys were added.
  private(set) var records: UnsafeMutableRawPointer?
  private var capacity = 0
  private var used = 0
  /// The slots: 0 for an empty one, otherwise 24 bits of the hash above 40 bits of the record's offset / 8 + 1. A key
  /// takes the first empty slot after the position that the hash's highest bits give, so that the slots are nearly in
  /// the order of the hashes.
  private(set) var slots: UnsafeMutablePointer<UInt64>?
  /// The number of slots, a power of two, or 0; at most two thirds of them are full.
  private(set) var slotCount = 0
  private var shift: UInt64 = 0
  /// The number of keys.
  private(set) var count = 0
  /// True when every key's position is at least that of the key before it.
  private(set) var isInOrderOfPosition = true
  private var lastPosition: UInt64 = 0
  /// The results of reads that only fetch memory into the caches. The compiler would remove the reads without it.
  private var seen: UInt64 = 0

  private static let firstSlotCount = 64
  /// The bytes for each key while the table is sorted: an item, and half of one that sorting itself takes.
  private static let sortingSize = 24
  private static let offsetBits: UInt64 = 40

  init() {}

  deinit {
    free(records)
    free(slots)
  }

  /// Counts a key.
  /// - Parameters:
  ///   - hash: the key's, by ``TextTable/hash(_:)``.
  ///   - limit: the size that the table may have, in bytes, approximately.
  /// - Returns: `false`, and nothing is changed, when the key is new and the table has no space for it.
  @inline(__always)
  mutating func add(_ key: UnsafeRawBufferPointer, hash: UInt64, count more: Int, position: UInt64, limit: Int) -> Bool
  {
    // A slot holds enough bits of the hash that the record of another key is seldom read.
    if let slots, let records {
      let tag = hash << Self.offsetBits
      let mask = slotCount - 1
      var slot = Int(truncatingIfNeeded: hash >> shift)
      while true {
        let value = slots[slot]
        if value == 0 { break }
        if (value ^ tag) >> Self.offsetBits == 0 {
          let record = CountRecord(records + Self.offset(value))
          if record.hasKey(key) {
            record.add(more, position: position)
            return true
          }
        }
        slot = (slot + 1) & mask
      }
    }

    return insert(key, hash, count: more, position: position, limit: limit)
  }

  /// Adds a key that is known to be new, for sorting only: it has no slot and cannot be found.
  /// - Returns: `false`, and nothing is changed, when the table has no space for it.
  mutating func append(_ key: UnsafeRawBufferPointer, count more: Int, position: UInt64, limit: Int) -> Bool {
    let size = CountRecord.size(key.count)
    if count > 0, used + size + (count + 1) * Self.sortingSize > limit { return false }
    _ = store(key, size, count: more, position: position)
    return true
  }

  /// Counts pending keys.
  ///
  /// All slots, and then all records, are read together first, so that the table waits for memory twice for all keys,
  /// not for each.
  /// - Parameter start: the index of the first of them to count.
  /// - Returns: the index after the last key that was counted; the table has no space for the next one.
  mutating func add(_ pending: borrowing PendingKeys, from start: Int, limit: Int) -> Int {
    if let slots, let records {
      for index in start..<pending.count {
        pending.setSlot(slots[Int(truncatingIfNeeded: pending[index].hash >> shift)], index)
      }
      for index in start..<pending.count where pending.slot(index) != 0 {
        seen ^= CountRecord(records + Self.offset(pending.slot(index))).position
      }
    }
    for index in start..<pending.count {
      let key = pending[index]
      guard add(key.bytes, hash: key.hash, count: key.count, position: key.position, limit: limit) else { return index }
    }
    return pending.count
  }

  /// Calls `body` with each key, its count and its position, in the order in which the keys were added.
  func forEachRecord(_ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void) rethrows {
    guard let records else { return }
    var offset = 0
    for _ in 0..<count {
      let record = CountRecord(records + offset)
      try body(record.key, record.count, record.position)
      offset += CountRecord.size(record.length)
    }
  }

  /// The approximate size of the table in bytes.
  var byteCount: Int { used + slotCount * 8 }

  /// Reads records together, so that they are in the caches for the next access.
  mutating func approach(_ offsets: UnsafeBufferPointer<UInt64>) {
    guard let records else { return }
    for offset in offsets { seen ^= CountRecord(records + Int(offset)).position }
  }

  /// Empties the table and keeps its memory.
  mutating func removeAll() {
    if slotCount > 0 {
      free(slots)
      slots = Self.emptySlots(slotCount)
    }
    (used, count, lastPosition, isInOrderOfPosition) = (0, 0, 0, true)
  }

  /// Empties the table and frees its memory.
  mutating func release() {
    free(records)
    free(slots)
    (records, slots) = (nil, nil)
    (capacity, used, slotCount, count, lastPosition, isInOrderOfPosition) = (0, 0, 0, 0, 0, true)
  }

  /// Frees the slots' memory, so that sorting can use it. The table must be emptied next.
  mutating func releaseSlots() {
    free(slots)
    slots = nil
  }

  /// The offset of a full slot's record.
  static func offset(_ value: UInt64) -> Int { (Int(truncatingIfNeeded: value & (1 << offsetBits - 1)) - 1) * 8 }

  @inline(never)
  private mutating func insert(
    _ key: UnsafeRawBufferPointer, _ hash: UInt64, count more: Int, position: UInt64, limit: Int
  ) -> Bool {
    let size = CountRecord.size(key.count)
    let isFull = (count + 1) * 3 > slotCount * 2
    if count > 0 {
      let nextSlots = isFull ? slotCount * 2 : slotCount
      if used + size + max(nextSlots * 8, (count + 1) * Self.sortingSize) > limit { return false }
    }
    if isFull { grow() }
    guard let slots else { preconditionFailure("a table that may grow has slots") }
    Self.place(hash, store(key, size, count: more, position: position), in: slots, count: slotCount, shift: shift)
    return true
  }

  /// Puts a record at the end.
  /// - Returns: its offset.
  private mutating func store(_ key: UnsafeRawBufferPointer, _ size: Int, count more: Int, position: UInt64) -> Int {
    if used + size > capacity {
      capacity = max(used + size, capacity * 2, 1 << 12)
      records = realloc(records, capacity)
    }
    guard let records else { preconditionFailure("there is no memory for \(capacity) bytes of keys") }
    _ = CountRecord(records + used, key: key, count: more, position: position)
    if position < lastPosition { isInOrderOfPosition = false }
    lastPosition = position
    used += size
    count += 1
    return used - size
  }

  private mutating func grow() {
    let wider = max(Self.firstSlotCount, slotCount * 2)
    let wideShift = UInt64(64 - wider.trailingZeroBitCount)
    let empty = Self.emptySlots(wider)
    if let records {
      var offset = 0
      for _ in 0..<count {
        let key = CountRecord(records + offset).key
        Self.place(TextTable.hash(key), offset, in: empty, count: wider, shift: wideShift)
        offset += CountRecord.size(key.count)
      }
    }
    free(slots)
    (slots, slotCount, shift) = (empty, wider, wideShift)
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    guard let memory = calloc(count, 8) else { preconditionFailure("there is no memory for \(count) slots") }
    return memory.bindMemory(to: UInt64.self, capacity: count)
  }

  private static func place(
    _ hash: UInt64, _ offset: Int, in slots: UnsafeMutablePointer<UInt64>, count slotCount: Int, shift: UInt64
  ) {
    let mask = slotCount - 1
    var slot = Int(truncatingIfNeeded: hash >> shift)
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = hash << offsetBits | UInt64(offset / 8 + 1)
  }
}
