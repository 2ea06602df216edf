import ArtifactTypes
import Core
import Foundation
import TestSupport
import Training

/// Eight coloured squares with names in two languages: enough to learn in seconds.
struct SmallWorld {
  let pictures: PictureSet
  let pairs: Pairs
  let folder: String

  static let colors: [(id: String, english: String, german: String, rgb: [UInt8])] = [
    ("a", "red square", "rotes Quadrat", [255, 0, 0]), ("b", "green square", "grünes Quadrat", [0, 255, 0]),
    ("c", "blue square", "blaues Quadrat", [0, 0, 255]), ("d", "yellow square", "gelbes Quadrat", [255, 255, 0]),
    ("e", "black square", "schwarzes Quadrat", [0, 0, 0]), ("f", "white square", "weißes Quadrat", [255, 255, 255]),
    ("g", "pink square", "rosa Quadrat", [255, 0, 255]), ("h", "cyan square", "türkises Quadrat", [0, 255, 255]),
  ]

  init() throws {
    try self.init(in: temporaryPath("training"))
  }

  init(in folder: String) throws {
    self.folder = folder
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let writer = try PictureSetWriter(folder: folder, count: Self.colors.count, width: 8, height: 8)
    let pairWriter = try PairsWriter(path: folder + "/pairs.jsonl")
    for color in Self.colors {
      try writer.write(id: color.id, pixels: (0..<64).flatMap { _ in color.rgb + [255] })
      try pairWriter.write(
        Pair(
          id: color.id, image: color.id,
          texts: [
            PairText(color.english, field: "name", language: "en"),
            PairText(color.german, field: "name", language: "de"),
            PairText("square", field: "keyword", language: "en"),
          ]))
    }
    pictures = try writer.finish()
    pairs = try pairWriter.finish()
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  var context: StageContext { StageContext(scratch: folder, threads: 1) }

  func tokenizer() async throws -> Tokenizer { try await TrainTokenizer(pairs: pairs, vocabularySize: 60).run(context) }

  func training(_ tokenizer: Tokenizer) -> TrainCLIP {
    var training = TrainCLIP(pictures: pictures, pairs: pairs, tokenizer: tokenizer)
    training.model.pictureSize = 8
    training.model.patchSize = 4
    training.model.vision = .init(width: 16, layers: 1, heads: 2)
    training.model.text = .init(width: 16, layers: 2, heads: 2)
    training.model.embeddingWidth = 16
    training.steps = 30
    training.picturesPerStep = 8
    training.warmUpSteps = 5
    training.learningRate = 5e-3
    training.captions.captionsPerPicture = 2
    training.threads = 1
    return training
  }
}
