public import Core

/// Pairs in files for other programs: JSON Lines, compressed or not, `pairs-00000.jsonl.gz`, `pairs-00001.jsonl.gz`, ….
///
/// The lines are those of ``Pairs``. `ReadPairs` reads them back.
public struct PairFiles: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "pair-files/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens files without reading them.
  public init(content: ArtifactContent) throws { self.content = content }
}

extension PairFiles: Presentable {
  /// The names of the files and their size.
  public var presentation: Presentation {
    let names =
      content.files.count == 1 ? content.files[0].name : "\(content.files[0].name) and \(content.files.count - 1) more"
    return .text("\(names), \(content.byteCount) bytes")
  }
}
