internal import ArtifactTypes

/// Finds the entries of one language's metadata that occur in a text: exact substrings between spaces, code point by code point.
///
/// An entry counts where a space stands before and behind it, except at an end whose code point is CJK-like, where nothing need
/// stand. All occurrences count, nested and overlapping ones too, each entry once. Source: MetaCLIP 2, §3.2 and reference code.
///
/// Entries that begin and end between spaces are rows of words: a trie over whole words finds them, with one look-up a word. The
/// others (Chinese, Thai, those that begin or end with punctuation) are found in a trie over code points, which is entered only
/// where one of them can begin.
public final class ConceptMatcher: Sendable {
  /// The entries in the order of their code points; a match is a position in it.
  public let entries: [String]

  /// Numbers the words of entries.
  private let words: TextTable
  private let wordEdges: TransitionTable
  /// The entry that ends at a state of the word trie; -1 for none.
  private let wordEntries: [Int32]

  private let pointEdges: TransitionTable
  /// The entry that ends at a state of the code-point trie; -1 for none.
  private let pointEntries: [Int32]
  /// Whether that entry needs a space behind it.
  private let pointNeedsSpace: [Bool]
  /// Whether an entry that needs a space before it may begin with this byte, and whether one that needs none may.
  private let beginsAfterSpace, beginsAnywhere: [Bool]

  /// The roots of the two halves of the code-point trie, and that of the word trie.
  private static let afterSpace: UInt32 = 1
  private static let anywhere: UInt32 = 2
  private static let wordRoot: UInt32 = 1

  /// - Parameter entries: doubles are dropped, the order does not matter.
  public init(entries: some Sequence<String>) {
    var table = TextTable()
    for entry in entries where !entry.isEmpty { table.insert(entry) }
    self.entries = (0..<table.count).map { table[$0] }.sorted { $0.precedes($1) }
    var words = TextTable()
    var wordTrie = TrieBuilder(roots: 1)
    var pointTrie = TrieBuilder(roots: 2)
    var afterSpace = [Bool](repeating: false, count: 256)
    var anywhere = afterSpace
    var needsSpace: [UInt32: Bool] = [:]
    for (number, entry) in self.entries.enumerated() {
      let scalars = entry.unicodeScalars
      guard let first = scalars.first, let last = scalars.last, let byte = entry.utf8.first else { continue }
      if !first.isWordEdge, !last.isWordEdge {
        let symbols = entry.utf8.split(separator: 32, omittingEmptySubsequences: false).map { word in
          UInt32(Array(word).withUnsafeBytes { words.insert($0).number })
        }
        wordTrie.insert(symbols, from: Self.wordRoot, entry: number)
      } else {
        let root = first.isWordEdge ? Self.anywhere : Self.afterSpace
        if first.isWordEdge { anywhere[Int(byte)] = true } else { afterSpace[Int(byte)] = true }
        let end = pointTrie.insert(scalars.lazy.map(\.value), from: root, entry: number)
        needsSpace[end] = !last.isWordEdge
      }
    }
    self.words = words
    wordEdges = TransitionTable(wordTrie.edges)
    wordEntries = wordTrie.entries
    pointEdges = TransitionTable(pointTrie.edges)
    pointEntries = pointTrie.entries
    pointNeedsSpace = pointTrie.entries.indices.map { needsSpace[UInt32($0)] ?? false }
    beginsAfterSpace = afterSpace
    beginsAnywhere = anywhere
  }

  /// The entries that occur in a text, in the order of ``entries``.
  public func matches(in text: String) -> [String] {
    var scratch = Scratch()
    return numbers(in: text, &scratch).map { entries[Int($0)] }
  }

  /// Memory that is used again from text to text; one for each thread.
  package struct Scratch: Sendable {
    fileprivate var spaced = SpacedText()
    fileprivate var wordNumbers: [Int32] = []
    fileprivate var found: [Int32] = []

    package init() {}
  }

