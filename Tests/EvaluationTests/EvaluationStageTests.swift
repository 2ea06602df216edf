import ArtifactTypes
import Core
import Evaluation
import Foundation
import TestSupport
import Testing
import Training

/// A model that has learnt eight colours, evaluated by each stage.
@Suite(.serialized) struct EvaluationStageTests {
  static let names: [(id: String, english: String, german: String?, rgb: [UInt8])] = [
    ("a", "red", "rot", [255, 0, 0]), ("b", "green", "grün", [0, 255, 0]), ("c", "blue", "blau", [0, 0, 255]),
    ("d", "yellow", "gelb", [255, 255, 0]), ("e", "black", "schwarz", [0, 0, 0]), ("f", "white", nil, [255, 255, 255]),
  ]

  struct World {
    let folder: String
    let pictures: PictureSet
    let pairs: Pairs
    let tokenizer: Tokenizer
    let checkpoint: Checkpoint
    var context: StageContext { StageContext(scratch: folder, threads: 1) }

    init() async throws {
      folder = try temporaryFolder("evaluation")
      let writer = try PictureSetWriter(folder: folder, count: names.count, width: 8, height: 8)
      let pairWriter = try PairsWriter(path: folder + "/pairs.jsonl")
      for name in names {
        try writer.write(id: name.id, pixels: (0..<64).flatMap { _ in name.rgb + [255] })
        var texts = [PairText(name.english, field: "name", language: "en")]
        if let german = name.german { texts.append(PairText(german, field: "name", language: "de")) }
        try pairWriter.write(Pair(id: name.id, image: name.id, texts: texts))
      }
      pictures = try writer.finish()
      pairs = try pairWriter.finish()
      let context = StageContext(scratch: folder, threads: 1)
      tokenizer = try await TrainTokenizer(pairs: pairs, vocabularySize: 40).run(context)
      var training = TrainCLIP(pictures: pictures, pairs: pairs, tokenizer: tokenizer)
      training.model.pictureSize = 8
      training.model.patchSize = 4
      training.model.vision = .init(width: 32, layers: 1, heads: 2)
      training.model.text = .init(width: 32, layers: 1, heads: 2)
      training.augmentation = .none
      training.steps = 80
      training.picturesPerStep = 6
      training.warmUpSteps = 5
      training.learningRate = 5e-3
      training.captions.captionsPerPicture = 2
      training.threads = 1
      training.precision = .float32
      checkpoint = try await training.run(context)
    }
  }

  @Test func `A model names what it has learnt, in each language`() async throws {
    let world = try await World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    var stage = ZeroShotClassification(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, classes: world.pairs)
    stage.scripts = Languages([Language(code: "en", name: "English", script: "Latn")])
    let table = try await stage.run(world.context)
    #expect(table.columns.map(\.name) == ["language", "script", "classes", "pictures", "top-1", "top-5", "chance"])
    #expect(table[column: "language"] == ["de", "en"])
    #expect(table[column: "script"] == [.empty, "Latn"])
    #expect(table[column: "classes"] == [5, 6])
    #expect(table[column: "top-1"]?.compactMap(\.value) == [1, 1])
    #expect(table[column: "chance"] == [.number(0.2), .number(1.0 / 6)])

    let retrieval = try await Retrieval(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, captions: world.pairs
    ).run(world.context)
    #expect(retrieval[column: "text → picture R@1"]?.compactMap(\.value) == [1, 1])
    #expect(retrieval[column: "picture → text R@10"]?.compactMap(\.value) == [1, 1])

    let evenness = try await AlignmentUniformity(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, captions: world.pairs
    ).run(world.context)
    #expect(try #require(evenness[column: "alignment"]).compactMap(\.value).allSatisfy { $0 > 0 && $0 < 1 })
    #expect(try #require(evenness[column: "uniformity"]).compactMap(\.value).allSatisfy { $0 < 0 })
  }

  @Test func `An evaluation without any text is an error`() async throws {
    let world = try await World()
    defer { try? FileManager.default.removeItem(atPath: world.folder) }
    var stage = Retrieval(
      checkpoint: world.checkpoint, tokenizer: world.tokenizer, pictures: world.pictures, captions: world.pairs)
    stage.languages = ["fr"]
    await #expect(throws: OperationError.self) { try await stage.run(world.context) }
  }
}
