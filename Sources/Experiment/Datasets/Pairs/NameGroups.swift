public import ArtifactTypes
public import Core
internal import Imaging

/// Makes classes of the groups that pairs have, each named by its group: `hand_soap` becomes the class with that id
/// and the name “hand soap”. With them and the pairs as labels, pictures are classified zero-shot.
public struct NameGroups: Stage {
  /// Pairs with groups, such as those of ``ReadGeoDE``.
  public var pairs: Pairs
  /// The language of the names.
  public var language = "en"

  /// Names the groups of some pairs in English.
  public init(_ pairs: Pairs) { self.pairs = pairs }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Makes the classes in the order of their ids, each with one `name`.
  /// - Throws: ``OperationError`` when no pair has a group.
  public func run(_ context: StageContext) async throws -> Pairs {
    let groups = try pairs.groups()
    guard !groups.isEmpty else {
      throw OperationError(
        operation: "name groups", subject: "\(try pairs.count()) pairs", cause: "none of them has a group")
    }
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    for group in groups.sorted(by: { $0.precedes($1) }) {
      let name = group.replacing("_", with: " ")
      try writer.write(Pair(id: group, image: group, texts: [PairText(name, field: "name", language: language)]))
    }
    return try writer.finish()
  }
}
