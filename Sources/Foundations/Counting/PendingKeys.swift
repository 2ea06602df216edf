/// A few keys that are counted together later.
struct PendingKeys: ~Copyable {
  struct Key {
    let bytes: UnsafeRawBufferPointer
    let hash: UInt64
    let count: Int
    let position: UInt64
  }

  /// The number of keys: enough that their reads of memory overlap, few enough that the bytes read stay in the caches.
  static let capacity = 32

  private let keys = UnsafeMutableBufferPointer<Key>.allocate(capacity: capacity)
  private let slots = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: capacity)
  private(set) var count = 0

  init() {}

  deinit {
    keys.deallocate()
    slots.deallocate()
  }

  /// Adds a key.
  /// - Returns: true when no other key can be added.
  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer, hash: UInt64, count more: Int, position: UInt64) -> Bool {
    keys.initializeElement(at: count, to: Key(bytes: bytes, hash: hash, count: more, position: position))
    count += 1
    return count == Self.capacity
  }

  mutating func removeAll() { count = 0 }

  subscript(index: Int) -> Key { keys[index] }

  /// The value of the first slot that a key may have, as the table read it.
  func slot(_ index: Int) -> UInt64 { slots[index] }

  func setSlot(_ value: UInt64, _ index: Int) { slots.initializeElement(at: index, to: value) }
}
