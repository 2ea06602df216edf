public import Provenance

/// A SentencePiece model: cuts text into the pieces that a text encoder reads.
///
/// One file, `tokenizer.model`, which every SentencePiece reads. Opening it is the training module's work.
public struct Tokenizer: FileArtifact {
  public static var format: String { "sentencepiece/1" }

  public let content: ArtifactContent

  /// - Throws: ``ContentError`` when the content is not one file.
  public init(content: ArtifactContent) throws {
    guard content.files.count == 1 else { throw ContentError.severalFiles(content.files.map(\.name)) }
    self.content = content
  }
}
