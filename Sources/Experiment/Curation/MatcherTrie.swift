/// A trie over code points or over words, as a hash table of its edges.
struct MatcherTrie {
  let slots: UnsafePointer<MatcherSlot>
  /// One less than the number of slots, a power of two.
  let mask: Int
  /// A bit for each hash of an edge: it shows for most edges that do not exist that they do not, without a look at far
  /// memory.
  let filter: UnsafePointer<UInt64>
  /// The number of low bits of a hash that are dropped to get the position of its bit.
  let filterShift: Int

  /// A walk through the trie and along a text.
  struct Walk: Sendable {
    var state: UInt32
    /// The position of the next symbol.
    var position: UInt32
    /// The hash of the next edge.
    fileprivate var hash = 0
    /// The first slot in which that edge can be.
    fileprivate var slot = MatcherSlot.empty

    init(state: UInt32, position: Int) {
      self.state = state
      self.position = UInt32(truncatingIfNeeded: position)
    }
  }

  /// The number of walks that are led side by side: few enough to stay in the nearest cache.
  private static let width = 256

  /// Leads walks to their ends and collects the numbers of the entries that they pass.
  ///
  /// A step is a look-up in memory that is mostly far away. The walks do not wait for each other: all fetch their
  /// slots, then all continue.
  /// - Parameters:
  ///   - walks: the walks to lead; none is left afterwards.
  ///   - symbols: the text's symbols, and one more.
  ///   - count: the number of the text's symbols; every walk begins before one of them.
  ///   - found: the list to which the entries' numbers are appended.
  func lead(_ walks: inout [Walk], along symbols: [UInt32], count: Int, into found: inout [UInt32]) {
    symbols.withUnsafeBufferPointer { symbols in
      walks.withUnsafeMutableBufferPointer { walks in
        guard let symbols = symbols.baseAddress, let first = walks.baseAddress else { return }
        for start in stride(from: 0, to: walks.count, by: Self.width) {
          var going = min(Self.width, walks.count - start)
          while going > 0 { going = step(first + start, going, along: symbols, count: count, into: &found) }
        }
      }
    }
    walks.removeAll(keepingCapacity: true)
  }

  /// Leads walks one step further, moves those that continue to the front, and returns their number.
  @inline(__always)
  private func step(
    _ walks: UnsafeMutablePointer<Walk>, _ going: Int, along symbols: UnsafePointer<UInt32>, count: Int,
    into found: inout [UInt32]
  ) -> Int {
    // Walks whose next edge the filter rules out end here.
    var likely = 0
    for number in 0..<going {
      var walk = walks[number]
      walk.hash = MatcherHash.slot(MatcherHash.edgeKey(walk.state, symbols[Int(walk.position)]))
      let bit = UInt(bitPattern: walk.hash) >> filterShift
      walks[likely] = walk
      likely += Int(truncatingIfNeeded: filter[Int(bitPattern: bit >> 6)] >> (bit & 63) & 1)
    }

    for number in 0..<likely { walks[number].slot = slots[walks[number].hash & mask] }

    var kept = 0
    for number in 0..<likely {
      let walk = walks[number]
      let position = Int(walk.position)
      let key = MatcherHash.edgeKey(walk.state, symbols[position])
      var edge = walk.slot
      if edge.target != 0, edge.key != key { edge = search(key, after: walk.hash) }
      if edge.target == 0 { continue }
      if edge.info.entry != 0, !edge.info.needsSpace || symbols[position + 1] == 32 {
        found.append(edge.info.entry - 1)
      }
      // Written in any case and counted only if it continues: no branch that is hard to predict.
      walks[kept] = Walk(state: edge.target, position: position + 1)
      kept += edge.info.hasChildren && position + 1 < count ? 1 : 0
    }
    return kept
  }

  /// Looks for an edge that is not in its first slot.
  private func search(_ key: UInt64, after hash: Int) -> MatcherSlot {
    var slot = (hash & mask + 1) & mask
    while slots[slot].target != 0, slots[slot].key != key { slot = (slot + 1) & mask }
    return slots[slot]
  }
}
