internal import ArtifactTypes
internal import Core
package import FileFormats

/// Finds the entries of one group's metadata that occur in a text: exact substrings between spaces, code point by code point.
///
/// An entry counts where a space stands before and behind it, except at an end whose code point is CJK-like, where nothing need
/// stand. All occurrences count, nested and overlapping ones too, each entry once. Source: MetaCLIP 2, §3.2 and reference code.
///
/// Entries that begin and end between spaces are rows of words: a table of words, of which one look-up also says which entry the word
/// is and whether longer ones begin with it, and a trie over whole words for these. The others (Chinese, Thai, those that begin or end
/// with punctuation) are found in a trie over code points, which is entered only where one of them can begin.
public final class ConceptMatcher: @unchecked Sendable {
  // Sendable without a lock: the memory is read-only from `init` to `deinit`.
  private let memory: MappedBytes
  private let entryStarts: UnsafeBufferPointer<UInt32>
  private let entryBytes: UnsafePointer<UInt8>
  private let words: MatcherWords?
  private let wordTrie, pointTrie: MatcherTrie?
  /// By byte.
  private let flags: [SpacedText.Flags]

  /// Compiles entries in memory.
  /// - Parameter entries: doubles are dropped, the order does not matter.
  /// - Throws: ``OperationError`` when there are too many.
  public convenience init(entries: some Sequence<String>) throws {
    var builder = MatcherBuilder()
    for entry in entries { builder.add(entry) }
    try self.init(compiled: MappedBytes(builder.compile().bytes), name: "entries in memory")
  }

  /// Opens a compiled index.
  /// - Throws: ``OperationError`` when it is damaged.
  package init(compiled memory: MappedBytes, name: String) throws {
    let layout = try MatcherLayout(memory.bytes, name: name)
    func fault(_ cause: String) -> OperationError {
      OperationError(
        operation: "open a concept index", subject: name, cause: cause + "; run the stage that made it again")
    }
    func part<Element>(_ part: MatcherLayout.Part, _: Element.Type) -> UnsafeBufferPointer<Element> {
      UnsafeRawBufferPointer(rebasing: memory.bytes[layout[part]]).bindMemory(to: Element.self)
    }
    entryStarts = part(.entryStarts, UInt32.self)
    let bytes = part(.entryBytes, UInt8.self)
    guard let last = entryStarts.last, last == bytes.count, entryStarts[0] == 0, let base = memory.bytes.baseAddress
    else {
      throw fault("its part entryStarts is damaged")
    }
    for number in 1..<entryStarts.count where entryStarts[number - 1] > entryStarts[number] {
      throw fault("its part entryStarts is damaged")
    }
    entryBytes = bytes.baseAddress ?? base.assumingMemoryBound(to: UInt8.self)
    let entries = entryStarts.count - 1
    /// The slots and their mask; `nil` when none is used.
    func table(_ name: MatcherLayout.Part, targets: Int) throws -> (UnsafePointer<MatcherSlot>, Int)? {
      let slots = part(name, MatcherSlot.self)
      var used = 0
      for slot in slots {
        guard Int(slot.info.entry) <= entries, Int(slot.target) <= targets, slot.target != 0 || slot.info.bits == 0
        else {
          throw fault("its part \(name) is damaged")
        }
        if slot.target != 0 { used += 1 }
      }
      guard let base = slots.baseAddress, slots.count.nonzeroBitCount == 1, used < slots.count else {
        throw fault("its part \(name) is damaged")
      }
      return used == 0 ? nil : (base, slots.count - 1)
    }
    let wordBytes = part(.wordBytes, UInt8.self)
    words = try table(.words, targets: wordBytes.count).map { MatcherWords(slots: $0, mask: $1, bytes: wordBytes) }
    func trie(_ edges: MatcherLayout.Part, _ filter: MatcherLayout.Part) throws -> MatcherTrie? {
      let words = part(filter, UInt64.self)
      guard let base = words.baseAddress, words.count.nonzeroBitCount == 1 else {
        throw fault("its part \(filter) is damaged")
      }
      return try table(edges, targets: .max).map {
        MatcherTrie(slots: $0, mask: $1, filter: base, filterShift: MatcherFilter.shift(words: words.count))
      }
    }
    wordTrie = try trie(.wordEdges, .wordFilter)
    pointTrie = try trie(.pointEdges, .pointFilter)
    let marks = part(.flags, SpacedText.Flags.self)
    guard marks.count == 256 else { throw fault("its part flags is damaged") }
    flags = marks.enumerated().map { byte, flags in
      let change = SpacedText.Flags.change(of: UInt8(byte))
      // What is changed leaves a space in its place or beside it.
      return flags.union(change.isEmpty ? [] : marks[32]).intersection(.ofEntries).union(change)
    }
    self.memory = memory
  }

  /// How many entries there are.
  public var count: Int { entryStarts.count - 1 }

  /// An entry; they are numbered in the order of their bytes.
  public subscript(number: Int) -> String {
    precondition((0..<count).contains(number), "there are \(count) entries, none at \(number)")
    return String(decoding: bytes(of: number), as: UTF8.self)
  }

