/// A few keys that wait to be counted together.
struct PendingKeys: ~Copyable {
  struct Key {
    let bytes: UnsafeRawBufferPointer
    let hash: UInt64
    let count: Int
    let position: UInt64
  }

  /// Enough that reads of far memory overlap, few enough that what was read is still near.
  static let capacity = 32

  private let keys = UnsafeMutableBufferPointer<Key>.allocate(capacity: capacity)
  private let slots = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: capacity)
  private(set) var count = 0

  init() {}

  deinit {
    keys.deallocate()
    slots.deallocate()
  }

  /// - Returns: whether there is no room for another one.
  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer, hash: UInt64, count more: Int, position: UInt64) -> Bool {
    keys.initializeElement(at: count, to: Key(bytes: bytes, hash: hash, count: more, position: position))
    count += 1
    return count == Self.capacity
  }

  mutating func removeAll() { count = 0 }

  subscript(index: Int) -> Key { keys[index] }

  /// What a table found in the slot where a key may be.
  func slot(_ index: Int) -> UInt64 { slots[index] }

  func setSlot(_ value: UInt64, _ index: Int) { slots.initializeElement(at: index, to: value) }
}
