public import Core

/// A trained model of pictures and texts.
///
/// `model.safetensors` and `config.json` in the layout that `MetaClip2Model` of the transformers library reads; `log.json`, how the
/// training went, where the model was trained here; further files for that library.
public struct Checkpoint: FileArtifact {
  public static var format: String { "clip/1" }

  public let content: ArtifactContent

  /// - Throws: ``OperationError`` when a file is not there.
  public init(content: ArtifactContent) throws {
    for name in ["config.json", "model.safetensors"] where content[name] == nil {
      throw OperationError(
        operation: "open a checkpoint", subject: content.files.map(\.name).joined(separator: ", "),
        cause: "\(name) is missing")
    }
    self.content = content
  }

  /// How the training went, of a model that was trained here: a row every few steps with the columns step, pairs, loss, learning rate, logit
  /// scale and gradient norm.
  /// - Throws: ``OperationError`` when the model comes from elsewhere.
  public func log() throws -> Table { try Table(content: ArtifactContent(files: [file("log.json")])) }

  /// One of the files.
  /// - Throws: ``OperationError`` when there is none of that name.
  public func file(_ name: String) throws -> ContentFile {
    guard let file = content[name] else {
      throw OperationError(operation: "open a checkpoint", subject: name, cause: "it has no such file")
    }
    return file
  }
}

extension Checkpoint: Presentable {
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
