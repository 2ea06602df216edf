public import ArtifactTypes
public import Core
internal import Imaging

/// Combines several sets of pairs, the first set's pairs first.
public struct CombinePairs: Stage {
  /// The sets; their pairs' ids are distinct.
  public var sets: [Pairs]

  /// Combines sets whose pairs' ids are distinct.
  public init(_ sets: Pairs...) { self.sets = sets }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Copies the pairs.
  /// - Throws: ``OperationError`` when two of the sets have a pair of the same id.
  public func run(_ context: StageContext) async throws -> Pairs {
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var seen: Set<String> = []
    for set in sets {
      try set.forEach({ pair in
        try Task.checkCancellation()
        guard seen.insert(pair.id).inserted else {
          throw OperationError(
            operation: "combine pairs", subject: pair.id, cause: "two of the sets have a pair of this id")
        }
        try writer.write(pair)
      })
    }
    return try writer.finish()
  }
}