  /// The positions in ``entries`` of those that occur in a text, ascending, each once.
  package func numbers(in text: String, _ scratch: inout Scratch) -> [Int32] {
    var text = text
    text.withUTF8 { scratch.spaced.set($0) }
    scratch.found.removeAll(keepingCapacity: true)
    scratch.spaced.bytes.withUnsafeBytes { bytes in
      matchWords(bytes, &scratch.wordNumbers, &scratch.found)
      matchPoints(bytes, &scratch.found)
    }
    if scratch.found.count > 1 {
      scratch.found.sort()
      var kept = 1
      for index in 1..<scratch.found.count where scratch.found[index] != scratch.found[kept - 1] {
        scratch.found[kept] = scratch.found[index]
        kept += 1
      }
      scratch.found.removeLast(scratch.found.count - kept)
    }
    return scratch.found
  }

  /// Rows of words. The bytes begin and end with a space.
  private func matchWords(_ bytes: UnsafeRawBufferPointer, _ numbers: inout [Int32], _ found: inout [Int32]) {
    guard words.count > 0 else { return }
    numbers.removeAll(keepingCapacity: true)
    var start = 1
    for index in 1..<bytes.count where bytes[index] == 32 {
      numbers.append(Int32(truncatingIfNeeded: words.find(UnsafeRawBufferPointer(rebasing: bytes[start..<index])) ?? -1))
      start = index + 1
    }
    for begin in numbers.indices {
      var state = Self.wordRoot
      var index = begin
      while index < numbers.count, numbers[index] >= 0 {
        state = wordEdges.next(state, UInt32(bitPattern: numbers[index]))
        if state == 0 { break }
        let entry = wordEntries[Int(state)]
        if entry >= 0 { found.append(entry) }
        index += 1
      }
    }
  }

  /// Entries with an end that needs no space.
  private func matchPoints(_ bytes: UnsafeRawBufferPointer, _ found: inout [Int32]) {
    guard pointEntries.count > 3 else { return }
    for begin in 1..<bytes.count {
      let byte = Int(bytes[begin])
      if beginsAnywhere[byte] { walk(bytes, from: begin, Self.anywhere, &found) }
      if bytes[begin - 1] == 32, beginsAfterSpace[byte] { walk(bytes, from: begin, Self.afterSpace, &found) }
    }
  }

  private func walk(_ bytes: UnsafeRawBufferPointer, from begin: Int, _ root: UInt32, _ found: inout [Int32]) {
    var state = root
    var index = begin
    while index < bytes.count {
      let (scalar, count) = Self.scalar(bytes, at: index)
      state = pointEdges.next(state, scalar)
      if state == 0 { return }
      index += count
      let entry = pointEntries[Int(state)]
      if entry >= 0, !pointNeedsSpace[Int(state)] || index < bytes.count && bytes[index] == 32 { found.append(entry) }
    }
  }

  /// The code point at a byte that begins one, in valid UTF-8.
  @inline(__always)
  private static func scalar(_ bytes: UnsafeRawBufferPointer, at index: Int) -> (value: UInt32, count: Int) {
    let first = UInt32(bytes[index])
    if first < 0x80 { return (first, 1) }
    func follow(_ offset: Int) -> UInt32 { UInt32(bytes[index + offset]) & 0x3F }
    if first < 0xE0 { return ((first & 0x1F) << 6 | follow(1), 2) }
    if first < 0xF0 { return ((first & 0x0F) << 12 | follow(1) << 6 | follow(2), 3) }
    return ((first & 0x07) << 18 | follow(1) << 12 | follow(2) << 6 | follow(3), 4)
  }
}

/// A trie in the making. States count from 1; the first ones are roots.
private struct TrieBuilder {
  private(set) var edges: [UInt64: UInt32] = [:]
  /// The entry that ends at a state; -1 for none. The first one is no state.
  private(set) var entries: [Int32]

  init(roots: Int) { entries = [Int32](repeating: -1, count: roots + 1) }

  /// - Returns: the state at which the entry ends.
  @discardableResult
  mutating func insert(_ symbols: some Sequence<UInt32>, from root: UInt32, entry: Int) -> UInt32 {
    var state = root
    for symbol in symbols {
      let key = TransitionTable.key(state, symbol)
      if let next = edges[key] {
        state = next
      } else {
        entries.append(-1)
        state = UInt32(entries.count - 1)
        edges[key] = state
      }
    }
    entries[Int(state)] = Int32(entry)
    return state
  }
}
