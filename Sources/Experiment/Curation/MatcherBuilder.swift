internal import ArtifactTypes
internal import Core
internal import Glibc

/// Compiles entries into the bytes of an index that ``ConceptMatcher`` reads.
package struct MatcherBuilder {
  /// The roots of the two halves of the code-point trie: for entries that need a space before them, and for those that do not.
  static let afterSpace: UInt32 = 1
  static let anywhere: UInt32 = 2

  /// So that offsets of words and the states of rows together stay below 2³².
  private static let byteLimit = 1 << 30

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
  /// - Throws: ``OperationError`` when there are more entries than an index can hold.
  package consuming func compile() throws -> (bytes: [UInt8], entries: Int) {
    guard arena.count < Self.byteLimit, starts.count < MatcherInfo.entryLimit else {
      throw OperationError(
        operation: "compile an index", subject: "\(starts.count - 1) entries",
        cause: "one group holds at most 134 million of 1 GiB in all")
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
    var flags = [SpacedText.Flags](repeating: [], count: 256)
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
        if Self.occursNowhere(entry) { continue }
        let mark = UInt32(number + 1)
        let begins = Self.firstScalar(entry).isWordEdge
        let stops = Self.lastScalar(entry).isWordEdge
        if begins || stops {
          flags[Int(entry[0])].insert(begins ? .beginsAnywhere : .beginsAfterSpace)
          if !begins { flags[Int(entry[entry.count - 1])].insert(.endsAfterSpace) }
          pointEdges.insert(
            entry, from: begins ? Self.anywhere : Self.afterSpace, &nextPoint, entry: mark, needsSpace: !stops)
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
    // The states of a row's first words are the words' symbols.
    var nextRow = UInt32(words.arena.count + 1)
    for row in rows {
      var state = words.symbol(of: rowWords[row.words.lowerBound])
      words.setHasChildren(rowWords[row.words.lowerBound])
      for place in row.words.dropFirst() {
        let isLast = place == row.words.upperBound - 1
        state = wordEdges.step(
          state, words.symbol(of: rowWords[place]), &nextRow, entry: isLast ? row.entry : 0, hasChildren: !isLast)
      }
    }
    let (rowSlots, pointSlots) = (wordEdges.compacted(), pointEdges.compacted())
    let parts = [
      Self.bytes(of: ends), bytes, words.arena, Self.bytes(of: words.slots()), Self.bytes(of: rowSlots),
      Self.bytes(of: pointSlots), Self.bytes(of: MatcherFilter.make(rowSlots)),
      Self.bytes(of: MatcherFilter.make(pointSlots)),
      Self.bytes(of: flags),
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

  /// Whether no text that is set apart by spaces can have an entry: it has a mark without a space beside it, or white space that a
  /// text has no more.
  private static func occursNowhere(_ entry: UnsafeBufferPointer<UInt8>) -> Bool {
    for (place, byte) in entry.enumerated() {
      let change = SpacedText.Flags.change(of: byte)
      if change.isEmpty { continue }
      if change.contains(.blank) { return true }
      if place > 0, entry[place - 1] != 32 { return true }
      if place + 1 < entry.count, entry[place + 1] != 32 { return true }
    }
    return false
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
