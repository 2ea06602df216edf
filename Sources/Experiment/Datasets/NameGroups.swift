public import ArtifactTypes
public import Core
internal import Imaging

/// Makes classes of the groups that pairs have, each named by its group: `hand_soap` becomes the class with that id and the name “hand
/// soap”. With them and the pairs as labels, pictures are classified zero-shot.
public struct NameGroups: Stage {
  /// Pairs with groups, such as those of ``ReadGeoDE``.
  public var pairs: Pairs
  /// The language of the names.
  public var language = "en"

  public init(_ pairs: Pairs) { self.pairs = pairs }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    var groups: Set<String> = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in if let group = pair.group { groups.insert(group) } }
    guard !groups.isEmpty else {
      throw OperationError(
        operation: "name groups", subject: "\(try pairs.count()) pairs", cause: "none of them has a group")
    }
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    for group in groups.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let name = group.replacing("_", with: " ")
      try writer.write(Pair(id: group, image: group, texts: [PairText(name, field: "name", language: language)]))
    }
    return try writer.finish()
  }
}
