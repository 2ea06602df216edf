import ArtifactTypes
import Curation
import Foundation
import Provenance
import Testing

@Suite struct SamplingTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "colophon-sampling-\(UUID().uuidString)").path

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
            PairText("a dog\(rare)", field: "alt", language: "en"), PairText("nothing here", field: "alt", language: "en"),
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

  private func sample(_ pairs: Pairs, _ mode: SampleBalanced.Mode = .everyText, seed: Int = 1, threads: Int = 2, t: Int = 30)
    async throws -> [Pair]
  {
    let name = UUID().uuidString
    let counts = try await CountConcepts(pairs: pairs, metadata: metadata()).run(context(name + "c", threads: threads))
    let thresholds = try await ComputeThresholds(counts: counts, t: t).run(context(name + "t"))
    return try await SampleBalanced(
      pairs: pairs, metadata: metadata(), counts: counts, thresholds: thresholds, mode: mode, seed: seed
    ).run(context(name + "s", threads: threads)).all()
  }

  @Test func `counts are by language group, and what no metadata covers is other`() async throws {
    let counts = try await CountConcepts(pairs: pool(), metadata: metadata()).run(context("counts"))
    #expect(try counts.counts(of: "en") == [.init("axolotl", count: 30), .init("dog", count: 3000)])
    #expect(try counts.counts(of: "zh") == [.init("狗", count: 3000)])
    #expect(try counts.distribution(of: "zh") == [0, 3000])
    #expect(counts.languages.map(\.code) == ["en", "other", "zh"])
    #expect(counts.languages.map(\.texts) == [6000, 3000, 3000])
    #expect(counts.languages.map(\.matchedTexts) == [3000, 0, 3000])
  }

  @Test func `languages that identification never reports join other`() async throws {
    let counts = try await CountConcepts(pairs: pool(), metadata: metadata(), reportedLanguages: ["en"]).run(context("r"))
    #expect(counts.languages.map(\.code) == ["en", "other"])
    #expect(try counts.counts(of: "other") == [.init("狗", count: 6000)])
  }

  @Test func `what is rare is all kept and what is frequent is thinned out to about t`() async throws {
    let kept = try await sample(pool())
    let english = kept.flatMap(\.texts).filter { $0.language == "en" }
    #expect(english.count { $0.text.contains("axolotl") } == 30)
    #expect((10...60).contains(english.count { $0.text == "a dog" }))
    #expect(!english.contains { $0.text == "nothing here" })
    #expect(!kept.flatMap(\.texts).contains { $0.language == "tlh" })
  }

  @Test func `the sample does not depend on the order of the pairs or on the number of threads`() async throws {
    var random = SplitMix(state: 3)
    let straight = try await sample(pool(), threads: 1)
    let shuffled = try await sample(pool(Array(0..<3000).shuffled(using: &random), name: "shuffled"), threads: 4)
    #expect(!straight.isEmpty)
    #expect(straight != shuffled)
    #expect(Set(straight) == Set(shuffled))
  }

  @Test func `another seed draws other texts`() async throws {
    let first = try await sample(pool(), seed: 1)
    let second = try await sample(pool(), seed: 2)
    #expect(Set(first.map(\.id)) != Set(second.map(\.id)))
  }

  /// Of four texts only the first is likely to be kept, so that a quarter of the pairs stays.
  @Test func `one text of each pair is picked before the draw`() async throws {
    let kept = try await sample(pool(), .oneTextOfEachPair, t: 3000)
    #expect(kept.allSatisfy { $0.texts.count == 1 })
    #expect((600...900).contains(kept.count))
  }

  @Test func `a language is not lost where the reference's threshold is 0, unless parity is asked for`() async throws {
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

  @Test func `an anchor without matches is an error that names it`() async throws {
    let counts = try ConceptCounts.write(
      [(.init(code: "en", entries: 2, texts: 0, matchedTexts: 0), [])], folder: context("anchor").scratch)
    await #expect(throws: CurationError.self) { _ = try await ComputeThresholds(counts: counts).run(context("a2")) }
  }
}

@Suite struct IdentificationTests {
  private static let model = InputFile(
    ProcessInfo.processInfo.environment["COLOPHON_LANGUAGE_MODEL"] ?? ".colophon/data/lid.176.ftz")

  private func identify(_ texts: [PairText], _ change: (inout IdentifyLanguages) -> Void = { _ in }) async throws -> [PairText] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "colophon-lid-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let writer = try PairsWriter(path: folder + "/in.jsonl")
    try writer.write(Pair(id: "1", image: "1", texts: texts))
    var stage = IdentifyLanguages(pairs: try writer.finish())
    stage.model = Self.model
    change(&stage)
    return try await stage.run(StageContext(scratch: folder, threads: 2)).all()[0].texts
  }

  /// Values that running the reference functions gave.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: model.path)),
    arguments: [("a photo of a dog", "en", 0.5447), ("犬の写真", "ja", 0.9866), ("foto", "it", 0.1962), ("犬の\n写真", "ja", 0.9)])
  func `the model names the language as the reference does`(_ text: String, _ language: String, _ confidence: Double) async throws
  {
    let found = try await identify([PairText(text, field: "alt")])[0]
    #expect(found.language == language)
    if text.contains("\n") {
      #expect((found.confidence ?? 0) > 0.5)
    } else {
      #expect(abs((found.confidence ?? 0) - confidence) < 5e-5)
    }
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: model.path)))
  func `a language that the source named stays unless it is to be overridden`() async throws {
    let texts = [PairText("a photo of a dog", field: "alt", language: "de")]
    #expect(try await identify(texts) == texts)
    #expect(try await identify(texts) { $0.overridesSource = true }[0].language == "en")
    #expect(
      try await identify(texts) {
        $0.overridesSource = true
        $0.minimumConfidence = 0.9
      }[0].language == "other")
  }

  @Test func `a file that is no model is an error`() async throws {
    await #expect(throws: CurationError.self) {
      _ = try await identify([PairText("x", field: "alt")]) { $0.model = InputFile("/proc/self/status") }
    }
  }
}
