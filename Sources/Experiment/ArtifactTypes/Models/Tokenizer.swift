public import Core

/// A SentencePiece model: cuts text into the pieces that a text encoder reads.
///
/// `tokenizer.model`, which every SentencePiece reads, and, where ids are not those of that file, `ids.txt` with the rule's name.
/// Opening it is the training module's work.
public struct Tokenizer: FileArtifact {
  public static var format: String { "sentencepiece/1" }

  /// Which ids a text encoder sees.
  public enum IDs: String, Codable, Hashable, Sendable, CaseIterable {
    /// Those of the file; a text ends with the file's end. So it is for mT5, and for tokenizers that are trained here.
    case stored
    /// `<s>` 0, `<pad>` 1, `</s>` 2, `<unk>` 3, then the file's pieces from its third on, and `<mask>`; a text begins with `<s>` and
    /// ends with `</s>`. So it is for XLM-R and XLM-V, which were trained with the fairseq library.
    case fairseq
  }

  public let content: ArtifactContent

  /// Which ids a text encoder sees.
  public let ids: IDs

  /// - Throws: ``OperationError`` when there is no `tokenizer.model` or the rule of ids is unknown.
  public init(content: ArtifactContent) throws {
    func fault(_ cause: String) -> OperationError {
      OperationError(
        operation: "open a tokenizer", subject: content.files.map(\.name).joined(separator: ", "), cause: cause)
    }
    guard content["tokenizer.model"] != nil else { throw fault("tokenizer.model is missing") }
    if let file = content["ids.txt"] {
      guard let ids = IDs(rawValue: String(decoding: try file.bytes(), as: UTF8.self)) else {
        throw fault("ids.txt names no rule; there are \(IDs.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      self.ids = ids
    } else {
      ids = .stored
    }
    self.content = content
  }

  /// - Parameter model: the bytes of a SentencePiece model.
  public init(model: [UInt8], ids: IDs) throws {
    var files = ArtifactContent(bytes: model, name: "tokenizer.model").files
    if ids != .stored { files += ArtifactContent(bytes: Array(ids.rawValue.utf8), name: "ids.txt").files }
    try self.init(content: ArtifactContent(files: files))
  }

  /// The SentencePiece model.
  public func model() throws -> ContentFile {
    guard let file = content["tokenizer.model"] else {
      throw OperationError(operation: "open a tokenizer", subject: "tokenizer.model", cause: "it is missing")
    }
    return file
  }
}
