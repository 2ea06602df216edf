internal import Core
internal import Foundation

/// `config.json` of a checkpoint, as `MetaClip2Model` and `CLIPModel` of the transformers library write it.
///
/// Source of the names, and of the values of fields that are not there: transformers, `MetaClip2Config` and
/// `CLIPConfig`.
struct ConfigurationFile {
  let configuration: ModelConfiguration
  let vocabularySize: Int
  /// The digest of the tokenizer that the model was trained with, in hexadecimal; our own field.
  let tokenizer: String?
  /// The id that ends a text.
  let end: Int?

  /// Reads a file.
  /// - Parameter operation: what it is read for, for errors: `load the model`.
  /// - Throws: ``OperationError`` when the bytes are not such a file or ask for an impossible model.
  init(_ bytes: [UInt8], operation: String) throws {
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: operation, subject: "config.json", cause: cause)
    }

    let fields: Fields
    do {
      fields = try JSONDecoder().decode(Fields.self, from: Data(bytes))
    } catch let error as DecodingError {
      throw fault(Self.explanation(of: error))
    }
    let (vision, text) = (fields.vision ?? .init(), fields.text ?? .init())
    try Self.checkArchitecture(fields, vision, text: text, fault: fault)

    var configuration = ModelConfiguration()
    // The values of missing fields are those of the transformers library.
    configuration.pictureSize = vision.pictureSize ?? 224
    configuration.patchSize = vision.patchSize ?? 32
    configuration.vision = .init(
      width: vision.width ?? 768, layers: vision.layers ?? 12, heads: vision.heads ?? 12,
      mlpWidth: vision.mlpWidth ?? 3072)
    configuration.text = .init(
      width: text.width ?? 512, layers: text.layers ?? 12, heads: text.heads ?? 8, mlpWidth: text.mlpWidth ?? 2048)
    configuration.contextLength = text.contextLength ?? 77
    configuration.embeddingWidth = fields.embeddingWidth ?? 512
    configuration.activation = try Self.activation(vision, text, fault: fault)

    vocabularySize = text.vocabularySize ?? 49_408
    if let impossible = configuration.fault { throw fault(impossible) }
    guard (1...ModelConfiguration.sizeLimit).contains(vocabularySize) else {
      throw fault("a vocabulary of \(vocabularySize) pieces is impossible")
    }
    self.configuration = configuration
    tokenizer = fields.tokenizer
    end = text.end
  }

  /// Checks the fields that must have one value.
  private static func checkArchitecture(
    _ fields: Fields, _ vision: Fields.Tower, text: Fields.Tower, fault: (_ cause: String) -> OperationError
  ) throws {
    if let type = fields.modelType, !["metaclip_2", "clip"].contains(type) {
      throw fault("the model type \(type) is another architecture; metaclip_2 and clip are read")
    }
    for tower in [vision, text] where abs((tower.epsilon ?? 1e-5) - 1e-5) > 1e-9 {
      throw fault("layer_norm_eps is \(tower.epsilon ?? 1e-5); such models have 1e-5")
    }
    if let channels = vision.channels, channels != 3 { throw fault("pictures have \(channels) channels; 3 are read") }
  }

  /// The activation of both towers.
  private static func activation(
    _ vision: Fields.Tower, _ text: Fields.Tower, fault: (_ cause: String) -> OperationError
  ) throws -> ModelConfiguration.Activation {
    let names = Set([vision.activation ?? "quick_gelu", text.activation ?? "quick_gelu"])
    guard names.count == 1, let name = names.first, let activation = ModelConfiguration.Activation(rawValue: name)
    else {
      throw fault(
        """
        the activations are \(names.sorted().joined(separator: " and ")); gelu in both towers or quick_gelu in both \
        are read
        """)
    }
    return activation
  }

  /// The bytes of the file of a model.
  /// - Parameters:
  ///   - ids: the special ids of the tokenizer; `nil` when they are not known.
  ///   - tokenizer: the digest of the tokenizer; `nil` when any tokenizer may be the model's.
  static func encode(
    _ configuration: ModelConfiguration, vocabularySize: Int, ids: SpecialIDs?, tokenizer: Digest?
  ) -> [UInt8] {
    typealias Fields = [String: CanonicalValue]
    func object(_ fields: Fields) -> CanonicalValue {
      .record(fields.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }
    func tower(_ tower: ModelConfiguration.Tower, _ more: Fields) -> CanonicalValue {
      let fields: Fields = [
        "hidden_size": .integer(Int64(tower.width)), "intermediate_size": .integer(Int64(tower.hidden)),
        "num_hidden_layers": .integer(Int64(tower.layers)), "num_attention_heads": .integer(Int64(tower.heads)),
        "hidden_act": .text(configuration.activation.rawValue), "layer_norm_eps": .number(1e-5),
        "projection_dim": .integer(Int64(configuration.embeddingWidth)),
      ]
      return object(fields.merging(more) { $1 })
    }

    var text: Fields = [
      "model_type": .text("metaclip_2_text_model"), "vocab_size": .integer(Int64(vocabularySize)),
      "max_position_embeddings": .integer(Int64(configuration.contextLength)),
    ]
    if let ids {
      if let pad = ids.pad { text["pad_token_id"] = .integer(Int64(pad)) }
      if let begin = ids.begin { text["bos_token_id"] = .integer(Int64(begin)) }
      text["eos_token_id"] = .integer(Int64(ids.end))
    }

    var fields: Fields = [
      "architectures": .list([.text("MetaClip2Model")]), "model_type": .text("metaclip_2"),
      "projection_dim": .integer(Int64(configuration.embeddingWidth)), "logit_scale_init_value": .number(2.659_26),
      "text_config": tower(configuration.text, text),
      "vision_config": tower(
        configuration.vision,
        [
          "model_type": .text("metaclip_2_vision_model"), "image_size": .integer(Int64(configuration.pictureSize)),
          "patch_size": .integer(Int64(configuration.patchSize)), "num_channels": .integer(3),
        ]),
    ]
    // Our own: the tokenizer whose ids the model was trained on.
    if let tokenizer { fields["tokenizer_sha256"] = .text(tokenizer.hexadecimal) }
    return Array(object(fields).json.utf8)
  }

  /// The cause of an error in decoding, with the field's path.
  private static func explanation(of error: DecodingError) -> String {
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map(\.stringValue).joined(separator: ".")
    }
    return switch error {
    case .typeMismatch(let type, let context): "\(path(context)) is not of the type \(type)"
    case .valueNotFound(let type, let context): "\(path(context)) is null and not of the type \(type)"
    case .keyNotFound(let key, let context): "\(path(context)) has no field \(key.stringValue)"
    case .dataCorrupted(let context): "it cannot be read as JSON: \(context.debugDescription) \(path(context))"
    @unknown default: "it cannot be read"
    }
  }
}

