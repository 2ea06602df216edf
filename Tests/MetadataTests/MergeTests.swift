import ArtifactTypes
import Metadata
import TestSupport
import Testing

@Suite struct MergeTests {
  private let digits = (0..<100).map(String.init)

  /// Candidates by descending score, as a stage reads them.
  private func ranked(_ candidates: [(String, Double)], limit: Int) -> [Ranking.Candidate] {
    var ranking = Ranking(limit: limit)
    for (number, (text, score)) in candidates.enumerated() { ranking.add(text, score: score, first: UInt64(number)) }
    return ranking.best()
  }

  private func ranked(_ pairs: [(String, Double)], _ rule: BigramRule, limit: Int) throws -> [Ranking.Candidate] {
    var ranking = BigramRanking(rule: rule, limit: limit, repeatsIn: try temporaryFolder())
    for (number, (text, pmi)) in pairs.enumerated() { try ranking.add(text, pmi: pmi, first: UInt64(number)) }
    return try ranking.best()
  }

  /// The sources of the values that running the reference functions gave.
  private func merged(_ rule: BigramRule) throws -> [String] {
    var merge = MetadataMerge(language: "fr")
    merge.add(lexicon: ["+chat", "chat", " chien ", "!!", "7"])
    var unigrams = (0..<25).map { ("w\($0)", Double(100 - $0)) }
    unigrams += [("x!", 100), ("…", 500), ("5", 400), (" w1 ", 90)]
    let cap = MetadataMerge.unigramCap(of: unigrams.count)
    #expect(cap == 2)
    merge.add(ranked(unigrams, limit: unigrams.count), .unigram, limit: cap)
    let pairs = [("a b", 31.0), ("c d", 30), ("e f", 35), ("a b", 32.5)]
    let limit = MetadataMerge.bigramCap(rule, unigramsTaken: cap)
    merge.add(try ranked(pairs, rule, limit: limit), .bigram, limit: limit)
    let titles = [
      ("Main Page", 10.0), ("chat", 9), ("T1", 8), ("T2", 8), (String(repeating: "Z", count: 257), 99), ("--", 50),
    ]
    merge.add(ranked(titles, limit: titles.count), .title, limit: MetadataMerge.titleCap(of: titles.count))
    #expect(merge.entries.prefix(100).map(\.text) == digits)
    return merge.entries.dropFirst(100).map { "\($0.text) \($0.source.rawValue)" }
  }

  @Test func `A merge takes what the reference takes, in its order`() throws {
    #expect(
      try merged(.pmiAbove30)
        == ["chat w", "chien w", "… u", "w0 u", "e f b", "a b b", "Main Page t", "T1 t", "T2 t"])
  }

  @Test func `With two words taken the documented rule has room for none, and takes one`() throws {
    #expect(
      try merged(.shareOfUnigrams) == ["chat w", "chien w", "… u", "w0 u", "e f b", "Main Page t", "T1 t", "T2 t"])
  }

  @Test func `A limit of 0 lets one entry in, since it is looked at after each`() {
    var merge = MetadataMerge(language: "de")
    merge.add(ranked([("Hund", 3), ("Katze", 2)], limit: 0), .unigram, limit: MetadataMerge.unigramCap(of: 2))
    #expect(merge.entries.dropFirst(100) == [Concept("Hund", source: .unigram, score: 3)])
  }

  @Test(arguments: [
    (MetadataMerge.unigramCap(of: 29), 2), (MetadataMerge.unigramCap(of: 2_514_649), 251_464),
    (MetadataMerge.unigramCap(of: 9_000_000), 251_465), (MetadataMerge.titleCap(of: 6), 4),
    (MetadataMerge.titleCap(of: 9_000_000), 61_235), (MetadataMerge.bigramCap(.shareOfUnigrams, unigramsTaken: 9), 3),
    (MetadataMerge.bigramCap(.shareOfUnigrams, unigramsTaken: 251_465), 100_586),
    (MetadataMerge.bigramCap(.shareOfUnigrams, unigramsTaken: 251_615), 100_646),
    (MetadataMerge.bigramCap(.shareOfUnigrams, unigramsTaken: 400_000), 100_646),
    (MetadataMerge.bigramCap(.pmiAbove30, unigramsTaken: 0), 100_646),
  ])
  func `Each source has the reference's cap`(cap: Int, expected: Int) { #expect(cap == expected) }

  @Test func `256 code points are not too long, 257 are, and a lexicon's entries may have any length`() {
    var merge = MetadataMerge(language: "th")
    let long = String(repeating: "แ", count: 256)
    #expect(merge.admitted(long) == long)
    #expect(merge.admitted(" \(long)\u{3000}") == long)
    #expect(merge.admitted(long + "แ") == nil)
    merge.add(lexicon: [long + "แ"])
    #expect(merge.entries.last?.text == long + "แ")
  }

  @Test func `Equal scores stay in the order of first sight, however small the limit`() throws {
    var random = SystemRandomNumberGenerator()
    for limit in [1, 3, 40, 1000] {
      let candidates = (0..<300).map { number in
        (
          text: "t\(Int.random(in: 0..<80, using: &random))", score: Double(Int.random(in: 0..<5, using: &random)),
          first: UInt64(number)
        )
      }
      var ranking = Ranking(limit: limit)
      for candidate in candidates.shuffled() {
        ranking.add(candidate.text, score: candidate.score, first: candidate.first)
      }
      var seen: Set<String> = []
      let expected = candidates.sorted { ($1.score, $0.first) < ($0.score, $1.first) }.filter {
        seen.insert($0.text).inserted
      }
      #expect(ranking.best().map(\.first) == expected.prefix(limit).map { $0.first })
    }
  }

  @Test func `Of a text that several pairs give, the last score counts at the first one's place`() throws {
    let best = try ranked([("abc", 9), ("x", 5), ("abc", 5), ("y", 7), ("abc", 5)], .shareOfUnigrams, limit: 3)
    #expect(best.map(\.text) == ["y", "abc", "x"])
    #expect(try ranked([("abc", 31), ("d", 31), ("abc", 30)], .pmiAbove30, limit: 3).map(\.text) == ["d"])
  }

  @Test func `The first source of an entry wins, and composed letters are not decomposed ones`() {
    var merge = MetadataMerge(language: "fr")
    merge.add(lexicon: ["caf\u{E9}", "cafe\u{301}", "99"])
    #expect(merge.entries.count == 102)
    #expect(merge.entries[99].source == .digits)
    let added = merge.add("caf\u{E9}", .title, score: 3)
    #expect(!added)
  }

  @Test func `A plus sign goes only in Chinese, Japanese and French lexicons`() {
    for (language, expected) in [("de", "C+"), ("zh_min_nan", "C+"), ("zh_Hant", "C"), ("ja", "C"), ("fr_CA", "C")] {
      var merge = MetadataMerge(language: language)
      merge.add(lexicon: ["C+"])
      #expect(merge.entries.last?.text == expected)
    }
  }
}
