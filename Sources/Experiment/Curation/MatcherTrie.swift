/// A trie over code points or over words, as a hash table of its edges.
struct MatcherTrie {
  let slots: UnsafePointer<MatcherSlot>
  /// One less than the number of slots, a power of two.
  let mask: Int
  /// A bit for each hash of an edge: most edges that are not there are known by it, without a look at far memory.
  let filter: UnsafePointer<UInt64>
  /// How many bits of a hash are left out to get the position of its bit.
  let filterShift: Int

  /// A walk through the trie and along a text.
  struct Walk: Sendable {
    var state: UInt32
    /// The position of the symbol to go on with.
    var place: UInt32
    /// The hash of the edge that is looked for, and the slot where it is looked for first.
    fileprivate var hash = 0
    fileprivate var slot = MatcherSlot.empty

    init(state: UInt32, place: Int) {
      self.state = state
      self.place = UInt32(truncatingIfNeeded: place)
    }
  }

  /// How many walks are led side by side: few enough to stay in the nearest cache.
  private static let width = 256

  /// Leads walks to their ends and adds the numbers of the entries that they come by.
  ///
  /// A step is a look-up in memory that is mostly far away. The walks do not wait for each other: all fetch their slots, then all go on.
  /// - Parameters:
  ///   - walks: are used up.
  ///   - symbols: the text's, and one more.
  ///   - count: how many symbols the text has; every walk begins before one of them.
  func lead(_ walks: inout [Walk], along symbols: [UInt32], count: Int, _ found: inout [UInt32]) {
    symbols.withUnsafeBufferPointer { symbols in
      walks.withUnsafeMutableBufferPointer { walks in
        guard let symbols = symbols.baseAddress, let first = walks.baseAddress else { return }
        for start in stride(from: 0, to: walks.count, by: Self.width) {
          var going = min(Self.width, walks.count - start)
          while going > 0 { going = step(first + start, going, symbols, count, &found) }
        }
      }
    }
    walks.removeAll(keepingCapacity: true)
  }

  /// Leads walks one step on and returns how many go further; they are the first ones then.
  @inline(__always)
  private func step(
    _ walks: UnsafeMutablePointer<Walk>, _ going: Int, _ symbols: UnsafePointer<UInt32>, _ count: Int,
    _ found: inout [UInt32]
  ) -> Int {
    var likely = 0
    for number in 0..<going {
      var walk = walks[number]
      walk.hash = MatcherHash.slot(MatcherHash.edgeKey(walk.state, symbols[Int(walk.place)]))
      let bit = UInt(bitPattern: walk.hash) >> filterShift
      walks[likely] = walk
      likely += Int(truncatingIfNeeded: filter[Int(bitPattern: bit >> 6)] >> (bit & 63) & 1)
    }
    for number in 0..<likely { walks[number].slot = slots[walks[number].hash & mask] }
    var kept = 0
    for number in 0..<likely {
      let walk = walks[number]
      let place = Int(walk.place)
      let key = MatcherHash.edgeKey(walk.state, symbols[place])
      var edge = walk.slot
      if edge.target != 0, edge.key != key { edge = search(key, after: walk.hash) }
      if edge.target == 0 { continue }
      if edge.info.entry != 0, !edge.info.needsSpace || symbols[place + 1] == 32 { found.append(edge.info.entry - 1) }
      walks[kept] = Walk(state: edge.target, place: place + 1)
      kept += edge.info.hasChildren && place + 1 < count ? 1 : 0
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
