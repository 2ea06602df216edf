public import ArtifactTypes
public import Core
internal import Tensor

/// The embeddings of the texts of pairs. A text's id is its pair's id, a slash, and its place among the pair's texts, from 0.
public struct EncodeTexts: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  public var checkpoint: Checkpoint
  public var tokenizer: Tokenizer
  public var pairs: Pairs
  /// Only texts of these languages; of all when empty.
  public var languages: [String] = []
  /// Only texts of these fields, such as `name`; of all when empty.
  public var fields: [String] = []
  /// How many threads compute.
  public var threads = 2

  public init(checkpoint: Checkpoint, tokenizer: Tokenizer, pairs: Pairs) {
    self.checkpoint = checkpoint
    self.tokenizer = tokenizer
    self.pairs = pairs
  }

  public func run(_ context: StageContext) async throws -> Embeddings { try await Torch.inTurn { try encode(context) } }

  private func encode(_ context: StageContext) throws -> Embeddings {
    let model = try TrainedModel(checkpoint, tokenizer: tokenizer, threads: threads)
    var ids: [String] = []
    var texts: [String] = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      for (place, text) in pair.texts.enumerated()
      where (languages.isEmpty || languages.contains(text.language ?? ""))
        && (fields.isEmpty || fields.contains(text.field))
      {
        ids.append("\(pair.id)/\(place)")
        texts.append(text.text)
      }
    }
    return try Embeddings(ids: ids, vectors: model.encode(texts), dimension: model.dimension, folder: context.scratch)
  }
}
