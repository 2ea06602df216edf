import ArtifactTypes
import Core
import Curation
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct IdentificationTests {
  private let scratch: Scratch
  private let isThere = FileManager.default.fileExists(atPath: FastTextModelTests.published)

  init() throws { scratch = try Scratch() }

  private func identifier() async throws -> LanguageIdentifier {
    try await ReadLanguageIdentifier(file: InputFile(FastTextModelTests.published)).run(scratch.context("identifier"))
  }

  private func identify(
    _ texts: [PairText], with identifier: LanguageIdentifier, _ change: (inout IdentifyLanguages) -> Void = { _ in }
  ) async throws -> [PairText] {
    let name = UUID().uuidString
    let writer = try PairsWriter(path: scratch.context(name).file("in.jsonl"))
    try writer.write(Pair(id: "1", image: "1", texts: texts))
    var stage = IdentifyLanguages(pairs: try writer.finish(), identifier: identifier)
    change(&stage)
    return try await stage.run(scratch.context(name)).all()[0].texts
  }

  /// Values that running the reference functions gave.
  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: FastTextModelTests.published)),
    arguments: [("a photo of a dog", "en", 0.5447), ("犬の写真", "ja", 0.9866), ("foto", "it", 0.1962)])
  func `The published model names the language as the reference does`(
    _ text: String, _ language: String, _ confidence: Double
  )
    async throws
  {
    let found = try await identify([PairText(text, field: "alt")], with: identifier())[0]
    #expect(found.language == language)
    #expect(abs((found.confidence ?? 0) - confidence) < 5e-5)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: FastTextModelTests.published)))
  func `Line breaks count as spaces, and a text without words gets some language and no error`() async throws {
    let texts = ["犬の 写真", "犬の\n写真", "犬の\r写真", "", "\n"].map { PairText($0, field: "alt") }
    let found = try await identify(texts, with: identifier())
    #expect(found[1].confidence == found[0].confidence && found[2].confidence == found[0].confidence)
    #expect(found.allSatisfy { $0.language != nil })
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: FastTextModelTests.published)))
  func `A language that the source named stays unless it is to be overridden`() async throws {
    let texts = [PairText("a photo of a dog", field: "alt", language: "de")]
    let identifier = try await identifier()
    #expect(try await identify(texts, with: identifier) == texts)
    #expect(try await identify(texts, with: identifier) { $0.overridesSource = true }[0].language == "en")
    let unsure = try await identify(texts, with: identifier) {
      $0.overridesSource = true
      $0.minimumConfidence = 0.9
    }[0]
    #expect(unsure.language == "other")
    #expect(abs((unsure.confidence ?? 0) - 0.5447) < 5e-5)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: FastTextModelTests.published)))
  func `Labels get the toolkit's codes, and labels without a code are other`() async throws {
    let identifier = try await identifier()
    #expect(identifier.languages.count == 176)
    #expect(identifier.languages.contains("fil") && identifier.languages.contains("sr_Latn"))
    #expect(!identifier.languages.contains("tl"))
    let model = try #require(identifier.content["model.bin"])
    let half = try LanguageIdentifier(model: model, languages: ["en": "eng"])
    let found = try await identify(
      [PairText("a photo of a dog", field: "alt"), PairText("犬の写真", field: "alt")], with: half)
    #expect(found.map(\.language) == ["eng", "other"])
    #expect(half.languages == ["eng"])
  }

  @Test func `An identifier reads back as it was written`() async throws {
    let model = ContentFile(name: "model.bin", digest: Digest(of: [1]), byteCount: 1, location: .memory([1]))
    let identifier = try LanguageIdentifier(model: model, languages: ["nb": "no", "nn": "nn", "no": "no"])
    let again = try LanguageIdentifier(content: identifier.content)
    #expect(again.languages == ["nn", "no"])
    #expect(again.labels.map(\.label) == ["nb", "nn", "no"])
    #expect(throws: OperationError.self) { _ = try LanguageIdentifier(content: ArtifactContent(files: [model])) }
  }

  @Test func `A file that is no model is an error`() async throws {
    let stage = ReadLanguageIdentifier(file: InputFile(#filePath))
    await #expect(throws: OperationError.self) { _ = try await stage.run(scratch.context("none")) }
  }
}

@Suite struct TrainingTests {
  /// Sentences of four languages made of their own frequent words, and a fifth text that an identifier has labelled.
  static func pairs(_ scratch: Scratch, count: Int = 300) throws -> Pairs {
    let words = [
      "en": "the of and a dog house red water tree with small child green under bird",
      "de": "der die und ein Hund Haus rot Wasser Baum mit klein",
      "ja": "犬 家 赤い 水 木 小さい 子供 鳥 緑 写真", "zh_Hant": "狗 房子 紅色 水 樹 小 孩子 鳥 綠色 照片",
    ].mapValues { $0.split(separator: " ") }
    var random = SplitMix64(7)
    let writer = try PairsWriter(path: scratch.context(UUID().uuidString).file("pairs.jsonl"))
    for number in 0..<count {
      var texts = words.sorted { $0.key < $1.key }.map { language, words in
        PairText(
          (0..<5).map { _ in String(words[Int.random(in: 0..<words.count, using: &random)]) }.joined(separator: " "),
          field: number.isMultiple(of: 3) ? "keyword" : "name", language: language)
      }
      texts.append(PairText("klingon text \(number)", field: "name", language: "tlh", confidence: 0.3))
      try writer.write(Pair(id: "p\(number)", image: "i\(number)", texts: texts))
    }
    return try writer.finish()
  }

  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func small(_ pairs: Pairs, seed: Int = 1) -> TrainLanguageIdentifier {
    var stage = TrainLanguageIdentifier(pairs: pairs, seed: seed)
    (stage.buckets, stage.minimumCount) = (2000, 1)
    return stage
  }

  @Test(arguments: [nil, 500])
  func `Two trainings give the same bytes, whatever the number of threads and the order of the pairs`(_ quantised: Int?)
    async throws
  {
    let pairs = try Self.pairs(scratch)
    var random = SplitMix64(9)
    let writer = try PairsWriter(path: scratch.context("shuffled").file("pairs.jsonl"))
    for pair in try pairs.all().shuffled(using: &random) { try writer.write(pair) }
    let stages = try [pairs, pairs, writer.finish()].map { small($0).with(\.quantisedTo, quantised) }
    var digests: [Digest] = []
    for (number, stage) in stages.enumerated() {
      digests.append(try await stage.run(scratch.context("\(number)", threads: number + 1)).content.digest)
    }
    #expect(Set(digests).count == 1)
    let other = try await small(pairs, seed: 2).with(\.quantisedTo, quantised).run(scratch.context("other"))
    #expect(other.content.digest != digests[0])
  }

  @Test func `A trained identifier knows its languages, held-out texts included`() async throws {
    let pairs = try Self.pairs(scratch)
    let identifier = try await small(pairs).with(\.heldOut, 0.2).run(scratch.context("train"))
    #expect(identifier.languages == ["de", "en", "ja", "zh_Hant"])
    let report = try await EvaluateLanguageIdentifier(identifier: identifier, pairs: pairs).with(\.heldOut, 0.2).with(
      \.seed, 1
    )
    .run(scratch.context("evaluate"))
    let texts = report.confusions.reduce(0) { $0 + $1.texts }
    #expect((150...330).contains(texts))
    #expect(report.accuracy.estimate > 0.95)
    #expect(report.unreported.isEmpty)
  }

  @Test func `Varieties are folded, and fields and languages chosen, where asked for`() async throws {
    var stage = small(try Self.pairs(scratch))
    stage.foldsVarieties = true
    stage.languages = ["en", "zh_Hant"]
    stage.fields = ["keyword"]
    let counts = Mutex<[String: Double]>([:])
    let identifier = try await stage.run(
      scratch.context("train") { report in
        if case .measurement(let name, let value, _) = report { counts.withLock { $0[name] = value } }
      })
    #expect(identifier.languages == ["en", "zh"])
    #expect((150...200).contains(counts.withLock { $0["texts"] ?? 0 }))
  }

  @Test func `A corpus is trained on in pieces of a caption's length`() async throws {
    let text = (0..<200).map { "sentence number \($0) of a longer document in which words are many" }.joined(
      separator: " ")
    let other = (0..<200).map { "第\($0)個句子在這個很長的文件裡" }.joined()
    let corpus = try Corpus.write(
      ["en": [.init(id: "1", text: text)], "zh": [.init(id: "2", text: other)]],
      folder: scratch.context("corpus").scratch)
    var stage = TrainLanguageIdentifier(corpus: corpus)
    (stage.buckets, stage.minimumCount) = (2000, 1)
    let identifier = try await stage.run(scratch.context("train"))
    let report = try await EvaluateLanguageIdentifier(identifier: identifier, corpus: corpus).run(
      scratch.context("evaluate"))
    #expect(report.confusions.reduce(0) { $0 + $1.texts } > 150)
    #expect(report.accuracy.estimate > 0.95)
  }

  @Test func `Settings that fastText would choke on, and texts of one language, are errors`() async throws {
    let pairs = try Self.pairs(scratch, count: 20)
    let changes: [(inout TrainLanguageIdentifier) -> Void] = [
      { $0.dimension = 0 }, { $0.epochs = 0 }, { $0.longestNgram = 1 }, { $0.buckets = 0 }, { $0.learningRate = .nan },
      { $0.learningRate = 0 }, { $0.heldOut = 1 }, { $0.quantisedTo = 3 }, { $0.languages = ["en"] },
      { $0.pairs = nil },
      { $0.minimumCount = 0 }, { $0.limit = 0 }, { $0.quantisedTo = 100_000 },
    ]
    for (number, change) in changes.enumerated() {
      var stage = TrainLanguageIdentifier(pairs: pairs)
      // So few rows that quantising them fails in fastText itself.
      (stage.buckets, stage.minimumCount) = (10, 1)
      change(&stage)
      await #expect(throws: OperationError.self, "change \(number)") {
        _ = try await stage.run(scratch.context("\(number)"))
      }
    }
  }

  @Test func `A training that is cancelled ends`() async throws {
    var stage = small(try Self.pairs(scratch, count: 1000))
    stage.epochs = 10_000
    let context = try scratch.context("train")
    let task = Task { [stage] in try await stage.run(context) }
    try await Task.sleep(for: .milliseconds(300))
    task.cancel()
    await #expect(throws: CancellationError.self) { _ = try await task.value }
  }

  @Test func `A report tells mistakes, intervals and languages that are never reported`() throws {
    let report = LanguageIdentificationReport(
      confusions: [
        .init(language: "zh_Hant", guessed: "zh", texts: 8, confidence: 0.9),
        .init(language: "zh_Hant", guessed: "ja", texts: 2, confidence: 0.4),
        .init(language: "yue", guessed: "zh", texts: 3, confidence: 0.5),
        .init(language: "en", guessed: "en", texts: 20, confidence: 1),
      ], foldsVarieties: true, reported: ["en", "ja", "zh"])
    #expect(report.unreported == ["yue"])
    #expect(report.accuracy == ShareInterval(hits: 28, of: 33))
    #expect(report.accuracyOnReported == ShareInterval(hits: 28, of: 30))
    let table = report.languages()
    #expect(table[column: "language"] == ["en", "zh_Hant", "yue"])
    #expect(table[column: "right"]?[1] == ShareInterval(hits: 8, of: 10).cell)
    #expect(table[column: "most often mistaken for"] == [.empty, "ja", "zh"])
    #expect(table[column: "precision"]?[1] == .number(8.0 / 11))
    #expect(abs((table[column: "mean confidence"]?[1].value ?? 0) - 0.8) < 1e-12)
    #expect(report.mistakes(1).rows == [["yue", "zh", 3, .number(1), .number(0.5)]])
    #expect(try LanguageIdentificationReport(content: report.makeContent()) == report)
  }

  @Test func `An evaluation is the same whatever the number of threads`() async throws {
    let pairs = try Self.pairs(scratch)
    let identifier = try await small(pairs).with(\.epochs, 1).run(scratch.context("train"))
    let stage = EvaluateLanguageIdentifier(identifier: identifier, pairs: pairs).with(\.limit, 100)
    let first = try await stage.run(scratch.context("1", threads: 1))
    let second = try await stage.run(scratch.context("4", threads: 4))
    #expect(first == second)
    let perLanguage = Dictionary(grouping: first.confusions, by: \.language).mapValues {
      $0.reduce(0) { $0 + $1.texts }
    }
    #expect(perLanguage.keys.sorted() == ["de", "en", "ja", "zh_Hant"])
    #expect(perLanguage.values.allSatisfy { (60...140).contains($0) })
  }
}
