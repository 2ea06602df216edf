internal import ArtifactTypes
internal import Core
package import FileFormats

/// Finds the entries of one group's metadata that occur in a text: exact substrings between spaces, code point by code
/// point.
///
/// An entry counts between two spaces, except that an end whose code point is CJK-like needs no space. All occurrences
/// count, nested and overlapping ones too, each entry once. Source: MetaCLIP 2, §3.2 and reference code.
///
/// Entries that begin and end between spaces are rows of words. They have a table of words, in which one look-up
/// finds the entry that is the word and the beginnings of longer ones, and a trie over whole words for these. The
/// others (Chinese, Thai, those that begin or end with punctuation) are found in a trie over code points, which is
/// entered only where one of them can begin.
public final class ConceptMatcher: @unchecked Sendable {
  // Sendable without a lock: the memory is read-only from `init` to `deinit`.
  private let memory: MappedBytes
  private let entryStarts: UnsafeBufferPointer<UInt32>
  private let entryBytes: UnsafePointer<UInt8>
  private let words: MatcherWords?
  private let wordTrie, pointTrie: MatcherTrie?
  /// The flags of each of the 256 bytes.
  private let flags: [SpacedText.Flags]

  /// Compiles entries in memory.
  /// - Parameter entries: texts in any order; duplicates and empty ones are dropped.
  /// - Throws: ``OperationError`` when there are more than one index can hold.
  public convenience init(entries: some Sequence<String>) throws {
    var builder = MatcherBuilder()
    for entry in entries { builder.add(entry) }
    try self.init(compiled: MappedBytes(builder.compile().bytes), name: "entries in memory")
  }

  /// Opens a compiled index, and checks it so that no look-up can leave it.
  /// - Parameters:
  ///   - memory: the index's bytes, which the matcher keeps.
  ///   - name: the subject of errors.
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
      // A byte that is changed leaves a space, with which entries may begin and end.
      return flags.union(change.isEmpty ? [] : marks[32]).intersection(.ofEntries).union(change)
    }
    self.memory = memory
  }

  /// The number of entries.
  public var count: Int { entryStarts.count - 1 }

  /// The entry of a number, from 0 in the order of the entries' bytes.
  public subscript(number: Int) -> String {
    precondition((0..<count).contains(number), "there is no entry \(number) among \(count)")
    return String(decoding: bytes(of: number), as: UTF8.self)
  }

  /// An entry's UTF-8 bytes, which are valid as long as the matcher exists.
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
    /// The numbers of the last text's entries, ascending, each once.
    package fileprivate(set) var found: [UInt32] = []
    fileprivate var spaced = SpacedText()
    fileprivate var lookUps: [MatcherWords.LookUp] = []
    fileprivate var symbols: [UInt32] = []
    fileprivate var walks: [MatcherTrie.Walk] = []

    /// Memory without a text.
    package init() {}
  }

  /// Finds the entries that occur in a text, and leaves their numbers in ``Scratch/found``.
  package func find(in text: String, _ scratch: inout Scratch) {
    var text = text
    text.withUTF8 { find(in: $0, &scratch) }
  }

  /// Finds the entries that occur in a text of valid UTF-8, and leaves their numbers in ``Scratch/found``.
  package func find(in text: UnsafeBufferPointer<UInt8>, _ scratch: inout Scratch) {
    scratch.found.removeAll(keepingCapacity: true)
    flags.withUnsafeBufferPointer { flags in
      if let flags = flags.baseAddress { scratch.spaced.set(text, flags: flags) }
    }
    if let words { matchWords(words, &scratch) }
    if let pointTrie { matchPoints(pointTrie, &scratch) }
    scratch.found.sortDistinct()
  }

  /// Finds entries that are rows of words.
  private func matchWords(_ words: MatcherWords, _ scratch: inout Scratch) {
    let spaced = scratch.spaced
    var count = 0
    spaced.withBytes { text, spaces in
      count = spaces.count - 1
      words.find(
        text, spaces, lookUps: &scratch.lookUps, symbols: &scratch.symbols, walks: &scratch.walks,
        into: &scratch.found)
    }
    guard let wordTrie, !scratch.walks.isEmpty else { return }
    wordTrie.lead(&scratch.walks, along: scratch.symbols, count: count, into: &scratch.found)
  }

  /// Finds entries with an end that needs no space.
  private func matchPoints(_ trie: MatcherTrie, _ scratch: inout Scratch) {
    let seen = scratch.spaced.seen
    let afterSpace = seen.isSuperset(of: [.beginsAfterSpace, .endsAfterSpace])
    guard afterSpace || seen.contains(.beginsAnywhere) else { return }
    scratch.walks.removeAll(keepingCapacity: true)

    // The symbols are the code points; a walk begins before each that an entry can begin with.
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
            scratch.walks.append(MatcherTrie.Walk(state: MatcherBuilder.anywhere, position: count))
          }
          if afterSpace, previous == 32, flag.contains(.beginsAfterSpace) {
            scratch.walks.append(MatcherTrie.Walk(state: MatcherBuilder.afterSpace, position: count))
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

    trie.lead(&scratch.walks, along: scratch.symbols, count: count, into: &scratch.found)
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
  /// Sorts the numbers and drops duplicates.
  fileprivate mutating func sortDistinct() {
    guard count > 1 else { return }
    if count > 24 {
      sort()
    } else {
      // Insertion sort: most texts have few entries.
      for index in 1..<count {
        let value = self[index]
        var position = index
        while position > 0, self[position - 1] > value {
          self[position] = self[position - 1]
          position -= 1
        }
        self[position] = value
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
