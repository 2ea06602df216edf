import ArtifactTypes
import Core
import Curation
import Foundation
import TestSupport
import Testing

@Suite struct SamplingTests {
  private let folder = temporaryPath("sampling")

  private func context(_ name: String, threads: Int = 2) throws -> StageContext {
    try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    return StageContext(scratch: "\(folder)/\(name)", threads: threads)
  }

  /// 3,000 pairs: “dog” on all, “axolotl” on one in a hundred, and a text that matches nothing.
  private func pool(_ order: [Int]? = nil, name: String = "pool") throws -> Pairs {
    let writer = try PairsWriter(path: context(name).file("pairs.jsonl"))
    for number in order ?? Array(0..<3000) {
      let rare = number.isMultiple(of: 100) ? " axolotl" : ""
      try writer.write(
        Pair(
          id: "p\(number)", image: "i\(number)",
          texts: [
            PairText("a dog\(rare)", field: "alt", language: "en"),
            PairText("nothing here", field: "alt", language: "en"),
            PairText("狗", field: "title", language: "zh_Hant"), PairText("狗", field: "title", language: "tlh"),
          ]))
    }
    return try writer.finish()
  }

  private func metadata() throws -> ConceptMetadata {
    let writer = ConceptMetadataWriter(folder: try context("metadata").scratch)
    try writer.write(["dog", "axolotl", "cat"].map { Concept($0, source: .lexicon) }, of: "en")
    try writer.write([Concept("狗", source: .lexicon)], of: "zh")
    try writer.write([Concept("犬", source: .lexicon)], of: "zh_Hant")
    return try writer.finish()
  }

  private func index(_ reported: [String]? = nil) async throws -> ConceptIndex {
    try await IndexConcepts(metadata: metadata(), reportedLanguages: reported).run(context("index"))
  }

  private func sample(_ pairs: Pairs, _ mode: SamplingMode = .everyText, seed: Int = 1, threads: Int = 2, t: Int = 30)
    async throws -> [Pair]
  {
    let name = UUID().uuidString
    let counts = try await CountConcepts(pairs: pairs, index: index()).run(context(name + "c", threads: threads))
    let thresholds = try await ComputeThresholds(counts: counts, t: t).run(context(name + "t"))
    return try await SampleBalanced(
      pairs: pairs, index: index(), counts: counts, thresholds: thresholds, mode: mode, seed: seed
    ).run(context(name + "s", threads: threads)).all()
  }

  @Test func `Counts are by language group, and what no metadata covers is other`() async throws {
    let counts = try await CountConcepts(pairs: pool(), index: index()).run(context("counts"))
    #expect(try counts.counts(of: "en") == [.init("axolotl", count: 30), .init("dog", count: 3000)])
    #expect(try counts.counts(of: "zh") == [.init("狗", count: 3000)])
    #expect(try counts.distribution(of: "zh") == [0, 3000])
    #expect(counts.languages.map(\.code) == ["en", "other", "zh"])
    #expect(counts.languages.map(\.texts) == [6000, 3000, 3000])
    #expect(counts.languages.map(\.matchedTexts) == [3000, 0, 3000])
  }

  @Test func `Languages that identification never reports join other`() async throws {
    let counts = try await CountConcepts(pairs: pool(), index: index(["en"])).run(context("r"))
    #expect(counts.languages.map(\.code) == ["en", "other"])
    #expect(try counts.counts(of: "other") == [.init("狗", count: 6000)])
  }

  @Test func `The tables of curation are those of a count by hand`() async throws {
    let pairs = try pool()
    let counts = try await CountConcepts(pairs: pairs, index: index()).run(context("tc"))
    let thresholds = try await ComputeThresholds(counts: counts, t: 300).run(context("tt"))
    let ends = try await HeadAndTail(counts: counts, thresholds: thresholds).run(context("ends"))
    // English: dog 3,000, axolotl 30, cat 0; Chinese with its one entry of two writings: 3,000 and 0.
    let english = try #require(ends.rows.first { $0[0] == .text("en") })
    let t = try #require(thresholds.languages["en"]?.t)
    #expect(english.prefix(6) == [.text("en"), .integer(t), .integer(1), .integer(1), .integer(1), .integer(3030)])
    #expect(english.suffix(2) == [.number(30.0 / 3030), .number(30.0 / Double(30 + t))])
    let top = try await TopConcepts(counts: counts, thresholds: thresholds, language: "en", limit: 2).run(
      context("top"))
    #expect(
      top.rows == [
        [.integer(1), .text("dog"), .integer(3000), .number(Double(Float(t) / 3000))],
        [.integer(2), .text("axolotl"), .integer(30), .number(1)],
      ])

