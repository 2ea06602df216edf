public import Core

/// A SentencePiece model, which cuts text into the pieces that a text encoder reads.
///
/// `tokenizer.model`, which every SentencePiece reads; where the ids are not those of that file, also `ids.txt` with
/// the name of their rule. The training module opens it.
public struct Tokenizer: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "sentencepiece/1" }

  /// The rule for the ids that a text encoder sees.
  public enum IDs: String, Codable, Hashable, Sendable, CaseIterable {
    /// The ids of the file; a text ends with the file's end. For mT5, and for tokenizers that Colophon trains.
    case stored
    /// `<s>` 0, `<pad>` 1, `</s>` 2, `<unk>` 3, then the file's pieces without its first three, and `<mask>`; a text
    /// begins with `<s>` and ends with `</s>`. For XLM-R and XLM-V, which were trained with the fairseq library.
    case fairseq
  }

  /// The artifact's files.
  public let content: ArtifactContent

  /// The rule for the ids that a text encoder sees.
  public let ids: IDs

  /// Opens a tokenizer without reading its model.
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

  /// Unites a model with its rule.
  /// - Parameters:
  ///   - model: the bytes of a SentencePiece model.
  ///   - ids: the rule for the ids.
  public init(model: [UInt8], ids: IDs) throws {
    var files = ArtifactContent(bytes: model, name: "tokenizer.model").files
    if ids != .stored { files += ArtifactContent(bytes: Array(ids.rawValue.utf8), name: "ids.txt").files }
    try self.init(content: ArtifactContent(files: files))
  }

  /// The file of the SentencePiece model.
  public func model() throws -> ContentFile {
    guard let file = content["tokenizer.model"] else {
      throw OperationError(operation: "open a tokenizer", subject: "tokenizer.model", cause: "it is missing")
    }
    return file
  }
}
