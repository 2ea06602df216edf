import ArtifactTypes
import Foundation
import Metadata
import Provenance
import Testing

@Suite struct MergeTests {
  private let digits = (0..<100).map(String.init)

  /// Values that running the reference functions gave.
  @Test func `a merge takes what the reference takes, in its order`() {
    var merge = MetadataMerge(language: "fr")
    merge.add(lexicon: ["+chat", "chat", " chien ", "!!", "7"])
    var unigrams = (0..<25).map { CountedText("w\($0)", count: 100 - $0) }
    unigrams += [.init("x!", count: 100), .init("…", count: 500), .init("5", count: 400), .init(" w1 ", count: 90)]
    let taken = merge.add(unigrams: unigrams)
    merge.add(
      bigrams: [("a b", 31), ("c d", 30), ("e f", 35), ("a b", 32.5)], rule: .pmiAbove30, unigramCount: taken)
    merge.add(titles: [
      .init("Main Page", count: 10), .init("chat", count: 9), .init("T1", count: 8), .init("T2", count: 8),
      .init(String(repeating: "Z", count: 257), count: 99), .init("--", count: 50),
    ])
    #expect(merge.entries.prefix(100).map(\.text) == digits)
    #expect(
      merge.entries.dropFirst(100).map { "\($0.text) \($0.source.rawValue)" }
        == ["chat w", "chien w", "… u", "w0 u", "e f b", "a b b", "Main Page t", "T1 t", "T2 t"])
  }

  @Test func `a limit of 0 lets one entry in, since it is looked at after each`() {
    var merge = MetadataMerge(language: "de")
    #expect(merge.add(unigrams: [.init("Hund", count: 3), .init("Katze", count: 2)]) == 1)
    #expect(merge.entries.last == Concept("Hund", source: .unigram, score: 3))
  }

  @Test func `pairs of words are as many as two fifths of the words taken`() {
    var merge = MetadataMerge(language: "de")
    let taken = merge.add(unigrams: (0..<100).map { CountedText("w\($0)", count: 100 - $0) })
    #expect(taken == 10)
    merge.add(bigrams: (0..<20).map { ("p q\($0)", Double($0)) }, rule: .shareOfUnigrams, unigramCount: taken)
    #expect(merge.entries.filter { $0.source == .bigram }.map(\.text) == ["p q19", "p q18", "p q17", "p q16"])
  }

  @Test func `the first source of an entry wins, and composed letters are not decomposed ones`() {
    var merge = MetadataMerge(language: "fr")
    merge.add(lexicon: ["caf\u{E9}", "cafe\u{301}", "99"])
    #expect(merge.entries.count == 102)
    #expect(merge.entries[99].source == .digits)
  }

  @Test func `a plus sign goes only in Chinese, Japanese and French lexicons`() {
    var german = MetadataMerge(language: "de")
    german.add(lexicon: ["C+"])
    #expect(german.entries.last?.text == "C+")
    var chinese = MetadataMerge(language: "zh_Hant")
    chinese.add(lexicon: ["狗+"])
    #expect(chinese.entries.last?.text == "狗")
  }
}

@Suite struct BuildMetadataTests {
  private func context(_ name: String) throws -> StageContext {
    let folder = FileManager.default.temporaryDirectory.appending(path: "colophon-\(name)-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return StageContext(scratch: folder, threads: 2)
  }

  @Test func `languages of all sources are built, lexicons as one sorted set`() async throws {
    let first = try ConceptLists.write(
      ["en": [.init("zebra", count: 1), .init("dog", count: 1)], "sw": [.init("mbwa", count: 2)]], folder: context("a").scratch)
    let second = try ConceptLists.write(
      ["en": [.init("dog", count: 1), .init("ant", count: 1)]], folder: context("b").scratch)
    let corpus = try Corpus.write(
      ["th": [.init(id: "1", text: "แมวกินปลา แมวกินปลา")]], folder: context("c").scratch)
    let ngrams = try await CountNgrams(corpus: corpus).run(context("d"))
    let metadata = try await BuildMetadata(lexicons: [first, second], ngrams: ngrams).run(context("e"))
    #expect(metadata.languages == ["en", "sw", "th"])
    #expect(try metadata.entries(of: "en").dropFirst(100).map(\.text) == ["ant", "dog", "zebra"])
    let thai = try metadata.entries(of: "th").dropFirst(100)
    #expect(thai.contains { $0.source == .unigram })
    #expect(thai.filter { $0.source == .bigram }.allSatisfy { !$0.text.contains(" ") })
    #expect(thai.contains { $0.source == .bigram })
  }

  @Test func `a language that no source has is an error that names it`() async throws {
    let lists = try ConceptLists.write(["en": [.init("dog", count: 1)]], folder: context("a").scratch)
    await #expect(throws: MetadataError.self) {
      _ = try await BuildMetadata(lexicons: [lists], languages: ["xx"]).run(context("b"))
    }
  }

  @Test func `names and keywords become a lexicon with the number of their pictures`() async throws {
    let setting = try context("names")
    let writer = try PairsWriter(path: setting.file("in.jsonl"))
    for id in ["1", "2"] {
      try writer.write(
        Pair(
          id: id, image: id,
          texts: [
            PairText("dog \(id)", field: "name", language: "en"), PairText("pet", field: "keyword", language: "en"),
            PairText("a caption", field: "caption", language: "en"), PairText("unknown", field: "name"),
          ]))
    }
    let lists = try await CollectNames(pairs: writer.finish()).run(setting)
    #expect(lists.languages == ["en"])
    #expect(try lists.texts(of: "en") == [.init("dog 1", count: 1), .init("dog 2", count: 1), .init("pet", count: 2)])
  }
}
