import ArtifactTypes
import Core
import Counting
import Curation
import FileFormats
import TestSupport
import Testing

@Suite struct MatchingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let entries: [String]
    let found: [String]
    var testDescription: String { "“\(text)”" }
  }

  /// Values that running the reference functions gave.
  @Test(arguments: [
    Case(text: "dog cat", entries: ["dog", "cat", "bird"], found: ["cat", "dog"]),
    Case(text: "new york", entries: ["new york", "york", "new york city"], found: ["new york", "york"]),
    Case(text: "New York dog.", entries: ["new york", "york", "dog"], found: ["dog"]),
    Case(text: "dog's", entries: ["dog", "'s", "s"], found: ["'s"]),
    Case(text: "Yahoo!", entries: ["Yahoo!"], found: []),
    Case(text: "a .com site", entries: [".com"], found: []),
    Case(text: "3.5", entries: ["3.5"], found: []),
    Case(text: "黒柴犬と", entries: ["柴犬", "犬", "柴"], found: ["柴", "柴犬", "犬"].sorted { $0.precedes($1) }),
    Case(text: "黒いぬ", entries: ["いぬ"], found: []),
    Case(text: "黒 いぬ", entries: ["いぬ"], found: ["いぬ"]),
    Case(text: "ถ่ายกล้องx", entries: ["กล้อง"], found: ["กล้อง"]),
    Case(text: "(dog)", entries: ["dog"], found: []),
    Case(text: "\"dog\"", entries: ["dog"], found: []),
    Case(text: "dog-cat", entries: ["dog", "cat"], found: []),
    Case(text: "dog，cat", entries: ["dog", "cat"], found: []),
    Case(text: "dog\u{3000}cat", entries: ["dog", "cat"], found: []),
    Case(text: "caf\u{E9}", entries: ["cafe\u{301}"], found: []),
    Case(text: "cafe\u{301}", entries: ["caf\u{E9}"], found: []),
    Case(text: "dog dog dog", entries: ["dog"], found: ["dog"]),
    Case(text: "", entries: ["dog", ""], found: []),
    Case(text: "a\tb\nc", entries: ["a b c", "b"], found: ["a b c", "b"]),
    Case(text: "a  b", entries: ["a b", "a  b"], found: ["a  b"]),
    Case(text: "¿que", entries: ["¿que", "que"], found: ["¿que"]),
    Case(text: "C++ and C++x", entries: ["C++", "C"], found: ["C++"]),
    Case(
      text: "a quadrilateral quadrilaterals", entries: ["quadrilateral", "quadrilaterals", "quadrilatera"],
      found: ["quadrilateral", "quadrilaterals"]),
    Case(text: "x\u{0}y \u{0}", entries: ["\u{0}", "x", "x\u{0}y"], found: ["\u{0}", "x\u{0}y"]),
    Case(
      text: "the cat sat on the mat", entries: ["the cat sat", "sat on", "the mat", "cat sat on the mat x"],
      found: ["sat on", "the cat sat", "the mat"]),
  ])
  func `A text matches exactly the reference's entries`(_ example: Case) throws {
    #expect(try ConceptMatcher(entries: example.entries).matches(in: example.text) == example.found)
  }

  /// The definition itself: each entry, with its spaces, is looked for everywhere in the spaced text.
  private func naive(_ entries: [String], _ text: String) -> [String] {
    func edge(_ scalar: Unicode.Scalar?) -> Bool { scalar.map { $0.isCJKLike && $0.value != 0xBF } ?? false }
    var spaced = " \(text) ".unicodeScalars.map(\.value)
    for mark in ",.;:?!`".unicodeScalars {
      spaced = spaced.flatMap { $0 == mark.value ? [32, $0, 32] : [$0] }
    }
    spaced = spaced.map { [9, 10, 13].contains($0) ? 32 : $0 }
    return entries.filter { entry in
      guard !entry.isEmpty else { return false }
      let pattern =
        (edge(entry.unicodeScalars.first) ? [] : [32]) + entry.unicodeScalars.map(\.value)
        + (edge(entry.unicodeScalars.last) ? [] : [32])
      guard pattern.count <= spaced.count else { return false }
      return (0...(spaced.count - pattern.count)).contains { Array(spaced[$0..<($0 + pattern.count)]) == pattern }
    }.sorted { $0.precedes($1) }
  }

  @Test(arguments: 0..<40)
  func `Random texts of many scripts match what the definition says`(_ seed: UInt64) throws {
    var random = SplitMix64(seed)
    let alphabet = Array("aab  .,'!-é犬柴の กล้¿，\u{301}\u{A0}\t\n”x\u{1F600}က".unicodeScalars)
    func text(_ longest: Int) -> String {
      String(
        String.UnicodeScalarView(
          (0..<Int.random(in: 0...longest, using: &random)).map { _ in
            alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
          }))
    }
    var seen = TextTable()
    let entries = (0..<200).map { _ in text(4) }.filter { seen.insert($0).isNew }
    let matcher = try ConceptMatcher(entries: entries)
    for _ in 0..<60 {
      let sample = text(40)
      let found = matcher.matches(in: sample).map { Array($0.utf8) }
      #expect(found == naive(entries, sample).map { Array($0.utf8) }, "“\(sample.debugDescription)”")
    }
  }

  /// Words of up to twelve bytes from few letters, so that table slots collide, long words share their ends, and rows
  /// share beginnings.
  @Test(arguments: 0..<10)
  func `Random rows of words match what the definition says`(_ seed: UInt64) throws {
    var random = SplitMix64(seed &+ 100)
    func word() -> String {
      String((0..<Int.random(in: 1...12, using: &random)).map { _ in "ab\u{E9}".randomElement(using: &random) ?? "a" })
    }
    let words = (0..<60).map { _ in word() }
    func text(_ longest: Int) -> String {
      (0..<Int.random(in: 1...longest, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined(
        separator: " ")
    }
    var seen = TextTable()
    let entries = (0..<300).map { _ in text(4) }.filter { seen.insert($0).isNew }
    let matcher = try ConceptMatcher(entries: entries + entries.reversed())
    #expect(matcher.count == entries.count)
    for _ in 0..<60 {
      let sample = text(30)
      #expect(matcher.matches(in: sample).map { Array($0.utf8) } == naive(entries, sample).map { Array($0.utf8) })
    }
  }

  @Test func `A line of a megabyte is matched in linear time and exactly`() throws {
    let matcher = try ConceptMatcher(entries: ["a", "a a", "a b", "b a a", "犬", "犬犬犬", "犬 a"])
    let line = String(repeating: "a a 犬犬", count: 1 << 17)
    #expect(matcher.matches(in: line) == ["a", "a a", "犬"])
    #expect(matcher.matches(in: line + "犬 a b") == ["a", "a a", "a b", "犬", "犬 a", "犬犬犬"].sorted { $0.precedes($1) })
  }

  @Test func `No entries match nothing`() throws {
    #expect(try ConceptMatcher(entries: [String]()).matches(in: "a dog").isEmpty)
    #expect(try ConceptMatcher(entries: [""]).count == 0)
  }
}

/// A compiled index in a file.
@Suite struct CompiledIndexTests {
  private func compiled() throws -> [UInt8] {
    var builder = MatcherBuilder()
    for entry in ["dog", "hot dog", "a very long word-like entry", "犬", "C++", "dachshund-like"] { builder.add(entry) }
    return try builder.compile().bytes
  }

  @Test func `An index reads back what was compiled, whatever the order of the entries`() throws {
    let entries = ["dog", "hot dog", "犬", "C++", "caf\u{E9}", "cafe\u{301}"]
    var (straight, reversed) = (MatcherBuilder(), MatcherBuilder())
    for entry in entries { straight.add(entry) }
    for entry in entries.reversed() { reversed.add(entry) }
    let bytes = try straight.compile().bytes
    #expect(try reversed.compile().bytes == bytes)
    let matcher = try ConceptMatcher(compiled: MappedBytes(bytes), name: "x")
    #expect(
      (0..<matcher.count).map { Array(matcher[$0].utf8) }
        == entries.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(matcher.matches(in: "a hot dog, 黒犬") == ["dog", "hot dog", "犬"])
  }

  @Test func `Bytes that are no index are an error`() throws {
    for bytes in [[], Array("colophon-index-1".utf8), [UInt8](repeating: 7, count: 4096)] {
      #expect(throws: OperationError.self) { try ConceptMatcher(compiled: MappedBytes(bytes), name: "x") }
    }
  }

  /// The store checks digests; this is for what gets past it.
  @Test func `A damaged index is an error or still answers, and never reads outside itself`() throws {
    let whole = try compiled()
    var random = SplitMix64(9)
    var opened = 0
    for _ in 0..<2_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
      guard let matcher = try? ConceptMatcher(compiled: MappedBytes(bytes), name: "x") else { continue }
      opened += 1
      for found in matcher.matches(in: "a hot dog, a very long word-like entry, 黒犬 C++ dachshund-like") {
        #expect(found.utf8.count < 100)
      }
    }
    #expect(opened > 0 && opened < 2_000)
  }
}
