import ArtifactTypes
import Core
import Foundation
import Metadata
import TestSupport
import Testing

@Suite struct BuildMetadataTests {
  private func context(_ name: String) throws -> StageContext {
    StageContext(scratch: try temporaryFolder(name), threads: 2)
  }

  @Test func `Languages of all sources are built, lexicons as one sorted set`() async throws {
    let first = try ConceptLists.write(
      ["en": [.init("zebra", count: 1), .init("dog", count: 1)], "sw": [.init("mbwa", count: 2)]],
      folder: context("a").scratch)
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

  @Test func `The stage takes what a merge of everything in memory takes`() async throws {
    var random = SystemRandomNumberGenerator()
    let vocabulary = (0..<60).map { "w\($0)" } + ["a", "ab", "b", "bc", "c", "7"]
    for language in ["en", "bo"] {
      let texts = (0..<80).map { _ in
        (0..<30).map { _ in
          vocabulary[Int.random(in: 0..<66, using: &random) * Int.random(in: 0..<66, using: &random) / 66]
        }
        .joined(separator: ["!", " ", " "].randomElement(using: &random) ?? " ")
      }
      let titles = (0..<40).map { CountedText("w\($0) title \($0 % 7)", count: $0 % 5) }
      let corpus = try Corpus.write(
        [language: texts.enumerated().map { .init(id: "\($0)", text: $1) }], folder: context("corpus").scratch)
      let counts = try await CountNgrams(corpus: corpus).run(context("ngrams"))
      for minimum in [1, 3] {
        let metadata = try await BuildMetadata(
          lexicons: [ConceptLists.write([language: [.init("w3", count: 1)]], folder: context("lexicon").scratch)],
          ngrams: counts,
          titles: ConceptLists.write([language: titles], folder: context("titles").scratch), minimumBigramCount: minimum
        ).run(context("metadata"))
        let expected = try naive(language, texts, lexicon: ["w3"], titles: titles, minimum: minimum)
        #expect(try metadata.entries(of: language).map(\.text) == expected.map(\.text))
        #expect(try metadata.entries(of: language).map(\.source) == expected.map(\.source))
      }
    }
  }

  /// The merge as its specification reads, with dictionaries in memory.
  private func naive(
    _ language: String, _ texts: [String], lexicon: [String], titles: [CountedText], minimum: Int
  ) throws -> [(text: String, source: ConceptSource)] {
    let (words, pairs) = try SlowTokenizer(language: language).ngrams(texts)
    var entries = (0..<100).map { (text: String($0), source: ConceptSource.digits) }
    var seen = Set(entries.map(\.text))
    for word in lexicon where seen.insert(word).inserted { entries.append((word, .lexicon)) }
    func add(_ candidates: [(String, Double)], _ source: ConceptSource, _ limit: Int) -> Int {
      var added = 0
      for (text, _) in candidates.enumerated().sorted(by: { ($1.element.1, $0.offset) < ($0.element.1, $1.offset) })
        .map(
          \.element)
      where seen.insert(text).inserted {
        entries.append((text, source))
        added += 1
        if added >= limit { break }
      }
      return added
    }
    let taken = add(words.map { ($0.text, Double($0.count)) }, .unigram, Int(0.1 * Double(words.count)))
    let alone = Dictionary(uniqueKeysWithValues: words.map { ($0.text, $0.count) })
    let total = words.reduce(0) { $0 + $1.count }
    var order: [String] = []
    var scores: [String: Double] = [:]
    for pair in pairs where pair.count >= minimum {
      let parts = pair.text.split(separator: " ").map { String($0) }
      let text = parts.joined(separator: language == "bo" ? "" : " ")
      if scores[text] == nil { order.append(text) }
      scores[text] = pointwiseMutualInformation(
        together: pair.count, alone: (alone[parts[0]] ?? 0, alone[parts[1]] ?? 0), total: total)
    }
    _ = add(order.map { ($0, scores[$0] ?? 0) }, .bigram, taken * 2 / 5)
    _ = add(titles.map { ($0.text, Double($0.count)) }, .title, Int(0.76 * Double(titles.count)))
    return entries
  }

  @Test func `A language that no source has is an error that names it`() async throws {
    let lists = try ConceptLists.write(["en": [.init("dog", count: 1)]], folder: context("a").scratch)
    await #expect(throws: OperationError.self) {
      _ = try await BuildMetadata(lexicons: [lists], languages: ["xx"]).run(context("b"))
    }
  }

