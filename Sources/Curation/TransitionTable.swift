/// The edges of a trie: from a state by a symbol to a state, in one flat table without pointers.
///
/// Sendable without a lock: it is only read after `init`.
final class TransitionTable: @unchecked Sendable {
  private let keys: UnsafeMutablePointer<UInt64>
  private let targets: UnsafeMutablePointer<UInt32>
  private let mask: Int

  /// - Parameter edges: distinct keys from ``key(_:_:)``, each with its target.
  init(_ edges: [UInt64: UInt32]) {
    var capacity = 16
    while capacity < edges.count * 2 { capacity *= 2 }
    mask = capacity - 1
    keys = .allocate(capacity: capacity)
    targets = .allocate(capacity: capacity)
    keys.initialize(repeating: .max, count: capacity)
    targets.initialize(repeating: 0, count: capacity)
    for (key, target) in edges {
      var slot = Self.slot(key) & mask
      while keys[slot] != .max { slot = (slot + 1) & mask }
      keys[slot] = key
      targets[slot] = target
    }
  }

  deinit {
    keys.deallocate()
    targets.deallocate()
  }

  static func key(_ state: UInt32, _ symbol: UInt32) -> UInt64 { UInt64(state) << 32 | UInt64(symbol) }

  /// The state that follows; 0, which is no edge's target, when there is none.
  @inline(__always)
  func next(_ state: UInt32, _ symbol: UInt32) -> UInt32 {
    let key = Self.key(state, symbol)
    var slot = Self.slot(key) & mask
    while keys[slot] != key {
      if keys[slot] == .max { return 0 }
      slot = (slot + 1) & mask
    }
    return targets[slot]
  }

  @inline(__always)
  private static func slot(_ key: UInt64) -> Int {
    let product = key &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: product >> 32 ^ product >> 17)
  }
}