    let kept = try await SampleBalanced(
      pairs: pairs, index: index(), counts: counts, thresholds: thresholds, mode: .everyText, seed: 1
    ).run(context("ts"))
    let left = try kept.all().flatMap(\.texts).count { $0.language == "en" }
    let shares = try await LanguageShares(before: pairs, after: kept).run(context("shares"))
    #expect(shares.rows.map { $0[0] } == [.text("en"), .text("tlh"), .text("zh_Hant")])
    #expect(shares.rows[0].prefix(4) == [.text("en"), .integer(6000), .number(0.5), .integer(left)])
    #expect(shares.rows[0][5] == .number(Double(left) / 6000))
    #expect(shares.rows[1][3] == .integer(0) && shares.rows[1][5] == .number(0))
  }

  @Test func `What is rare is all kept and what is frequent is thinned out to about t`() async throws {
    let kept = try await sample(pool())
    let english = kept.flatMap(\.texts).filter { $0.language == "en" }
    #expect(english.count { $0.text.contains("axolotl") } == 30)
    #expect((10...60).contains(english.count { $0.text == "a dog" }))
    #expect(!english.contains { $0.text == "nothing here" })
    #expect(!kept.flatMap(\.texts).contains { $0.language == "tlh" })
  }

  @Test func `The sample does not depend on the order of the pairs or on the number of threads`() async throws {
    var random = SplitMix64(3)
    let straight = try await sample(pool(), threads: 1)
    let shuffled = try await sample(pool(Array(0..<3000).shuffled(using: &random), name: "shuffled"), threads: 4)
    #expect(!straight.isEmpty)
    #expect(straight != shuffled)
    #expect(Set(straight) == Set(shuffled))
  }

  /// The pool in shards of other sizes, on other numbers of threads, in both modes.
  @Test(arguments: [SamplingMode.everyText, .oneTextOfEachPair])
  func `The sample does not depend on shards, and a training loader's first epoch draws the same`(_ mode: SamplingMode)
    async throws
  {
    let pool = try pool()
    let all = try pool.all()
    let sizes = [1, 700, 0, 1299, 1000]
    var start = 0
    let shards = try sizes.enumerated().map { number, size in
      let name = Pairs.shardName(number)
      let writer = try PairsWriter(path: context("shards").file(name), name: name)
      for pair in all[start..<start + size] { try writer.write(pair) }
      start += size
      return try writer.finishShard()
    }
    let sharded = Pairs(shards: shards)
    #expect(try sharded.all() == all && sharded.count() == 3000)
    let whole = try await sample(pool, mode, threads: 1)
    #expect(try await sample(sharded, mode, threads: 3) == whole)

    let index = try await index()
    let counts = try await CountConcepts(pairs: pool, index: index).run(context("kc"))
    let thresholds = try await ComputeThresholds(counts: counts, t: 30).run(context("kt"))
    let stage = ComputeKeepingProbabilities(pairs: sharded, index: index, counts: counts, thresholds: thresholds)
    let probabilities = try await stage.run(context("k3", threads: 3))
    #expect(try await stage.run(context("k1", threads: 1)).content == probabilities.content)
    let open = try probabilities.open()
    #expect(open.count == 12_000)
    func epoch(_ round: Int) -> [Pair] {
      let sampling = TextSampling(mode: mode, seed: 1, round: round)
      var number = 0
      return all.compactMap { pair in
        defer { number += pair.texts.count }
        var pair = pair
        let candidates = sampling.candidates(pair.id, count: pair.texts.count)
        pair.texts = pair.texts.indices.filter {
          candidates.contains($0) && sampling.keeps(pair.id, $0, probability: open[number + $0])
        }.map { pair.texts[$0] }
        return pair.texts.isEmpty ? nil : pair
      }
    }
    #expect(epoch(0) == whole)
    #expect(epoch(1) != whole && epoch(1).count > whole.count / 2)
    let expected = try probabilities.expectation()
    #expect(expected.texts == 12_000 && abs(expected.kept - (30 + 29.7 + 1)) < 0.01)
  }

  @Test func `Merged metadata matches every text with all entries under one threshold`() async throws {
    let merged = try await IndexConcepts(metadata: metadata(), grouping: .merged).run(context("merged"))
    #expect(merged.groups.map(\.code) == ["all"] && merged.groups.map(\.entries) == [5])
    let counts = try await CountConcepts(pairs: pool(), index: merged).run(context("mc"))
    #expect(
      try counts.counts(of: "all") == [.init("axolotl", count: 30), .init("dog", count: 3000), .init("狗", count: 6000)])
    let english = try await IndexConcepts(metadata: metadata(), languages: ["en"]).run(context("english"))
    let own = try await CountConcepts(pairs: pool(), index: english).run(context("ec"))
    #expect(own.languages.map(\.code) == ["en", "other"] && own.languages.map(\.matchedTexts) == [3000, 0])
    await #expect(throws: OperationError.self) {
      _ = try await IndexConcepts(metadata: metadata(), languages: ["xx"]).run(context("missing"))
    }
  }

  @Test func `One threshold for all languages is the anchor's`() async throws {
    let counts = try await CountConcepts(pairs: pool(), index: index()).run(context("st"))
    let thresholds = try await ComputeThresholds(counts: counts, t: 40, rule: .sameThreshold).run(context("st2"))
    #expect(thresholds.languages.mapValues(\.t) == ["en": 40, "zh": 40, "other": 40])
  }

  @Test func `Counts of another index are an error`() async throws {
    let counts = try ConceptCounts.write(
      [(.init(code: "en", entries: 4, texts: 9, matchedTexts: 9), [.init("unicorn", count: 9)])],
      folder: context("other").scratch
    )
    let thresholds = try await ComputeThresholds(counts: counts, t: 1).run(context("ot"))
    let error = await #expect(throws: OperationError.self) {
      _ = try await SampleBalanced(pairs: pool(), index: index(), counts: counts, thresholds: thresholds).run(
        context("os"))
    }
    #expect(error?.subject.contains("unicorn") == true)
  }

  @Test func `Another seed draws other texts`() async throws {
    let first = try await sample(pool(), seed: 1)
    let second = try await sample(pool(), seed: 2)
    #expect(Set(first.map(\.id)) != Set(second.map(\.id)))
  }

  /// Of four texts only the first is likely to be kept, so that a quarter of the pairs stays.
  @Test func `One text of each pair is picked before the draw`() async throws {
    let kept = try await sample(pool(), .oneTextOfEachPair, t: 3000)
    #expect(kept.allSatisfy { $0.texts.count == 1 })
    #expect((600...900).contains(kept.count))
  }

  @Test func `A language is not lost where the reference's threshold is 0, unless parity is asked for`() async throws {
    let counts = try ConceptCounts.write(
      [
        (.init(code: "en", entries: 2, texts: 100, matchedTexts: 100), [.init("a", count: 6), .init("b", count: 94)]),
        (.init(code: "km", entries: 3, texts: 50, matchedTexts: 50), [.init("x", count: 50)]),
      ], folder: context("guard").scratch)
    let guarded = try await ComputeThresholds(counts: counts).run(context("g1"))
    #expect(guarded.languages["km"]?.t == 1)
    let parity = try await ComputeThresholds(counts: counts, parity: true).run(context("g2"))
    #expect(parity.languages["km"]?.t == 0)
    #expect(guarded.p == parity.p && guarded.languages["en"]?.t == 6)
  }

  @Test func `An anchor without matches is an error that names it`() async throws {
    let counts = try ConceptCounts.write(
      [(.init(code: "en", entries: 2, texts: 0, matchedTexts: 0), [])], folder: context("anchor").scratch)
    await #expect(throws: OperationError.self) { _ = try await ComputeThresholds(counts: counts).run(context("a2")) }
  }
}
