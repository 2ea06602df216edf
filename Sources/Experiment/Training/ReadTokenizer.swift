public import ArtifactTypes
public import Core
internal import FileFormats

/// Reads a SentencePiece model that was trained elsewhere, such as that of XLM-V or mT5.
///
/// Texts get the ids that the fast tokenizers of the transformers library give them.
public struct ReadTokenizer: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The model, often called `sentencepiece.bpe.model` or `spiece.model`.
  public var file: InputFile
  /// The rule for the ids that the text encoder sees: `.fairseq` for XLM-R and XLM-V, `.stored` for mT5 and most
  /// others.
  public var ids: Tokenizer.IDs

  /// Reads a model under a rule for its ids.
  public init(file: InputFile, ids: Tokenizer.IDs) {
    self.file = file
    self.ids = ids
  }

  /// Reads the file and checks it.
  /// - Throws: ``OperationError`` when the file cannot be read, is not a model, or has no piece that ends a text.
  public func run(_ context: StageContext) async throws -> Tokenizer {
    let mapped = try MappedBytes(path: file.path)
    let bytes = withExtendedLifetime(mapped) { Array(mapped.bytes) }
    let model = try SentencePieceModel(bytes: bytes, ids: ids)
    guard model.end >= 0 else {
      throw OperationError(
        operation: "read the tokenizer", subject: file.path,
        cause: "it has no piece that ends a text: take one that was trained with </s>")
    }
    context.measure("pieces", Double(model.count))
    return try Tokenizer(model: bytes, ids: ids)
  }
}
