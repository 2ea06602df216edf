package import ArtifactTypes
internal import Glibc

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
  private let wordStarts: UnsafeBufferPointer<UInt32>
  private let wordBytes: UnsafePointer<UInt8>
  private let words, wordEdges, pointEdges: UnsafePointer<MatcherSlot>
  private let wordMask, wordEdgeMask, pointEdgeMask: Int
  private let beginnings: UnsafePointer<UInt8>
  private let hasWords, hasPoints: Bool

  /// Compiles entries in memory.
  /// - Parameter entries: doubles are dropped, the order does not matter.
  /// - Throws: ``CurationError`` when there are too many.
  public convenience init(entries: some Sequence<String>) throws {
    var builder = MatcherBuilder()
    for entry in entries { builder.add(entry) }
    try self.init(compiled: MappedBytes(builder.compile().bytes), name: "entries in memory")
  }

  /// Opens a compiled index.
  /// - Throws: ``CurationError`` when it is damaged.
  package init(compiled memory: MappedBytes, name: String) throws {
    let layout = try MatcherLayout(memory.bytes, name: name)
    func fault(_ cause: String) -> CurationError {
      CurationError(operation: "open a concept index", subject: name, cause: cause + "; run the stage that made it again")
    }
    func part<Element>(_ part: MatcherLayout.Part, _: Element.Type) -> UnsafeBufferPointer<Element> {
      UnsafeRawBufferPointer(rebasing: memory.bytes[layout[part]]).bindMemory(to: Element.self)
    }
    func bytes(_ starts: MatcherLayout.Part, _ bytes: MatcherLayout.Part) throws -> (
      UnsafeBufferPointer<UInt32>, UnsafePointer<UInt8>
    ) {
      let starts = part(starts, UInt32.self)
      let found = part(bytes, UInt8.self)
      guard let last = starts.last, last == found.count, starts[0] == 0,
        (1..<starts.count).allSatisfy({ starts[$0 - 1] <= starts[$0] }), let base = memory.bytes.baseAddress
      else { throw fault("its part \(bytes) is damaged") }
      return (starts, found.baseAddress ?? base.assumingMemoryBound(to: UInt8.self))
    }
    func table(_ name: MatcherLayout.Part, entries: Int, words: Int = .max) throws -> (UnsafePointer<MatcherSlot>, Int, Bool) {
      let slots = part(name, MatcherSlot.self)
      var used = 0
      for slot in slots {
        guard Int(slot.info.entry) <= entries, Int(slot.target) <= words, slot.target != 0 || slot.info.bits == 0 else {
          throw fault("its part \(name) is damaged")
        }
        if slot.target != 0 { used += 1 }
      }
      guard let base = slots.baseAddress, slots.count.nonzeroBitCount == 1, used < slots.count else {
        throw fault("its part \(name) is damaged")
      }
      return (base, slots.count - 1, used > 0)
    }
    (entryStarts, entryBytes) = try bytes(.entryStarts, .entryBytes)
    (wordStarts, wordBytes) = try bytes(.wordStarts, .wordBytes)
    (words, wordMask, hasWords) = try table(.words, entries: entryStarts.count - 1, words: wordStarts.count - 1)
    (wordEdges, wordEdgeMask, _) = try table(.wordEdges, entries: entryStarts.count - 1)
    (pointEdges, pointEdgeMask, hasPoints) = try table(.pointEdges, entries: entryStarts.count - 1)
    let marks = part(.beginnings, UInt8.self)
    guard let base = marks.baseAddress, marks.count == 512 else { throw fault("its part beginnings is damaged") }
    beginnings = base
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
    fileprivate var row: [(word: UInt32, info: MatcherInfo)] = []

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
    scratch.spaced.set(text)
    if hasWords { matchWords(&scratch) }
    if hasPoints { matchPoints(&scratch) }
    scratch.found.sortDistinct()
  }

  /// Rows of words.
  private func matchWords(_ scratch: inout Scratch) {
    scratch.row.removeAll(keepingCapacity: true)
    var hasRows = false
    let spaced = scratch.spaced
    spaced.withBytes { start, count in
      var begin = 1
      var index = 1
      while index < count {
        while start[index] != 32 { index += 1 }
        let (word, info) = look(start + begin, index - begin)
        scratch.row.append((word, info))
        if info.entry != 0 { scratch.found.append(info.entry - 1) }
        if info.hasChildren { hasRows = true }
        index += 1
        begin = index
      }
    }
    guard hasRows else { return }
    for begin in scratch.row.indices where scratch.row[begin].info.hasChildren {
      var state = scratch.row[begin].word
      var index = begin + 1
      while index < scratch.row.count, scratch.row[index].word != 0 {
        let (target, info) = step(wordEdges, wordEdgeMask, state, scratch.row[index].word)
        if target == 0 { break }
        if info.entry != 0 { scratch.found.append(info.entry - 1) }
        guard info.hasChildren else { break }
        state = target
        index += 1
      }
    }
  }

  /// A word's number + 1, 0 when no entry has it.
  @inline(__always)
  private func look(_ start: UnsafePointer<UInt8>, _ count: Int) -> (word: UInt32, info: MatcherInfo) {
    let (key, tag) = MatcherHash.wordKey(start, count)
    var slot = MatcherHash.slot(key, tag) & wordMask
    while true {
      let found = words[slot]
      if found.target == 0 { return (0, found.info) }
      if found.key == key, found.info.tag == tag, tag <= 8 || isWord(Int(found.target) - 1, start, count) {
        return (found.target, found.info)
      }
      slot = (slot + 1) & wordMask
    }
  }

  private func isWord(_ number: Int, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    let from = Int(wordStarts[number])
    return Int(wordStarts[number + 1]) - from == count && memcmp(wordBytes + from, start, count) == 0
  }

  @inline(__always)
  private func step(
    _ slots: UnsafePointer<MatcherSlot>, _ mask: Int, _ state: UInt32, _ symbol: UInt32
  ) -> (target: UInt32, info: MatcherInfo) {
    let key = MatcherHash.edgeKey(state, symbol)
    var slot = MatcherHash.slot(key) & mask
    while true {
      let found = slots[slot]
      if found.target == 0 || found.key == key { return (found.target, found.info) }
      slot = (slot + 1) & mask
    }
  }

  /// Entries with an end that needs no space.
  private func matchPoints(_ scratch: inout Scratch) {
    let spaced = scratch.spaced
    spaced.withBytes { start, count in
      for begin in 1..<count {
        let byte = Int(start[begin])
        if beginnings[256 + byte] != 0 { walk(start, count, from: begin, MatcherBuilder.anywhere, &scratch.found) }
        if start[begin - 1] == 32, beginnings[byte] != 0 {
          walk(start, count, from: begin, MatcherBuilder.afterSpace, &scratch.found)
        }
      }
    }
  }

  private func walk(
    _ start: UnsafePointer<UInt8>, _ count: Int, from begin: Int, _ root: UInt32, _ found: inout [UInt32]
  ) {
    var state = root
    var index = begin
    while index < count {
      let (scalar, length) = Self.scalar(start + index)
      let (target, info) = step(pointEdges, pointEdgeMask, state, scalar)
      if target == 0 { return }
      index += length
      if info.entry != 0, !info.needsSpace || index < count && start[index] == 32 { found.append(info.entry - 1) }
      guard info.hasChildren else { return }
      state = target
    }
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
