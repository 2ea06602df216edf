internal import ArtifactTypes
internal import Foundation
internal import Provenance
internal import Tensor

// The files of a checkpoint: safetensors and configuration as `MetaClip2Model` of the transformers library reads them.

extension CLIPModel {
  /// `model.safetensors`.
  func safetensors() throws -> [UInt8] {
    var entries: [String: Safetensors.Entry] = [:]
    for (name, tensor) in parameters.all {
      let shape = tensor.shape
      let elements = try tensor.elements(as: Float.self)
      if name.contains(".qkv_proj.") {
        let part = shape[0] / 3
        let size = elements.count / 3
        for (index, letter) in ["q", "k", "v"].enumerated() {
          entries[name.replacing(".qkv_proj.", with: ".\(letter)_proj.")] = .init(
            shape: [part] + shape.dropFirst(), elements: Array(elements[(index * size)..<((index + 1) * size)]))
        }
      } else if name == "vision_model.embeddings.patch_embedding.weight" {
        let side = configuration.patchSize
        entries[name] = .init(shape: [shape[0], 3, side, side], elements: elements)
      } else {
        entries[name] = .init(shape: shape, elements: elements)
      }
    }
    return try Safetensors.encode(entries, metadata: ["format": "pt"])
  }

  /// `config.json`.
  func configurationFile(tokenizer: Digest) throws -> [UInt8] {
    func tower(_ tower: ModelConfiguration.Tower, _ more: [String: CanonicalValue]) -> CanonicalValue {
      var fields: [String: CanonicalValue] = [
        "hidden_size": .integer(Int64(tower.width)), "intermediate_size": .integer(Int64(4 * tower.width)),
        "num_hidden_layers": .integer(Int64(tower.layers)), "num_attention_heads": .integer(Int64(tower.heads)),
        "hidden_act": .text(configuration.activation.rawValue), "layer_norm_eps": .number(1e-5),
        "projection_dim": .integer(Int64(configuration.embeddingWidth)),
      ]
      fields.merge(more) { $1 }
      return object(fields)
    }
    func object(_ fields: [String: CanonicalValue]) -> CanonicalValue {
      .record(fields.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }
    let value = object([
      "architectures": .list([.text("MetaClip2Model")]), "model_type": .text("metaclip_2"),
      "projection_dim": .integer(Int64(configuration.embeddingWidth)), "logit_scale_init_value": .number(2.659_26),
      "text_config": tower(
        configuration.text,
        [
          "model_type": .text("metaclip_2_text_model"), "vocab_size": .integer(Int64(vocabularySize)),
          "max_position_embeddings": .integer(Int64(configuration.contextLength)),
          "pad_token_id": .integer(Int64(SpecialPieces.pad)), "bos_token_id": .integer(Int64(SpecialPieces.begin)),
          "eos_token_id": .integer(Int64(SpecialPieces.end)),
        ]),
      "vision_config": tower(
        configuration.vision,
        [
          "model_type": .text("metaclip_2_vision_model"), "image_size": .integer(Int64(configuration.pictureSize)),
          "patch_size": .integer(Int64(configuration.patchSize)), "num_channels": .integer(3),
        ]),
      // Our own: the tokenizer whose ids the model was trained on.
      "tokenizer_sha256": .text(tokenizer.hexadecimal),
    ])
    return Array(value.json.utf8)
  }

  /// The model of a checkpoint.
  /// - Parameter tokenizer: the one that it was trained with; `nil` when no texts will be encoded.
  /// - Throws: ``TrainingError`` when the files do not fit together or the tokenizer is another one.
  init(_ checkpoint: Checkpoint, tokenizer: Tokenizer?, precision: Precision) throws {
    func fault(_ cause: String) -> TrainingError {
      TrainingError(operation: "load the model", subject: checkpoint.content.digest.short, cause: cause)
    }
    let file = try JSONDecoder().decode(ConfigurationFile.self, from: Data(checkpoint.file("config.json").bytes()))
    if let tokenizer, file.tokenizer != tokenizer.content.digest.hexadecimal {
      throw fault(
        "it was trained with the tokenizer \(file.tokenizer.prefix(12)), not with \(tokenizer.content.digest.short): pass that one"
      )
    }
    let configuration = file.configuration
    if let impossible = configuration.fault { throw fault(impossible) }
    let entries = try Safetensors.decode(checkpoint.file("model.safetensors").bytes(), subject: "model.safetensors")
    // The names and shapes come from an initial model of the same size.
    let initial = try CLIPModel.initial(configuration, vocabularySize: file.vocabularySize, precision: precision, seed: 0)
    var parameters = Parameters()
    for (name, tensor) in initial.parameters.all {
      let parts =
        name.contains(".qkv_proj.") ? ["q", "k", "v"].map { name.replacing(".qkv_proj.", with: ".\($0)_proj.") } : [name]
      let elements = try parts.flatMap { part in
        guard let entry = entries[part] else { throw fault("the tensor \(part) is missing") }
        return entry.elements
      }
      guard elements.count == tensor.count else {
        throw fault("\(name) has \(elements.count) elements, config.json asks for \(tensor.count)")
      }
      try parameters.add(name, .from(elements, shape: tensor.shape))
    }
    self.init(configuration, vocabularySize: file.vocabularySize, parameters: parameters, precision: precision)
  }
}

/// The fields of `config.json` that matter.
private struct ConfigurationFile: Decodable {
  /// The format's own names.
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  let configuration: ModelConfiguration
  let vocabularySize: Int
  /// The digest of the tokenizer that the model was trained with, in hexadecimal.
  let tokenizer: String

  init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: Name.self)
    let vision = try file.nestedContainer(keyedBy: Name.self, forKey: Name("vision_config"))
    let text = try file.nestedContainer(keyedBy: Name.self, forKey: Name("text_config"))
    func tower(_ fields: KeyedDecodingContainer<Name>) throws -> ModelConfiguration.Tower {
      try .init(
        width: fields.decode(Int.self, forKey: Name("hidden_size")),
        layers: fields.decode(Int.self, forKey: Name("num_hidden_layers")),
        heads: fields.decode(Int.self, forKey: Name("num_attention_heads")))
    }
    tokenizer = try file.decode(String.self, forKey: Name("tokenizer_sha256"))
    vocabularySize = try text.decode(Int.self, forKey: Name("vocab_size"))
    var configuration = ModelConfiguration()
    configuration.pictureSize = try vision.decode(Int.self, forKey: Name("image_size"))
    configuration.patchSize = try vision.decode(Int.self, forKey: Name("patch_size"))
    configuration.vision = try tower(vision)
    configuration.text = try tower(text)
    configuration.activation = try text.decode(ModelConfiguration.Activation.self, forKey: Name("hidden_act"))
    configuration.contextLength = try text.decode(Int.self, forKey: Name("max_position_embeddings"))
    configuration.embeddingWidth = try file.decode(Int.self, forKey: Name("projection_dim"))
    self.configuration = configuration
  }
}
