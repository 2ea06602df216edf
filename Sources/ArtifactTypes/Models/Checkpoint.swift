public import Provenance

/// A trained model of pictures and texts.
///
/// Three files: `model.safetensors` and `config.json` in the layout that `MetaClip2Model` of the transformers library reads, and
/// `log.json`, how the training went.
public struct Checkpoint: FileArtifact {
  public static var format: String { "clip/1" }

  public let content: ArtifactContent

  /// - Throws: ``ArtifactTypesError`` when a file is not there.
  public init(content: ArtifactContent) throws {
    for name in ["config.json", "log.json", "model.safetensors"] where content[name] == nil {
      throw ArtifactTypesError(
        operation: "open a checkpoint", subject: content.files.map(\.name).joined(separator: ", "), cause: "\(name) is missing")
    }
    self.content = content
  }

  /// How the training went: a row every few steps with the columns step, pairs, loss, learning rate and logit scale.
  public func log() throws -> Table { try Table(content: ArtifactContent(files: [file("log.json")])) }

  /// One of the files.
  /// - Throws: ``ArtifactTypesError`` when there is none of that name.
  public func file(_ name: String) throws -> ContentFile {
    guard let file = content[name] else {
      throw ArtifactTypesError(operation: "open a checkpoint", subject: name, cause: "it has no such file")
    }
    return file
  }
}

extension Checkpoint: Presentable {
  public var presentation: Presentation {
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
