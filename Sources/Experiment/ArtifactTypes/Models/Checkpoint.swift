public import Core

/// A trained model of pictures and texts.
///
/// `model.safetensors` and `config.json` in the layout that `MetaClip2Model` of the transformers library reads;
/// `log.json` with the course of the training, when Colophon has trained the model; further files for that library.
public struct Checkpoint: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "clip/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens a checkpoint without reading it.
  /// - Throws: ``OperationError`` when `model.safetensors` or `config.json` is missing.
  public init(content: ArtifactContent) throws {
    for name in ["config.json", "model.safetensors"] where content[name] == nil {
      throw OperationError(
        operation: "open a checkpoint", subject: content.files.map(\.name).joined(separator: ", "),
        cause: "\(name) is missing")
    }
    self.content = content
  }

  /// The course of the training: a row every few steps with the columns step, pairs, loss, learning rate, logit scale
  /// and gradient norm.
  /// - Throws: ``OperationError`` when Colophon has not trained the model.
  public func log() throws -> Table { try Table(content: ArtifactContent(files: [file("log.json")])) }

  /// The file of a name.
  /// - Throws: ``OperationError`` when it does not exist.
  public func file(_ name: String) throws -> ContentFile {
    guard let file = content[name] else {
      throw OperationError(operation: "open a checkpoint", subject: name, cause: "it has no such file")
    }
    return file
  }
}

extension Checkpoint: Presentable {
  /// The size, and the last step of a training.
  public var presentation: Presentation {
    guard content["log.json"] != nil else {
      return .text("a checkpoint of \(content.byteCount) bytes that was trained elsewhere")
    }
    do {
      let log = try log()
      return .blocks([
        .text("a checkpoint of \(content.byteCount) bytes; its last step:"),
        .table(Table(columns: log.columns, rows: log.rows.suffix(1))),
      ])
    } catch {
      return .text("a checkpoint that cannot be read: \(error)")
    }
  }
}
