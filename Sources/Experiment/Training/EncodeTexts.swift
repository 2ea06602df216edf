public import ArtifactTypes
public import Core
internal import Tensor

/// The embeddings of the texts of pairs.
///
/// A text's id is its pair's id, a slash, and its position among the pair's texts, from 0.
public struct EncodeTexts: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libtorch: another one may give other last bits.
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// The model.
  public var checkpoint: Checkpoint
  /// The tokenizer that the model was trained with.
  public var tokenizer: Tokenizer
  /// The pairs whose texts are encoded.
  public var pairs: Pairs
  /// Only texts of these languages; of all when empty.
  public var languages: [String] = []
  /// Only texts of these fields, such as `name`; of all when empty.
  public var fields: [String] = []
  /// The number of threads that compute.
  public var threads = 2

  /// The embeddings of all texts.
  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pairs: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pairs = pairs
  }

  /// Encodes the texts in the order of the pairs and of their texts.
  /// - Returns: embeddings of length 1.
  /// - Throws: ``OperationError`` when the checkpoint is damaged or the tokenizer is not its own; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Embeddings { try await Torch.inTurn { try encode(context) } }

  private func encode(_ context: StageContext) throws -> Embeddings {
    let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
    var ids: [String] = []
    var texts: [String] = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      for (position, text) in pair.texts.enumerated()
      where (languages.isEmpty || languages.contains(text.language ?? ""))
        && (fields.isEmpty || fields.contains(text.field))
      {
        ids.append("\(pair.id)/\(position)")
        texts.append(text.text)
      }
    }
    return try Embeddings(ids: ids, vectors: model.encode(texts), dimension: model.dimension, folder: context.scratch)
  }
}
