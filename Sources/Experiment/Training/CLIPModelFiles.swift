package import ArtifactTypes
package import Core
internal import FileFormats
internal import Foundation
internal import Tensor

// The files of a checkpoint: safetensors and configuration as `MetaClip2Model` of the transformers library reads them.

extension CLIPModel {
  /// The bytes of `model.safetensors`: the parameters as float32, named as by `MetaClip2Model`.
  package func safetensors() throws -> [UInt8] {
    var entries: [String: Safetensors.Entry] = [:]
    for plan in configuration.parameterPlans(vocabularySize: vocabularySize) {
      let elements = try parameters[plan.name].elements(as: Float.self)
      for stored in plan.stored(patchSize: configuration.patchSize) {
        entries[stored.name] = .init(shape: stored.shape, elements: Array(elements[stored.elements]))
      }
    }
    return try Safetensors.encode(entries, metadata: ["format": "pt"])
  }

  /// The bytes of `config.json`.
  /// - Parameters:
  ///   - tokenizer: the digest of the tokenizer that the model was trained with.
  ///   - ids: the special ids of that tokenizer.
  package func configurationFile(tokenizer: Digest, ids: SpecialIDs = .trained) throws -> [UInt8] {
    ConfigurationFile.encode(configuration, vocabularySize: vocabularySize, ids: ids, tokenizer: tokenizer)
  }

  /// The model of a checkpoint.
  /// - Parameters:
  ///   - tokenizer: the one that the model was trained with; `nil` when no texts will be encoded.
  ///   - precision: the type in which the model multiplies.
  /// - Throws: ``OperationError`` when the files do not fit together (every tensor that is missing, misshaped or too
  ///   many is listed), a weight is not finite, the weights' file is damaged, or the tokenizer is another one.
  package init(_ checkpoint: Checkpoint, tokenizer: Tokenizer?, precision: Precision) throws {
    let file = try ConfigurationFile(checkpoint.file("config.json").bytes(), operation: "load the model")
    if let tokenizer { try file.check(tokenizer, subject: checkpoint.content.digest.short) }

    let weights = try WeightFiles([("model.safetensors", MappedBytes(checkpoint.file("model.safetensors")))])
    let configuration = file.configuration
    try weights.check(configuration.storedTensors(vocabularySize: file.vocabularySize).map { ($0.name, $0.shape) })
    var parameters = Parameters()
    var notFinite: Set<String> = []
    // A parameter may be several tensors of the file, such as queries, keys and values.
    for plan in configuration.parameterPlans(vocabularySize: file.vocabularySize) {
      var elements: [Float] = []
      for stored in plan.stored(patchSize: configuration.patchSize) {
        let part = try weights.elements(of: stored.name)
        if !part.areFinite { notFinite.insert(stored.name) }
        if elements.isEmpty { elements = part } else { elements += part }
      }
      try parameters.add(plan.name, .from(elements, shape: plan.shape))
    }
    try weights.reject(notFinite)

    self.init(configuration, vocabularySize: file.vocabularySize, parameters: parameters, precision: precision)
  }
}

extension ConfigurationFile {
  /// Checks that a tokenizer may be the model's own.
  ///
  /// It must be the one that the file names. If the file names none, the tokenizer must have no id that the model does
  /// not know, and end a text with the id that the file gives.
  /// - Parameter subject: the checkpoint, for errors.
  /// - Throws: ``OperationError`` when it cannot be the model's own.
  func check(_ tokenizer: Tokenizer, subject: String) throws {
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: "load the model", subject: subject, cause: cause)
    }

    if let wanted = self.tokenizer {
      guard wanted == tokenizer.content.digest.hexadecimal else {
        throw fault(
          """
          it was trained with the tokenizer \(wanted.prefix(12)), not with \(tokenizer.content.digest.short): pass \
          that one
          """)
      }
      return
    }

    // The file names no tokenizer: only ids can be compared.
    let model = try SentencePieceModel(tokenizer)
    guard model.count <= vocabularySize else {
      throw fault(
        """
        it knows \(vocabularySize) pieces, the tokenizer has \(model.count): pass the one that it was trained with
        """)
    }
    if let end, end != model.end {
      throw fault(
        """
        a text ends with the id \(end), with this tokenizer it would end with \(model.end): pass the one that it was \
        trained with
        """)
    }
  }
}
