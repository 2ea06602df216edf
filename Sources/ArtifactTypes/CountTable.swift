internal import Glibc

/// Byte strings with their counts and first positions: a hash table over records that lie one after the other.
///
/// A record is found with two accesses to far memory, its slot and itself.
struct CountTable: ~Copyable {
  /// Records, each at a multiple of 8: position (8 bytes), count (8), length (4), the key, and padding.
  private var records: UnsafeMutableRawPointer?
  private var capacity = 0
  private var used = 0
  /// 0 for an empty slot; otherwise 24 bits of the hash above 40 bits of the record's offset / 8 + 1.
  private var slots: UnsafeMutablePointer<UInt64>?
  /// A power of two, or 0; at most two thirds of them are full.
  private var slotCount = 0
  /// How many keys there are.
  private(set) var count = 0

  private static let headerSize = 20
  private static let firstSlotCount = 64
  /// Bytes for each key while the table is sorted: an item, and half of one that sorting itself takes.
  private static let sortingSize = 24

  init() {}

  deinit {
    free(records)
    free(slots)
  }

  /// Counts a key.
  /// - Parameter limit: about how many bytes the table may take.
  /// - Returns: `false`, and nothing is changed, when the key is new and has no room beside the others.
  @inline(__always)
  mutating func add(_ key: UnsafeRawBufferPointer, count more: Int, position: UInt64, limit: Int) -> Bool {
    let hash = TextTable.hash(key)
    if let slots, let records {
      let tag = hash >> 40
      let mask = slotCount - 1
      var slot = Int(truncatingIfNeeded: hash) & mask
      while true {
        let value = slots[slot]
        if value == 0 { break }
        if value >> 40 == tag {
          let record = records + Self.offset(value)
          if Self.length(record) == key.count, Self.isEqual(record + Self.headerSize, key) {
            let seen = record.load(as: UInt64.self)
            if position < seen { record.storeBytes(of: position, as: UInt64.self) }
            record.storeBytes(of: record.load(fromByteOffset: 8, as: Int.self) + more, toByteOffset: 8, as: Int.self)
            return true
          }
        }
        slot = (slot + 1) & mask
      }
    }
    return insert(key, hash, count: more, position: position, limit: limit)
  }

  /// Calls `body` with each key, its count and its position, keys in the order of their bytes, and empties the table.
  mutating func drain(_ body: (UnsafeRawBufferPointer, Int, UInt64) throws -> Void) rethrows {
    defer {
      used = 0
      count = 0
      if slotCount > 0 { slots = Self.emptySlots(slotCount) }
    }
    guard let records, count > 0 else { return }
    // The slots' memory is better used for sorting; they are made anew afterwards.
    free(slots)
    slots = nil
    var items = UnsafeMutableBufferPointer<(prefix: UInt64, offset: Int)>.allocate(capacity: count)
    defer { items.deallocate() }
    var offset = 0
    for index in 0..<count {
      let key = Self.key(records + offset)
      items.initializeElement(at: index, to: (ByteOrder.prefix(key), offset))
      offset += Self.size(key.count)
    }
    items.sort { left, right in
      left.prefix != right.prefix
        ? left.prefix < right.prefix : ByteOrder.precedes(Self.key(records + left.offset), Self.key(records + right.offset))
    }
    for item in items {
      let record = records + item.offset
      try body(Self.key(record), record.load(fromByteOffset: 8, as: Int.self), record.load(as: UInt64.self))
    }
  }

  /// Empties the table and gives its memory back.
  mutating func release() {
    free(records)
    free(slots)
    (records, slots) = (nil, nil)
    (capacity, used, slotCount, count) = (0, 0, 0, 0)
  }

  @inline(never)
  private mutating func insert(
    _ key: UnsafeRawBufferPointer, _ hash: UInt64, count more: Int, position: UInt64, limit: Int
  ) -> Bool {
    let size = Self.size(key.count)
    let isFull = (count + 1) * 3 > slotCount * 2
    if count > 0 {
      let nextSlots = isFull ? slotCount * 2 : slotCount
      if used + size + max(nextSlots * 8, (count + 1) * Self.sortingSize) > limit { return false }
    }
    if isFull { grow() }
    if used + size > capacity {
      capacity = max(used + size, capacity * 2, 1 << 12)
      records = realloc(records, capacity)
    }
    guard let records, let slots else { preconditionFailure("there is no memory for \(capacity) bytes of keys") }
    let record = records + used
    record.storeBytes(of: position, as: UInt64.self)
    record.storeBytes(of: more, toByteOffset: 8, as: Int.self)
    record.storeBytes(of: UInt32(key.count), toByteOffset: 16, as: UInt32.self)
    if let start = key.baseAddress { memcpy(record + Self.headerSize, start, key.count) }
    Self.place(hash, used, in: slots, slotCount)
    used += size
    count += 1
    return true
  }

  private mutating func grow() {
    let wider = max(Self.firstSlotCount, slotCount * 2)
    let empty = Self.emptySlots(wider)
    if let records {
      var offset = 0
      for _ in 0..<count {
        let key = Self.key(records + offset)
        Self.place(TextTable.hash(key), offset, in: empty, wider)
        offset += Self.size(key.count)
      }
    }
    free(slots)
    slots = empty
    slotCount = wider
  }

  private static func emptySlots(_ count: Int) -> UnsafeMutablePointer<UInt64> {
    guard let memory = calloc(count, 8) else { preconditionFailure("there is no memory for \(count) slots") }
    return memory.bindMemory(to: UInt64.self, capacity: count)
  }

  private static func place(_ hash: UInt64, _ offset: Int, in slots: UnsafeMutablePointer<UInt64>, _ slotCount: Int) {
    let mask = slotCount - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while slots[slot] != 0 { slot = (slot + 1) & mask }
    slots[slot] = hash & ~(1 << 40 - 1) | UInt64(offset / 8 + 1)
  }

  private static func offset(_ value: UInt64) -> Int { (Int(truncatingIfNeeded: value & (1 << 40 - 1)) - 1) * 8 }

  private static func length(_ record: UnsafeMutableRawPointer) -> Int { Int(record.load(fromByteOffset: 16, as: UInt32.self)) }

  private static func key(_ record: UnsafeMutableRawPointer) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: record + headerSize, count: length(record))
  }

  private static func size(_ length: Int) -> Int { (headerSize + length + 7) & ~7 }

  /// Whether a record's key of the same length has the same bytes.
  @inline(__always)
  private static func isEqual(_ other: UnsafeMutableRawPointer, _ key: UnsafeRawBufferPointer) -> Bool {
    guard let start = key.baseAddress else { return true }
    let count = key.count
    if count < 8 {
      return ByteOrder.partialWord(start, count) == ByteOrder.partialWord(other, count)
    }
    if count <= 16 {
      return start.loadUnaligned(as: UInt64.self) == other.loadUnaligned(as: UInt64.self)
        && start.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
          == other.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
    }
    return memcmp(start, other, count) == 0
  }
}