  @Test func `Names and keywords become a lexicon with the number of their pictures`() async throws {
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

@Suite struct ConceptMetadataTests {
  private func metadata() throws -> ConceptMetadata {
    let writer = ConceptMetadataWriter(folder: try temporaryFolder())
    try writer.write([Concept("0", source: .digits), Concept("犬", source: .lexicon)], of: "zh_Hant")
    try writer.write(
      [
        Concept("1", source: .digits), Concept("a", source: .unigram, score: 3),
        Concept("a b", source: .bigram, score: 1.5),
      ],
      of: "en")
    return try writer.finish()
  }

  private func replaced(_ metadata: ConceptMetadata, _ name: String, _ text: String?) throws -> ArtifactContent {
    var files = metadata.content.files.filter { $0.name != name }
    if let text { files += ArtifactContent(bytes: Array(text.utf8), name: name).files }
    return ArtifactContent(files: files)
  }

  @Test func `Totals come from the table, and entries can be read one after the other`() throws {
    let metadata = try metadata()
    #expect(metadata.languages == ["en", "zh_Hant"])
    #expect(metadata.entryCount(of: "en") == 3 && metadata.entryCount(of: "xx") == 0)
    #expect(
      try metadata.summary().columns.map(\.name) == [
        "language", "entries", "digits", "lexicon", "unigrams", "bigrams", "titles",
      ])
    #expect(try metadata.summary().rows[0] == ["en", 3, 1, 0, 1, 1, 0])
    var texts: [String] = []
    try metadata.forEachEntry(of: "en") { texts.append($0.text) }
    #expect(texts == ["1", "a", "a b"])
  }

  @Test func `A summary names scripts, and a long form has a row for each language and source`() throws {
    let metadata = try metadata()
    let scripts = Languages([
      Language(code: "zh", name: "Chinese", script: "Hans"), .init(code: "zh_Hant", name: "TC", script: "Hant"),
    ])
    #expect(try metadata.summary(scripts: scripts)[column: "script"] == [.empty, "Hant"])
    #expect(try metadata.summary(scripts: scripts)[column: "name"] == ["en", "TC"])
    #expect(
      try metadata.sourcesByLanguage(limit: 1).rows.map { Array($0.dropFirst()) }
        == [["digits", 1], ["lexicon", 0], ["unigrams", 1], ["bigrams", 1], ["titles", 0]])
    #expect(try metadata.sourcesByLanguage().rows.count == 10)
  }

  @Test func `A table that is missing, damaged or of other languages is an error on opening`() throws {
    let metadata = try metadata()
    let header = "language,entries,digits,lexicon,unigrams,bigrams,titles\n"
    for text in [
      nil, "", header, header + "en,3,1,0,1,1,0\n", header + "en,3,1,0,1,1,0\nzh_Hant,2,1,1,0,0,0",
      header + "en,4,1,0,1,1,0\nzh_Hant,2,1,1,0,0,0\n", header + "en,3,1,0,1,x,0\nzh_Hant,2,1,1,0,0,0\n",
    ] {
      let content = try replaced(metadata, "languages.csv", text)
      #expect(throws: OperationError.self) { try ConceptMetadata(content: content) }
    }
    #expect(throws: Never.self) { try ConceptMetadata(content: metadata.content) }
  }

  @Test func `A file with other entries than the table says is an error on reading`() throws {
    let damaged = try ConceptMetadata(content: replaced(metadata(), "en.jsonl", "{\"entry\":\"a\",\"source\":\"u\"}\n"))
    let error = #expect(throws: OperationError.self) { try damaged.entries(of: "en") }
    #expect(error?.description.contains("en.jsonl") ?? false)
  }
}
