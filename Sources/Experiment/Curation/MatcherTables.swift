/// The words of entries, each once, numbered in the order in which they are inserted.
struct WordTable {
  /// The words' bytes, a space after each.
  private(set) var arena: [UInt8] = []
  private var starts: [UInt32] = [0]
  private var infos: [MatcherInfo] = []
  private var keys: [UInt64] = []
  private var table: [UInt32]

  init(expecting count: Int) {
    table = [UInt32](repeating: 0, count: EdgeTable.capacity(count))
  }

  /// The symbol of a word in the word trie: the offset of its bytes + 1.
  func symbol(of word: UInt32) -> UInt32 { starts[Int(word)] + 1 }

  /// The number of a word, which is added when it is new.
  /// - Parameters:
  ///   - start: the word's bytes; 8 bytes are readable at its end.
  ///   - count: the number of its bytes.
  mutating func insert(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
    let (key, tag) = MatcherHash.wordKey(start, count)
    var slot = MatcherHash.slot(key, tag) & (table.count - 1)
    while table[slot] != 0 {
      let number = Int(table[slot]) - 1
      if keys[number] == key, infos[number].tag == tag, tag <= 8 || isEqual(number, start, count: count) {
        return UInt32(number)
      }
      slot = (slot + 1) & (table.count - 1)
    }

    table[slot] = UInt32(infos.count + 1)
    var info = MatcherInfo(bits: 0)
    info.tag = tag
    infos.append(info)
    keys.append(key)
    arena.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    arena.append(32)
    starts.append(UInt32(arena.count))
    if infos.count * 2 > table.count { grow() }
    return UInt32(infos.count - 1)
  }

  mutating func setEntry(_ entry: UInt32, of word: UInt32) { infos[Int(word)].entry = entry }

  mutating func setHasChildren(_ word: UInt32) { infos[Int(word)].hasChildren = true }

  /// The stored form of the table.
  func slots() -> [MatcherSlot] {
    var slots = [MatcherSlot](repeating: .empty, count: EdgeTable.capacity(infos.count))
    let mask = slots.count - 1
    for number in infos.indices {
      var slot = MatcherHash.slot(keys[number], infos[number].tag) & mask
      while slots[slot].target != 0 { slot = (slot + 1) & mask }
      slots[slot] = MatcherSlot(key: keys[number], target: starts[number] + 1, info: infos[number])
    }
    return slots
  }

  private func isEqual(_ number: Int, _ start: UnsafePointer<UInt8>, count: Int) -> Bool {
    let range = Int(starts[number])..<Int(starts[number + 1]) - 1
    return range.count == count && arena[range].elementsEqual(UnsafeBufferPointer(start: start, count: count))
  }

  private mutating func grow() {
    table = [UInt32](repeating: 0, count: table.count * 2)
    for number in infos.indices {
      var slot = MatcherHash.slot(keys[number], infos[number].tag) & (table.count - 1)
      while table[slot] != 0 { slot = (slot + 1) & (table.count - 1) }
      table[slot] = UInt32(number + 1)
    }
  }
}

/// The edges of a trie, each from a state by a symbol to a state.
struct EdgeTable {
  private(set) var slots: [MatcherSlot]
  private var used = 0

  init(expecting count: Int) { slots = [MatcherSlot](repeating: .empty, count: Self.capacity(count)) }

  /// The number of slots for `count` edges: a power of two of which at most half is used.
  static func capacity(_ count: Int) -> Int {
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    return capacity
  }

  /// Follows an edge, which is made when it is new, and returns the state that it leads to.
  /// - Parameters:
  ///   - next: the state that a new edge leads to; becomes the one after it.
  ///   - entry: the number + 1 of the entry that ends in the state; 0 for none.
  ///   - hasChildren: true when another state follows.
  ///   - needsSpace: true when the entry counts only before a space.
  mutating func step(
    _ state: UInt32, _ symbol: UInt32, next: inout UInt32, entry: UInt32, hasChildren: Bool, needsSpace: Bool = false
  ) -> UInt32 {
    let key = MatcherHash.edgeKey(state, symbol)
    let mask = slots.count - 1
    var slot = MatcherHash.slot(key) & mask
    while slots[slot].target != 0, slots[slot].key != key { slot = (slot + 1) & mask }
    let isNew = slots[slot].target == 0
    if isNew {
      slots[slot] = MatcherSlot(key: key, target: next, info: MatcherInfo(bits: 0))
      next += 1
      used += 1
    }

    if hasChildren { slots[slot].info.hasChildren = true }
    if entry != 0 {
      slots[slot].info.entry = entry
      slots[slot].info.needsSpace = needsSpace
    }

    // Growing moves the slots.
    let target = slots[slot].target
    if isNew, used * 2 > slots.count { grow() }
    return target
  }

  /// Inserts an entry's code points as a path from a root.
  /// - Parameters:
  ///   - next: the next free state.
  ///   - mark: the entry's number + 1.
  ///   - needsSpace: true when the entry counts only before a space.
  mutating func insert(
    _ entry: UnsafeBufferPointer<UInt8>, from root: UInt32, next: inout UInt32, entry mark: UInt32, needsSpace: Bool
  ) {
    var state = root
    var rest = String(decoding: entry, as: UTF8.self).unicodeScalars[...]
    while let scalar = rest.popFirst() {
      state = step(
        state, scalar.value, next: &next, entry: rest.isEmpty ? mark : 0, hasChildren: !rest.isEmpty,
        needsSpace: needsSpace)
    }
  }

  /// The stored form of the table, no larger than it must be.
  func compacted() -> [MatcherSlot] {
    let capacity = Self.capacity(used)
    return capacity == slots.count ? slots : placed(capacity)
  }

  private mutating func grow() { slots = placed(slots.count * 2) }

  /// The edges in a table of another size.
  private func placed(_ capacity: Int) -> [MatcherSlot] {
    var placed = [MatcherSlot](repeating: .empty, count: capacity)
    let mask = capacity - 1
    for edge in slots where edge.target != 0 {
      var slot = MatcherHash.slot(edge.key) & mask
      while placed[slot].target != 0 { slot = (slot + 1) & mask }
      placed[slot] = edge
    }
    return placed
  }
}
