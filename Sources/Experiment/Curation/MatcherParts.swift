internal import ArtifactTypes

/// The parts of a compiled index, filled with entries in the order of their bytes.
///
/// An entry that begins and ends between spaces is a row of words; every other entry is a path in the code-point trie.
struct MatcherParts {
  private var entryStarts: [UInt32] = [0]
  private var entryBytes: [UInt8] = []
  private var words: WordTable
  private var wordEdges: EdgeTable
  private var pointEdges = EdgeTable(expecting: 16)
  private var flags = [SpacedText.Flags](repeating: [], count: 256)

  /// The entries of several words: the entry's number + 1, and the positions of its words in ``rowWords``.
  private var rows: [(entry: UInt32, words: Range<Int>)] = []
  /// The numbers of words in ``words``.
  private var rowWords: [UInt32] = []
  /// The next free state of the code-point trie, after its two roots.
  private var nextPoint = MatcherBuilder.anywhere + 1

  /// - Parameters:
  ///   - count: the expected number of entries.
  ///   - byteCount: the expected number of their bytes.
  init(expecting count: Int, byteCount: Int) {
    words = WordTable(expecting: count)
    wordEdges = EdgeTable(expecting: count)
    entryStarts.reserveCapacity(count + 1)
    entryBytes.reserveCapacity(byteCount)
  }

  /// Adds the next entry.
  /// - Parameter entry: its UTF-8 bytes, at least one; eight more are readable after them.
  mutating func add(_ entry: UnsafeBufferPointer<UInt8>) {
    entryBytes.append(contentsOf: entry)
    entryStarts.append(UInt32(entryBytes.count))
    if Self.occursNowhere(entry) { return }

    // The number + 1: 0 stands for no entry.
    let mark = UInt32(entryStarts.count - 1)
    let beginsAnywhere = Self.firstScalar(entry).isWordEdge
    let endsAnywhere = Self.lastScalar(entry).isWordEdge
    if beginsAnywhere || endsAnywhere {
      addPoints(entry, mark: mark, beginsAnywhere: beginsAnywhere, endsAnywhere: endsAnywhere)
    } else {
      addWords(entry, mark: mark)
    }
  }

  private mutating func addPoints(
    _ entry: UnsafeBufferPointer<UInt8>, mark: UInt32, beginsAnywhere: Bool, endsAnywhere: Bool
  ) {
    flags[Int(entry[0])].insert(beginsAnywhere ? .beginsAnywhere : .beginsAfterSpace)
    if !beginsAnywhere { flags[Int(entry[entry.count - 1])].insert(.endsAfterSpace) }
    pointEdges.insert(
      entry, from: beginsAnywhere ? MatcherBuilder.anywhere : MatcherBuilder.afterSpace, next: &nextPoint, entry: mark,
      needsSpace: !endsAnywhere)
  }

  private mutating func addWords(_ entry: UnsafeBufferPointer<UInt8>, mark: UInt32) {
    guard let base = entry.baseAddress else { return }
    let first = rowWords.count
    var start = 0
    for position in 0...entry.count where position == entry.count || entry[position] == 32 {
      rowWords.append(words.insert(base + start, position - start))
      start = position + 1
    }

    // An entry of one word is found in the table of words, and needs no row.
    if rowWords.count == first + 1 {
      words.setEntry(mark, of: rowWords.removeLast())
    } else {
      rows.append((mark, first..<rowWords.count))
    }
  }

  /// The bytes of the index.
  consuming func assembled() -> [UInt8] {
    connectRows()
    let (rowSlots, pointSlots) = (wordEdges.compacted(), pointEdges.compacted())
    return MatcherLayout.assemble([
      Self.bytes(of: entryStarts), entryBytes, words.arena, Self.bytes(of: words.slots()), Self.bytes(of: rowSlots),
      Self.bytes(of: pointSlots), Self.bytes(of: MatcherFilter.make(rowSlots)),
      Self.bytes(of: MatcherFilter.make(pointSlots)), Self.bytes(of: flags),
    ])
  }

  /// Makes the word trie of the rows. A row's first state is its first word's symbol, so that looking up a word also
  /// enters the trie; all words are known now, and further states come after their symbols.
  private mutating func connectRows() {
    var next = UInt32(words.arena.count + 1)
    for row in rows {
      let first = rowWords[row.words.lowerBound]
      words.setHasChildren(first)
      var state = words.symbol(of: first)
      for position in row.words.dropFirst() {
        let isLast = position == row.words.upperBound - 1
        state = wordEdges.step(
          state, words.symbol(of: rowWords[position]), next: &next, entry: isLast ? row.entry : 0,
          hasChildren: !isLast)
      }
    }
  }

  /// True for an entry that no text with marks set apart by spaces has: it has a mark without a space on either side,
  /// or white space that becomes a space in every text.
  private static func occursNowhere(_ entry: UnsafeBufferPointer<UInt8>) -> Bool {
    for (position, byte) in entry.enumerated() {
      let change = SpacedText.Flags.change(of: byte)
      if change.isEmpty { continue }
      if change.contains(.blank) { return true }
      if position > 0, entry[position - 1] != 32 { return true }
      if position + 1 < entry.count, entry[position + 1] != 32 { return true }
    }
    return false
  }

  private static func firstScalar(_ entry: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar {
    var end = 1
    while end < entry.count, entry[end] & 0xC0 == 0x80 { end += 1 }
    return scalar(entry, 0..<end)
  }

  private static func lastScalar(_ entry: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar {
    var start = entry.count - 1
    while start > 0, entry[start] & 0xC0 == 0x80 { start -= 1 }
    return scalar(entry, start..<entry.count)
  }

  private static func scalar(_ entry: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Unicode.Scalar {
    let first = entry[range.lowerBound]
    if first < 128 { return Unicode.Scalar(first) }
    return String(decoding: entry[range], as: UTF8.self).unicodeScalars.first ?? " "
  }

  /// The bytes of values as they are in memory.
  private static func bytes<Element>(of values: [Element]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }
}
