internal import Tensor

/// A batch of texts, packed.
struct TokenBatch {
  /// All texts' ids, one text after the other, each with its end.
  private(set) var ids: [Int64] = []
  /// Each id's place in its text.
  private(set) var positions: [Int64] = []
  private(set) var offsets: [Int64] = [0]

  mutating func append(_ text: [Int32]) {
    ids += text.map(Int64.init)
    positions += (0..<Int64(text.count))
    offsets.append(Int64(ids.count))
  }

  var count: Int { offsets.count - 1 }
}

/// A model of pictures and texts: a pre-LN vision transformer and a causal text transformer that is pooled at the end of the text.
///
/// Source: MetaCLIP 2, §6.
struct CLIPModel {
  let configuration: ModelConfiguration
  let vocabularySize: Int
  private(set) var parameters: Parameters
  let precision: Precision
  private let vision: Transformer
  private let text: Transformer

  /// - Parameter parameters: under the names of ``initial(_:vocabularySize:precision:seed:)``.
  init(_ configuration: ModelConfiguration, vocabularySize: Int, parameters: Parameters, precision: Precision) {
    self.configuration = configuration
    self.vocabularySize = vocabularySize
    self.parameters = parameters
    self.precision = precision
    vision = Self.visionTransformer(configuration)
    text = Self.textTransformer(configuration)
  }

  /// A model to be trained. Source of the initial values: MetaCLIP 2, §6 (those of OpenCLIP).
  static func initial(
    _ configuration: ModelConfiguration, vocabularySize: Int, precision: Precision, seed: UInt64
  ) throws -> CLIPModel {
    var generator = CounterGenerator(seed, 0x696E_6974)
    var parameters = Parameters()
    let (vision, text) = (configuration.vision.width, configuration.text.width)
    let (visionScale, textScale) = (1 / Float(vision).squareRoot(), 1 / Float(text).squareRoot())
    try parameters.add("logit_scale", .from([Float(2.659_260_0)], shape: []))
    try parameters.add(
      "text_model.embeddings.token_embedding.weight", .normal([vocabularySize, text], deviation: 0.02, &generator))
    try parameters.add(
      "text_model.embeddings.position_embedding.weight",
      .normal([configuration.contextLength, text], deviation: 0.01, &generator))
    try textTransformer(configuration).addParameters(to: &parameters, &generator)
    try parameters.add("text_model.final_layer_norm.weight", .full([text], 1))
    try parameters.add("text_model.final_layer_norm.bias", .zeros([text]))
    try parameters.add("text_projection.weight", .normal([configuration.embeddingWidth, text], deviation: textScale, &generator))

    let patch = 3 * configuration.patchSize * configuration.patchSize
    try parameters.add("vision_model.embeddings.class_embedding", .normal([vision], deviation: visionScale, &generator))
    try parameters.add(
      "vision_model.embeddings.patch_embedding.weight",
      .normal([vision, patch], deviation: 1 / Float(patch).squareRoot(), &generator))
    try parameters.add(
      "vision_model.embeddings.position_embedding.weight",
      .normal([configuration.patchCount + 1, vision], deviation: visionScale, &generator))
    for norm in ["pre_layrnorm", "post_layernorm"] {
      try parameters.add("vision_model.\(norm).weight", .full([vision], 1))
      try parameters.add("vision_model.\(norm).bias", .zeros([vision]))
    }
    try visionTransformer(configuration).addParameters(to: &parameters, &generator)
    try parameters.add(
      "visual_projection.weight", .normal([configuration.embeddingWidth, vision], deviation: visionScale, &generator))
    return CLIPModel(configuration, vocabularySize: vocabularySize, parameters: parameters, precision: precision)
  }

  /// The embeddings of pictures.
  /// - Parameter patches: float32, the pictures' patches in rows `[pictures · patches, 3 · patch²]`, channel by channel.
  /// - Returns: rows of length 1, float32 `[pictures, embedding]`.
  func encode(patches: Tensor, count: Int) throws -> Tensor {
    let width = configuration.vision.width
    let tokens = configuration.patchCount + 1
    let type = precision.elementType
    let embedded = try patches.linear(parameters["vision_model.embeddings.patch_embedding.weight"], in: type)
      .cast(.float32).reshaped(count, tokens - 1, width)
    let first = try parameters["vision_model.embeddings.class_embedding"].reshaped(1, 1, width).expanded(to: [count, 1, width])
    let positioned =
      try Tensor.concatenate([first, embedded], 1) + parameters["vision_model.embeddings.position_embedding.weight"]
    let x = try positioned.reshaped(count * tokens, width)
      .layerNorm(parameters["vision_model.pre_layrnorm.weight"], parameters["vision_model.pre_layrnorm.bias"])
    let offsets = try Tensor.from((0...count).map { Int64($0 * tokens) })
    let pooled = try Tensor.from((0..<count).map { Int64($0 * tokens) })
    return try vision(
      x, offsets: offsets, pooled: pooled, finalNorm: "vision_model.post_layernorm", parameters, precision
    ).linear(parameters["visual_projection.weight"], in: type).cast(.float32).normalized()
  }

  /// The embeddings of texts.
  /// - Returns: rows of length 1, float32 `[texts, embedding]`.
  func encode(_ texts: TokenBatch) throws -> Tensor {
    let x =
      try parameters["text_model.embeddings.token_embedding.weight"].embedding(.from(texts.ids))
      + parameters["text_model.embeddings.position_embedding.weight"].embedding(.from(texts.positions))
    let pooled = try Tensor.from(texts.offsets.dropFirst().map { $0 - 1 })
    return try text(
      x, offsets: .from(texts.offsets), pooled: pooled, finalNorm: "text_model.final_layer_norm", parameters, precision
    ).linear(parameters["text_projection.weight"], in: precision.elementType).cast(.float32).normalized()
  }

  private static func visionTransformer(_ configuration: ModelConfiguration) -> Transformer {
    Transformer(tower: configuration.vision, activation: configuration.activation, name: "vision_model", causal: false)
  }

  private static func textTransformer(_ configuration: ModelConfiguration) -> Transformer {
    Transformer(tower: configuration.text, activation: configuration.activation, name: "text_model", causal: true)
  }
}
