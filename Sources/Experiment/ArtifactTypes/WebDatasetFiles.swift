public import Core

/// Pictures with their texts in WebDataset shards, for other programs: `00000.tar`, `00001.tar`, ….
///
/// Each sample is a picture, `000000017.png`, and its pair, `000000017.json`, a line of ``Pairs``. `ReadWebDataset` and
/// `RenderWebDataset` read them back.
public struct WebDatasetFiles: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "webdataset/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens shards without reading them.
  public init(content: ArtifactContent) throws { self.content = content }
}

extension WebDatasetFiles: Presentable {
  /// The names of the files and their size.
  public var presentation: Presentation {
    let names =
      content.files.count == 1 ? content.files[0].name : "\(content.files[0].name) and \(content.files.count - 1) more"
    return .text("\(names), \(content.byteCount) bytes")
  }
}
