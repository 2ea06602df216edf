public import Core

/// Pairs in files for others to read: JSON Lines, packed or not, `pairs-00000.jsonl.gz`, `pairs-00001.jsonl.gz`, ….
///
/// The lines are those of ``Pairs``. `ReadPairs` reads them back.
public struct PairFiles: FileArtifact {
  public static var format: String { "pair-files/1" }

  public let content: ArtifactContent

  public init(content: ArtifactContent) throws { self.content = content }
}

extension PairFiles: Presentable {
  public var presentation: Presentation {
    let names =
      content.files.count == 1 ? content.files[0].name : "\(content.files[0].name) and \(content.files.count - 1) more"
    return .text("\(names), \(content.byteCount) bytes")
  }
}