  /// An entry's bytes; valid as long as the matcher lives.
  package func bytes(of number: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(
      start: entryBytes + Int(entryStarts[number]), count: Int(entryStarts[number + 1] - entryStarts[number]))
  }

  /// The entries that occur in a text, in the order of their bytes.
  public func matches(in text: String) -> [String] {
    var scratch = Scratch()
    find(in: text, &scratch)
    return scratch.found.map { self[Int($0)] }
  }

  /// Memory that is used again from text to text; one for each thread.
  package struct Scratch: Sendable {
    /// The numbers of the entries that the last text has, ascending, each once.
    package fileprivate(set) var found: [UInt32] = []
    fileprivate var spaced = SpacedText()
    fileprivate var places: [MatcherWords.Place] = []
    fileprivate var symbols: [UInt32] = []
    fileprivate var walks: [MatcherTrie.Walk] = []

    package init() {}
  }

  /// Finds the entries that occur in a text.
  package func find(in text: String, _ scratch: inout Scratch) {
    var text = text
    text.withUTF8 { find(in: $0, &scratch) }
  }

  /// Finds the entries that occur in a text of valid UTF-8.
  package func find(in text: UnsafeBufferPointer<UInt8>, _ scratch: inout Scratch) {
    scratch.found.removeAll(keepingCapacity: true)
    flags.withUnsafeBufferPointer { flags in
      if let flags = flags.baseAddress { scratch.spaced.set(text, flags: flags) }
    }
    if let words { matchWords(words, &scratch) }
    if let pointTrie { matchPoints(pointTrie, &scratch) }
    scratch.found.sortDistinct()
  }

  /// Rows of words.
  private func matchWords(_ words: MatcherWords, _ scratch: inout Scratch) {
    let spaced = scratch.spaced
    var count = 0
    spaced.withBytes { text, spaces in
      count = spaces.count - 1
      words.find(text, spaces, &scratch.places, symbols: &scratch.symbols, walks: &scratch.walks, &scratch.found)
    }
    guard let wordTrie, !scratch.walks.isEmpty else { return }
    wordTrie.lead(&scratch.walks, along: scratch.symbols, count: count, &scratch.found)
  }

  /// Entries with an end that needs no space.
  private func matchPoints(_ trie: MatcherTrie, _ scratch: inout Scratch) {
    let seen = scratch.spaced.seen
    let afterSpace = seen.isSuperset(of: [.beginsAfterSpace, .endsAfterSpace])
    guard afterSpace || seen.contains(.beginsAnywhere) else { return }
    scratch.walks.removeAll(keepingCapacity: true)
    let spaced = scratch.spaced
    var count = 0
    spaced.withBytes { text, _ in
      if scratch.symbols.count < text.count + 1 { scratch.symbols = [UInt32](repeating: 0, count: text.count * 2) }
      guard let start = text.baseAddress else { return }
      scratch.symbols.withUnsafeMutableBufferPointer { symbols in
        var index = 0
        var previous: UInt32 = 0
        while index < text.count {
          let flag = flags[Int(start[index])]
          if flag.contains(.beginsAnywhere) {
            scratch.walks.append(MatcherTrie.Walk(state: MatcherBuilder.anywhere, place: count))
          }
          if afterSpace, previous == 32, flag.contains(.beginsAfterSpace) {
            scratch.walks.append(MatcherTrie.Walk(state: MatcherBuilder.afterSpace, place: count))
          }
          let (scalar, length) = Self.scalar(start + index)
          symbols[count] = scalar
          previous = scalar
          count += 1
          index += length
        }
        symbols[count] = 0
      }
    }
    trie.lead(&scratch.walks, along: scratch.symbols, count: count, &scratch.found)
  }

  /// The code point at a byte that begins one, in valid UTF-8.
  @inline(__always)
  private static func scalar(_ start: UnsafePointer<UInt8>) -> (value: UInt32, count: Int) {
    let first = UInt32(start[0])
    if first < 0x80 { return (first, 1) }
    func follow(_ offset: Int) -> UInt32 { UInt32(start[offset]) & 0x3F }
    if first < 0xE0 { return ((first & 0x1F) << 6 | follow(1), 2) }
    if first < 0xF0 { return ((first & 0x0F) << 12 | follow(1) << 6 | follow(2), 3) }
    return ((first & 0x07) << 18 | follow(1) << 12 | follow(2) << 6 | follow(3), 4)
  }
}

extension [UInt32] {
  /// Puts the numbers in order, each once.
  fileprivate mutating func sortDistinct() {
    guard count > 1 else { return }
    if count > 24 {
      sort()
    } else {
      for index in 1..<count {
        let value = self[index]
        var place = index
        while place > 0, self[place - 1] > value {
          self[place] = self[place - 1]
          place -= 1
        }
        self[place] = value
      }
    }
    var kept = 1
    for index in 1..<count where self[index] != self[kept - 1] {
      self[kept] = self[index]
      kept += 1
    }
    removeLast(count - kept)
  }
}