/// The fields that are read; all others are ignored.
private struct Fields: Decodable {
  struct Tower: Decodable {
    var width: Int?
    var layers: Int?
    var heads: Int?
    var mlpWidth: Int?
    var activation: String?
    var epsilon: Double?
    var pictureSize: Int?
    var patchSize: Int?
    var channels: Int?
    var contextLength: Int?
    var vocabularySize: Int?
    var end: Int?

    private enum CodingKeys: String, CodingKey {
      case width = "hidden_size"
      case layers = "num_hidden_layers"
      case heads = "num_attention_heads"
      case mlpWidth = "intermediate_size"
      case activation = "hidden_act"
      case epsilon = "layer_norm_eps"
      case pictureSize = "image_size"
      case patchSize = "patch_size"
      case channels = "num_channels"
      case contextLength = "max_position_embeddings"
      case vocabularySize = "vocab_size"
      case end = "eos_token_id"
    }
  }

  var vision: Tower?
  var text: Tower?
  var modelType: String?
  var embeddingWidth: Int?
  var tokenizer: String?

  private enum CodingKeys: String, CodingKey {
    case vision = "vision_config"
    case text = "text_config"
    case modelType = "model_type"
    case embeddingWidth = "projection_dim"
    case tokenizer = "tokenizer_sha256"
  }
}
