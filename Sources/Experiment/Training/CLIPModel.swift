package import Tensor

/// A batch of texts of different lengths, one after the other without padding.
package struct TokenBatch {
  /// All texts' ids, each text with its end.
  private(set) var ids: [Int64] = []
  /// The position of each id in its text.
  private(set) var positions: [Int64] = []
  /// The position in ``ids`` of each text's first id, and the number of ids: one more than there are texts.
  private(set) var offsets: [Int64] = [0]

  /// A batch without texts.
  package init() {}

  /// Adds a text.
  /// - Parameter text: its ids up to and with the end, at which the text is pooled.
  package mutating func append(_ text: [Int32]) {
    ids += text.map(Int64.init)
    positions += (0..<Int64(text.count))
    offsets.append(Int64(ids.count))
  }

  /// The number of texts.
  var count: Int { offsets.count - 1 }
}

/// A model of pictures and texts: a pre-LN vision transformer and a causal text transformer that is pooled at the end
/// of the text.
///
/// Source: MetaCLIP 2, §6.
package struct CLIPModel {
  let configuration: ModelConfiguration
  let vocabularySize: Int
  /// The trainable tensors, under the names of ``ModelConfiguration/parameterPlans(vocabularySize:)``.
  package private(set) var parameters: Parameters
  let precision: Precision
  /// True when the transformers' activations are computed again in the backward pass instead of kept.
  package var recomputesActivations = false
  private let vision: Transformer
  private let text: Transformer

  /// - Parameter parameters: under the names of ``ModelConfiguration/parameterPlans(vocabularySize:)``.
  init(_ configuration: ModelConfiguration, vocabularySize: Int, parameters: Parameters, precision: Precision) {
    self.configuration = configuration
    self.vocabularySize = vocabularySize
    self.parameters = parameters
    self.precision = precision
    vision = Self.visionTransformer(configuration)
    text = Self.textTransformer(configuration)
  }

  /// A model to be trained, with the initial values of ``ModelConfiguration/parameterPlans(vocabularySize:)``.
  /// - Parameter seed: decides all initial values.
  package static func initial(
    _ configuration: ModelConfiguration, vocabularySize: Int, precision: Precision, seed: UInt64
  ) throws -> CLIPModel {
    var generator = CounterGenerator(seed, for: .initialParameters)
    var parameters = Parameters()
    for plan in configuration.parameterPlans(vocabularySize: vocabularySize) {
      switch plan.initial {
      case .constant(let value): try parameters.add(plan.name, .full(plan.shape, value))
      case .normal(let deviation): try parameters.add(plan.name, .normal(plan.shape, deviation: deviation, &generator))
      }
    }
    return CLIPModel(configuration, vocabularySize: vocabularySize, parameters: parameters, precision: precision)
  }

  /// The embeddings of pictures.
  /// - Parameters:
  ///   - patches: float32, the pictures' patches in rows `[pictures · patches, 3 · patch²]`, channel by channel.
  ///   - count: the number of pictures.
  /// - Returns: rows of length 1, float32 `[pictures, embedding]`.
  package func encode(patches: Tensor, count: Int) throws -> Tensor {
    let width = configuration.vision.width
    let tokens = configuration.patchCount + 1
    let type = precision.elementType

    // Each picture's sequence begins with the class token, at which it is pooled.
    let embedded = try patches.linear(parameters["vision_model.embeddings.patch_embedding.weight"], in: type)
      .cast(.float32).reshaped(count, tokens - 1, width)
    let first = try parameters["vision_model.embeddings.class_embedding"].reshaped(1, 1, width).expanded(to: [
      count, 1, width,
    ])
    let positioned =
      try Tensor.concatenate([first, embedded], 1) + parameters["vision_model.embeddings.position_embedding.weight"]
    let x = try positioned.reshaped(count * tokens, width)
      .layerNorm(parameters["vision_model.pre_layrnorm.weight"], parameters["vision_model.pre_layrnorm.bias"])

    let offsets = try Tensor.from((0...count).map { Int64($0 * tokens) })
    let pooled = try Tensor.from((0..<count).map { Int64($0 * tokens) })
    return try vision(
      x, offsets: offsets, pooled: pooled, finalNorm: "vision_model.post_layernorm", parameters: parameters,
      precision: precision, recomputing: recomputesActivations
    ).linear(parameters["visual_projection.weight"], in: type).cast(.float32).normalized()
  }

  /// The embeddings of texts.
  /// - Returns: rows of length 1, float32 `[texts, embedding]`.
  package func encode(_ texts: TokenBatch) throws -> Tensor {
    let x =
      try parameters["text_model.embeddings.token_embedding.weight"].embedding(.from(texts.ids))
      + parameters["text_model.embeddings.position_embedding.weight"].embedding(.from(texts.positions))
    let pooled = try Tensor.from(texts.offsets.dropFirst().map { $0 - 1 })
    return try text(
      x, offsets: .from(texts.offsets), pooled: pooled, finalNorm: "text_model.final_layer_norm",
      parameters: parameters, precision: precision, recomputing: recomputesActivations
    ).linear(parameters["text_projection.weight"], in: precision.elementType).cast(.float32).normalized()
  }

  private static func visionTransformer(_ configuration: ModelConfiguration) -> Transformer {
    Transformer(tower: configuration.vision, activation: configuration.activation, name: "vision_model", causal: false)
  }

  private static func textTransformer(_ configuration: ModelConfiguration) -> Transformer {
    Transformer(tower: configuration.text, activation: configuration.activation, name: "text_model", causal: true)
  }
}
