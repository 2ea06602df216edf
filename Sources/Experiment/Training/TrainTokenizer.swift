public import ArtifactTypes
public import Core

/// Trains a SentencePiece unigram tokenizer on the texts of pairs.
///
/// Ids: padding 0, unknown 1, beginning 2, end 3. Every distinct text counts once. Equal inputs give equal bytes.
/// Source: Kudo, 2018 (arXiv 1804.10959).
public struct TrainTokenizer: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The pairs whose texts are read.
  public var pairs: Pairs
  /// The largest number of pieces, special ones included.
  public var vocabularySize = 16_000
  /// The share of all characters that get pieces of their own; the rest is unknown.
  public var characterCoverage = 0.9998
  /// SentencePiece's rule for normalising texts: `nmt_nfkc`, with `_cf` in lower case, or `identity`.
  public var normalization = "nmt_nfkc"
  /// The number of threads that count pieces. Part of the result: sums of another number of threads differ in the last
  /// bits.
  public var threads = 2

  /// A tokenizer of a size.
  public init(pairs: Pairs, vocabularySize: Int = 16_000) {
    self.pairs = pairs
    self.vocabularySize = vocabularySize
  }

  /// Trains the tokenizer.
  /// - Throws: ``OperationError`` when there are no texts, or SentencePiece refuses the settings; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Tokenizer {
    var seen: Set<String> = []
    var texts: [UInt8] = []
    var offsets: [Int64] = [0]
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      try Task.checkCancellation()
      for text in pair.texts where !text.text.isEmpty && seen.insert(text.text).inserted {
        texts += Array(text.text.utf8)
        offsets.append(Int64(texts.count))
      }
    }
    guard offsets.count > 1 else {
      throw OperationError(
        operation: "train the tokenizer", subject: "\(pairs.content.files[0].name)", cause: "there are no texts")
    }

    let bytes = try SentencePieceModel.train(
      texts: texts, offsets: offsets, vocabulary: vocabularySize, coverage: characterCoverage,
      normalization: normalization, threads: threads)
    context.measure("texts", Double(offsets.count - 1))
    return try Tokenizer(content: ArtifactContent(bytes: bytes, name: "tokenizer.model"))
  }
}
