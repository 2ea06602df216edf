/// A few keys that wait to be counted together.
struct PendingKeys: ~Copyable {
  struct Key {
    let bytes: UnsafeRawBufferPointer
    let hash: UInt64
    let position: UInt64
  }

  /// Enough that reads of far memory overlap, few enough that what was read is still near.
  private static let capacity = 32

  private let keys = UnsafeMutableBufferPointer<Key>.allocate(capacity: capacity)
  private let hashes = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: capacity)
  private let slots = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: capacity)
  private(set) var count = 0
  /// Keeps the reads of ``approach(_:)`` from being taken for useless.
  private var seen: UInt64 = 0

  init() {}

  deinit {
    keys.deallocate()
    hashes.deallocate()
    slots.deallocate()
  }

  /// - Returns: whether there is no room for another one.
  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer, hash: UInt64, position: UInt64) -> Bool {
    keys.initializeElement(at: count, to: Key(bytes: bytes, hash: hash, position: position))
    hashes.initializeElement(at: count, to: hash)
    count += 1
    return count == Self.capacity
  }

  subscript(index: Int) -> Key { keys[index] }

  /// Brings what a table knows of the keys near.
  mutating func approach(_ table: borrowing CountTable) {
    seen ^= table.approach(UnsafeBufferPointer(rebasing: hashes[..<count]), slots)
  }

  /// How many there were; there are none any more.
  mutating func takeCount() -> Int {
    defer { count = 0 }
    return count
  }
}
