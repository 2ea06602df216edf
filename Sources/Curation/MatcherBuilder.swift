internal import ArtifactTypes
internal import Glibc

/// Compiles entries into the bytes of an index that ``ConceptMatcher`` reads.
package struct MatcherBuilder {
  /// The roots of the two halves of the code-point trie: for entries that need a space before them, and for those that do not.
  static let afterSpace: UInt32 = 1
  static let anywhere: UInt32 = 2

  private var arena: [UInt8] = []
  private var starts: [UInt32] = [0]

  package init() {}

  /// Adds an entry's UTF-8 bytes. Doubles are dropped, and so are empty ones; the order does not matter.
  mutating func add(_ entry: UnsafeBufferPointer<UInt8>) {
    guard !entry.isEmpty else { return }
    arena.append(contentsOf: entry)
    starts.append(UInt32(arena.count))
  }

  /// Adds an entry.
  package mutating func add(_ entry: String) {
    var entry = entry
    entry.withUTF8 { add($0) }
  }

  /// The compiled index and how many distinct entries it has.
  /// - Throws: ``CurationError`` when there are more entries than an index can hold.
  package consuming func compile() throws -> (bytes: [UInt8], entries: Int) {
    guard arena.count < Int(UInt32.max) - 16, starts.count < MatcherInfo.entryLimit else {
      throw CurationError(
        operation: "compile an index", subject: "\(starts.count - 1) entries", cause: "one group holds at most 134 million")
    }
    arena.append(contentsOf: repeatElement(0, count: 8))
    let order = sorted()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(arena.count)
    var ends: [UInt32] = [0]
    ends.reserveCapacity(order.count + 1)
    var words = WordTable(expecting: order.count)
    var wordEdges = EdgeTable(expecting: order.count)
    var pointEdges = EdgeTable(expecting: 16)
    var beginnings = [UInt8](repeating: 0, count: 512)
    /// Entries of several words: the entry's number and its words' numbers.
    var rows: [(entry: UInt32, words: Range<Int>)] = []
    var rowWords: [UInt32] = []
    var nextPoint: UInt32 = 3
    arena.withUnsafeBufferPointer { arena in
      guard let base = arena.baseAddress else { return }
      for (number, index) in order.enumerated() {
        let start = Int(starts[index])
        let end = Int(starts[index + 1])
        let entry = UnsafeBufferPointer(start: base + start, count: end - start)
        bytes.append(contentsOf: entry)
        ends.append(UInt32(bytes.count))
        let mark = UInt32(number + 1)
        let begins = Self.firstScalar(entry).isWordEdge
        let stops = Self.lastScalar(entry).isWordEdge
        if begins || stops {
          beginnings[Int(entry[0]) + (begins ? 256 : 0)] = 1
          pointEdges.insert(entry, from: begins ? Self.anywhere : Self.afterSpace, &nextPoint, entry: mark, needsSpace: !stops)
          continue
        }
        let first = rowWords.count
        var wordStart = 0
        for place in 0...entry.count where place == entry.count || entry[place] == 32 {
          rowWords.append(words.insert(base + start + wordStart, place - wordStart))
          wordStart = place + 1
        }
        if rowWords.count == first + 1 {
          words.setEntry(mark, of: rowWords[first])
          rowWords.removeLast()
        } else {
          rows.append((mark, first..<rowWords.count))
        }
      }
    }
    var nextRow = UInt32(words.count + 1)
    for row in rows {
      var state = rowWords[row.words.lowerBound] + 1
      words.setHasChildren(rowWords[row.words.lowerBound])
      for place in row.words.dropFirst() {
        let isLast = place == row.words.upperBound - 1
        state = wordEdges.step(state, rowWords[place] + 1, &nextRow, entry: isLast ? row.entry : 0, hasChildren: !isLast)
      }
    }
    let parts = [
      Self.bytes(of: ends), bytes, Self.bytes(of: words.starts), words.arena, Self.bytes(of: words.slots()),
      Self.bytes(of: wordEdges.slots), Self.bytes(of: pointEdges.slots), beginnings,
    ]
    return (MatcherLayout.assemble(parts), order.count)
  }

  /// The positions of the distinct entries in the order of their bytes.
  private func sorted() -> [Int] {
    struct Item {
      var prefix: UInt64
      var index: Int
    }
    var items: [Item] = []
    items.reserveCapacity(starts.count - 1)
    return arena.withUnsafeBytes { arena in
      guard let base = arena.baseAddress else { return [] }
      func range(_ index: Int) -> (start: Int, count: Int) {
        (Int(starts[index]), Int(starts[index + 1] - starts[index]))
      }
      for index in 0..<(starts.count - 1) {
        let (start, count) = range(index)
        let raw = UInt64(bigEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        items.append(Item(prefix: count >= 8 ? raw : raw & ~(.max >> (8 * UInt64(count))), index: index))
      }
      func compare(_ left: Int, _ right: Int) -> Int {
        let (leftStart, leftCount) = range(left)
        let (rightStart, rightCount) = range(right)
        let order = memcmp(base + leftStart, base + rightStart, min(leftCount, rightCount))
        return order != 0 ? Int(order) : leftCount - rightCount
      }
      items.sort { $0.prefix != $1.prefix ? $0.prefix < $1.prefix : compare($0.index, $1.index) < 0 }
      var order: [Int] = []
      order.reserveCapacity(items.count)
      for item in items {
        if let last = order.last, compare(last, item.index) == 0 { continue }
        order.append(item.index)
      }
      return order
    }
  }

  private static func firstScalar(_ entry: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar {
    var end = 1
    while end < entry.count, entry[end] & 0xC0 == 0x80 { end += 1 }
    return scalar(entry, 0, end)
  }

  private static func lastScalar(_ entry: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar {
    var start = entry.count - 1
    while start > 0, entry[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(entry, start, entry.count)
  }

  private static func scalar(_ entry: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Unicode.Scalar {
    if entry[start] < 128 { return Unicode.Scalar(entry[start]) }
    return String(decoding: entry[start..<end], as: UTF8.self).unicodeScalars.first ?? " "
  }

  private static func bytes<Element>(of values: [Element]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
}

/// Words of entries, numbered as they come.
private struct WordTable {
  private(set) var arena: [UInt8] = []
  private(set) var starts: [UInt32] = [0]
  private var infos: [MatcherInfo] = []
  private var keys: [UInt64] = []
  private var table: [UInt32]

  init(expecting count: Int) {
    table = [UInt32](repeating: 0, count: EdgeTable.capacity(count))
  }

  var count: Int { infos.count }

  /// - Parameter start: 8 bytes are readable at the word's end.
  mutating func insert(_ start: UnsafePointer<UInt8>, _ count: Int) -> UInt32 {
    let (key, tag) = MatcherHash.wordKey(start, count)
    var slot = MatcherHash.slot(key, tag) & (table.count - 1)
    while table[slot] != 0 {
      let number = Int(table[slot]) - 1
      if keys[number] == key, infos[number].tag == tag, tag <= 8 || isEqual(number, start, count) { return UInt32(number) }
      slot = (slot + 1) & (table.count - 1)
    }
    table[slot] = UInt32(infos.count + 1)
    var info = MatcherInfo(bits: 0)
    info.tag = tag
    infos.append(info)
    keys.append(key)
    arena.append(contentsOf: UnsafeBufferPointer(start: start, count: count))
    starts.append(UInt32(arena.count))
    if infos.count * 2 > table.count { grow() }
    return UInt32(infos.count - 1)
  }

  mutating func setEntry(_ entry: UInt32, of word: UInt32) { infos[Int(word)].entry = entry }

  mutating func setHasChildren(_ word: UInt32) { infos[Int(word)].hasChildren = true }

  /// The table as it is stored.
  func slots() -> [MatcherSlot] {
    var slots = [MatcherSlot](repeating: .empty, count: EdgeTable.capacity(infos.count))
    let mask = slots.count - 1
    for number in infos.indices {
      var slot = MatcherHash.slot(keys[number], infos[number].tag) & mask
      while slots[slot].target != 0 { slot = (slot + 1) & mask }
      slots[slot] = MatcherSlot(key: keys[number], target: UInt32(number + 1), info: infos[number])
    }
    return slots
  }

  private func isEqual(_ number: Int, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let range = Int(starts[number])..<Int(starts[number + 1])
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

/// The edges of a trie: from a state by a symbol to a state.
private struct EdgeTable {
  private(set) var slots: [MatcherSlot]
  private var used = 0

  init(expecting count: Int) { slots = [MatcherSlot](repeating: .empty, count: Self.capacity(count)) }

  /// A power of two of which at most half is used.
  static func capacity(_ count: Int) -> Int {
    var capacity = 16
    while capacity < count * 2 { capacity *= 2 }
    return capacity
  }

  /// Follows an edge, made now when it is new, and adds to what is known of the state that it leads to.
  mutating func step(
    _ state: UInt32, _ symbol: UInt32, _ next: inout UInt32, entry: UInt32, hasChildren: Bool, needsSpace: Bool = false
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
    let target = slots[slot].target
    if isNew, used * 2 > slots.count { grow() }
    return target
  }

  /// Inserts an entry's code points.
  mutating func insert(
    _ entry: UnsafeBufferPointer<UInt8>, from root: UInt32, _ next: inout UInt32, entry mark: UInt32, needsSpace: Bool
  ) {
    var state = root
    var rest = String(decoding: entry, as: UTF8.self).unicodeScalars[...]
    while let scalar = rest.popFirst() {
      state = step(
        state, scalar.value, &next, entry: rest.isEmpty ? mark : 0, hasChildren: !rest.isEmpty, needsSpace: needsSpace)
    }
  }

  private mutating func grow() {
    let old = slots
    slots = [MatcherSlot](repeating: .empty, count: old.count * 2)
    let mask = slots.count - 1
    for edge in old where edge.target != 0 {
      var slot = MatcherHash.slot(edge.key) & mask
      while slots[slot].target != 0 { slot = (slot + 1) & mask }
      slots[slot] = edge
    }
  }
}
