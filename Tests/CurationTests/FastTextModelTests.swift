import ArtifactTypes
import Core
import Counting
import Curation
import Foundation
import TestSupport
import Testing

/// Our own inference against libfasttext's, and the models that training makes.
@Suite struct FastTextModelTests {
  static let published =
    ProcessInfo.processInfo.environment["COLOPHON_LANGUAGE_MODEL"] ?? ".colophon/data/lid.176.ftz"

  /// Texts of all kinds: words of several scripts, empty, blank, controls, odd Unicode, fastText's own marks, long
  /// ones.
  static func texts(_ count: Int) -> [String] {
    let pieces = [
      "a", "the dog", "foto", "Straße", "犬の写真", "собака", "สุนัข", "ქართული", "👩🏽‍🚀", "e\u{301}", "\u{0}", "\n", "\r\n",
      "\t", "\u{B}",
      "\u{A0}", "\u{3000}", "</s>", "__label__en", "__label__", "<", ">", "\u{FFFD}", "\u{10FFFF}",
      "שלום", "हिन्दी", "x",
      "ß",
      "Donaudampfschifffahrtsgesellschaftskapitän", " ", "  ", ",", ".",
    ]
    var random = SplitMix64(11)
    return ["", " ", "\n", "</s>", "</s> dog", "dog </s> Hund", String(repeating: "langer Text ", count: 4000)]
      + (0..<count).map { _ in
        let length = Int.random(in: 0..<12, using: &random)
        return (0..<length).map { _ in
          pieces[Int.random(in: 0..<pieces.count, using: &random)] + (Bool.random(using: &random) ? " " : "")
        }.joined()
      }
  }

  private func expectAgreement(_ path: String, _ count: Int = 3000) throws {
    let ours = try FastTextModel(path: path)
    let library = try FastTextLibrary.Model(path: path)
    var known = 0
    for text in Self.texts(count) {
      let mine = ours.predict(text)
      let theirs = try library.predict(text)
      #expect(mine.map { ours.labels[$0.label] } == theirs?.label, "“\(text.prefix(80))”")
      // libfasttext adds up a hundred thousand rows one by one, and so less exactly.
      let tolerance = text.utf8.count < 1000 ? 1e-5 : 1e-4
      #expect(abs(Double(mine?.probability ?? 0) - (theirs?.probability ?? 0)) < tolerance, "“\(text.prefix(80))”")
      known += mine == nil ? 0 : 1
    }
    #expect(known > count / 2)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: published)))
  func `Labels and probabilities of the published model are libfasttext's`() throws {
    try expectAgreement(Self.published)
  }

  @Test(arguments: [true, false])
  func `Labels and probabilities of a trained model are libfasttext's`(_ isHierarchical: Bool) async throws {
    for quantised in [nil, 400] {
      for (dimension, longest, words) in [(16, 4, 1), (20, 3, 2), (5, 0, 3), (16, 0, 1)] {
        // Words alone are too few rows to quantise.
        if quantised != nil, longest == 0, words == 1 { continue }
        let scratch = try Scratch()
        var stage = TrainLanguageIdentifier(pairs: try TrainingTests.pairs(scratch), seed: 1)
        stage.isHierarchical = isHierarchical
        stage.quantisedTo = quantised
        stage.dimension = dimension
        stage.longestNgram = longest
        stage.wordNgrams = words
        stage.minimumCount = 1
        stage.epochs = 3
        stage.buckets = 2000
        let identifier = try await stage.run(scratch.context("train"))
        try expectAgreement(identifier.content["model.bin"]?.path() ?? "", 500)
      }
    }
  }

  @Test func `Files that are no model are errors that say so`() throws {
    let scratch = try Scratch()
    let model = try Data(contentsOf: URL(fileURLWithPath: #filePath))
    try model.write(to: URL(fileURLWithPath: scratch.folder + "/swift"))
    try Data().write(to: URL(fileURLWithPath: scratch.folder + "/empty"))
    for name in ["swift", "empty"] {
      #expect(throws: OperationError.self) { _ = try FastTextModel(path: scratch.folder + "/" + name) }
    }
  }

  /// Every cut and many flipped bytes of a model: an error or a model, never a trap.
  @Test(arguments: [nil, 300])
  func `Damaged models are errors, never traps`(_ quantised: Int?) async throws {
    let scratch = try Scratch()
    var stage = TrainLanguageIdentifier(pairs: try TrainingTests.pairs(scratch), seed: 1)
    (stage.quantisedTo, stage.dimension, stage.minimumCount, stage.epochs, stage.buckets) = (quantised, 4, 1, 1, 300)
    let bytes = try await stage.run(scratch.context("train")).content["model.bin"]?.bytes() ?? []
    #expect(bytes.count > 1000)
    let path = scratch.folder + "/damaged"
    for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 300)) {
      try Data(bytes[..<end]).write(to: URL(fileURLWithPath: path))
      #expect(throws: OperationError.self) { _ = try FastTextModel(path: path) }
    }
    var random = SplitMix64(5)
    for _ in 0..<400 {
      var damaged = bytes
      for _ in 0..<3 {
        damaged[Int.random(in: 0..<min(3000, bytes.count), using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      try Data(damaged).write(to: URL(fileURLWithPath: path))
      _ = try? FastTextModel(path: path).predict("a dog and a Hund")
    }
  }

  @Test func `Several threads may ask one model at once`() async throws {
    let scratch = try Scratch()
    var stage = TrainLanguageIdentifier(pairs: try TrainingTests.pairs(scratch), seed: 1)
    stage.buckets = 2000
    let model = try FastTextModel(try #require(try await stage.run(scratch.context("train")).content["model.bin"]))
    let texts = Self.texts(400)
    let alone = texts.map { model.predict($0)?.label }
    let together = try await concurrentMap(count: 16, threads: 4) { _ in texts.map { model.predict($0)?.label } }
    #expect(together.allSatisfy { $0 == alone })
  }
}

/// A folder for one test, removed after it.
final class Scratch: Sendable {
  let folder: String

  init() throws {
    folder = try temporaryFolder("curation")
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A context with a folder of its own.
  func context(
    _ name: String, threads: Int = 2, report: @escaping @Sendable (StageContext.Report) -> Void = { _ in }
  ) throws -> StageContext {
    try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    return StageContext(scratch: "\(folder)/\(name)", threads: threads, report: report)
  }
}
