import Core
import Foundation
import Tensor
import Testing
import Training

@Suite struct ModelConfigurationTests {
  /// Name, embedding, patch, vision (layers, width, heads, MLP), text (width, heads, layers). Source: MetaCLIP 2, §6.
  static let table: [(String, Int, Int, [Int], [Int])] = [
    ("ViT-S/16", 384, 16, [12, 384, 6, 1536], [384, 6, 12]), ("ViT-M/16", 512, 16, [12, 512, 8, 2048], [512, 8, 12]),
    ("ViT-B/32", 512, 32, [12, 768, 12, 3072], [512, 8, 12]),
    ("ViT-B/16", 512, 16, [12, 768, 12, 3072], [512, 8, 12]),
    ("ViT-L/14", 768, 14, [24, 1024, 16, 4096], [768, 12, 12]),
    ("ViT-H/14", 1024, 14, [32, 1280, 16, 5120], [1024, 16, 24]),
    ("ViT-H/14-quickgelu", 1024, 14, [32, 1280, 16, 5120], [1024, 16, 24]),
    ("ViT-bigG/14", 1280, 14, [48, 1664, 16, 8192], [1280, 20, 32]),
  ]

  /// The count of a tower's parameters: two normalisations, four projections of attention, two layers of MLP, with
  /// biases.
  static func blocks(_ layers: Int, _ width: Int, _ hidden: Int) -> Int {
    layers * (4 * width + 4 * (width * width + width) + 2 * width * hidden + hidden + width)
  }

  @Test(arguments: table)
  func `Every named configuration has the sizes of the paper and as many parameters as they make`(
    _ name: String, _ embedding: Int, _ patch: Int, _ vision: [Int], _ text: [Int]
  ) throws {
    let model = try ModelConfiguration.named(name)
    #expect(model.fault == nil)
    #expect(
      (model.embeddingWidth, model.patchSize, model.pictureSize, model.contextLength) == (embedding, patch, 224, 77))
    #expect(model.vision.layers == vision[0] && model.vision.width == vision[1] && model.vision.heads == vision[2])
    #expect((model.text.width, model.text.heads, model.text.layers) == (text[0], text[1], text[2]))
    #expect(model.activation == (name.hasSuffix("quickgelu") ? .quickGELU : .gelu))
    let plans = Dictionary(
      uniqueKeysWithValues: model.parameterPlans(vocabularySize: ModelConfiguration.Vocabulary.xlmV).map {
        ($0.name, $0.shape)
      })
    #expect(plans["text_model.embeddings.token_embedding.weight"] == [901_629, text[0]])
    #expect(plans["vision_model.encoder.layers.\(vision[0] - 1).mlp.fc1.weight"] == [vision[3], vision[1]])
    #expect(plans["vision_model.encoder.layers.\(vision[0]).mlp.fc1.weight"] == nil)
    #expect(plans["text_model.encoder.layers.\(text[2] - 1).mlp.fc2.weight"] == [text[0], 4 * text[0]])
    #expect(
      plans["vision_model.embeddings.position_embedding.weight"] == [(224 / patch) * (224 / patch) + 1, vision[1]])
    let visionCount =
      3 * patch * patch * vision[1] + vision[1] * ((224 / patch) * (224 / patch) + 2) + 4 * vision[1]
      + Self.blocks(vision[0], vision[1], vision[3]) + vision[1] * embedding
    let textCount = (901_629 + 77 + 2) * text[0] + Self.blocks(text[2], text[0], 4 * text[0]) + text[0] * embedding
    #expect(model.parameterCount(vocabularySize: 901_629) == visionCount + textCount + 1)
  }

  /// The sizes that OpenCLIP gives for the same towers with CLIP's 49,408 pieces, in millions.
  @Test(arguments: [
    ("ViT-B/32", 151.28), ("ViT-B/16", 149.62), ("ViT-L/14", 427.62), ("ViT-H/14", 986.11), ("ViT-bigG/14", 2539.57),
  ])
  func `With the vocabulary of CLIP the parameters are as many as are published for it`(
    _ name: String, _ millions: Double
  ) throws {
    let count = try ModelConfiguration.named(name).parameterCount(vocabularySize: 49_408)
    #expect(abs(Double(count) / 1e6 - millions) < 0.01, "\(count)")
  }

  @Test func `A name may be spelt in several ways, and an unknown one is an error that lists all`() throws {
    for name in ["vit-b-32", "B/32", "ViT-B-32-worldwide"] {
      #expect(try ModelConfiguration.named(name) == ModelConfiguration.named("ViT-B/32"))
    }
    #expect(try ModelConfiguration.named("ViT-B-32-quickgelu").activation == .quickGELU)
    #expect(
      try ModelConfiguration.named("ViT-H-14-quickgelu-worldwide") == ModelConfiguration.named("ViT-H/14-quickgelu"))
    let error = #expect(throws: OperationError.self) { try ModelConfiguration.named("ViT-Z/9") }
    for name in ModelConfiguration.names { #expect(error?.cause.contains(name) == true) }
    #expect(ModelConfiguration.names == Self.table.map(\.0))
  }

  @Test func `Initial values have the deviations of the paper`() throws {
    var configuration = ModelConfiguration()
    configuration.vision = .init(width: 64, layers: 2, heads: 4, mlpWidth: 96)
    configuration.text = .init(width: 48, layers: 3, heads: 4)
    configuration.embeddingWidth = 40
    let model = try CLIPModel.initial(configuration, vocabularySize: 500, precision: .float32, seed: 7)
    let (vision, text) = (1 / sqrt(64.0), 1 / sqrt(48.0))
    let expected: [(suffix: String, deviation: Double)] = [
      ("token_embedding.weight", 0.02), ("text_model.embeddings.position_embedding.weight", 0.01),
      ("text_projection.weight", text), ("class_embedding", vision), ("patch_embedding.weight", 1 / sqrt(192)),
      ("vision_model.embeddings.position_embedding.weight", vision), ("visual_projection.weight", vision),
    ]
    for (name, tensor) in model.parameters.all {
      let elements = try tensor.elements(as: Double.self)
      let isVision = name.hasPrefix("vision_model")
      let (scale, width, layers) = isVision ? (vision, 64.0, 2.0) : (text, 48.0, 3.0)
      let deviation: Double
      if name == "logit_scale" {
        #expect(abs(elements[0] - log(1 / 0.07)) < 1e-6)
        continue
      } else if name.hasSuffix(".bias") || name.contains("norm") {
        #expect(elements.allSatisfy { $0 == (name.hasSuffix(".bias") ? 0 : 1) }, "\(name)")
        continue
      } else if name.contains("qkv_proj") {
        deviation = scale
      } else if name.contains("out_proj") || name.contains("fc2") {
        deviation = scale / sqrt(2 * layers)
      } else if name.contains("fc1") {
        deviation = 1 / sqrt(2 * width)
      } else {
        deviation = try #require(expected.first { name.hasSuffix($0.suffix) }?.deviation, "\(name)")
      }
      let count = Double(elements.count)
      let mean = elements.reduce(0, +) / count
      let measured = (elements.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
      // Five standard errors.
      #expect(abs(mean) < 5 * deviation / count.squareRoot(), "\(name)")
      #expect(
        abs(measured - deviation) < 5 * deviation / (2 * count).squareRoot(), "\(name): \(measured) for \(deviation)")
    }
  }

  @Test func `Sizes that cannot be are named`() {
    var configuration = ModelConfiguration()
    configuration.vision.mlpWidth = 0
    #expect(configuration.fault?.contains("vision MLPs") == true)
  }
}
