public import ArtifactTypes
public import Core
internal import Counting

/// Finds the pictures of a pool that look like pictures of an evaluation set, by their hashes.
///
/// All pairs of hashes within the distance are found. That their pictures are alike is a guess, which the ids let one
/// check.
/// Source: MetaCLIP 2, §4.
public struct FindNearDuplicates: Stage {
  /// The hashes of the pool's pictures, from ``HashPictures``.
  public var pool: PictureHashes
  /// The hashes of the evaluation set's pictures, with the same options as those of the pool.
  public var evaluation: PictureHashes
  /// The most bits of 64 in which two hashes may differ, 0...31.
  ///
  /// Source of the default: of the 61 pairs of a drawing of Openclipart and a stamp of Tux Paint that differ in up to
  /// 3 bits, both rendered at 64 pixels, 60 are the same drawing; of the 21 that differ in 4 or 5 one is. Pictures
  /// should be rendered at one size: of the stamps at 32 and at 64 pixels, 61 % differ in up to 3 bits.
  public var maximumDistance = 3

  /// A stage that compares a pool with an evaluation set.
  public init(pool: PictureHashes, evaluation: PictureHashes) {
    self.pool = pool
    self.evaluation = evaluation
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Finds the pairs, on all threads.
  /// - Throws: ``OperationError`` when `maximumDistance` is out of its range, or hashes are damaged.
  public func run(_ context: StageContext) async throws -> NearDuplicates {
    guard 0...HashIndex.limit ~= maximumDistance else {
      throw OperationError(
        operation: "find near-duplicates", subject: "maximumDistance \(maximumDistance)",
        cause: "it must be in 0...\(HashIndex.limit)")
    }

    let evaluationIDs = try evaluation.ids()
    let index = HashIndex(try evaluation.hashes(), maximumDistance: maximumDistance)
    let (ids, hashes) = (try pool.ids(), try pool.hashes())

    let size = 1 << 14
    let pieces = (hashes.count + size - 1) / size
    let find: @Sendable (Int) -> [NearDuplicates.Match] = { piece in
      var found: [NearDuplicates.Match] = []
      for position in piece * size..<min((piece + 1) * size, hashes.count) {
        index.forEach(near: hashes[position]) { other, distance in
          found.append(.init(pool: ids[position], evaluation: evaluationIDs[other], distance: distance))
        }
      }
      return found
    }
    let found = try await concurrentMap(
      count: pieces, threads: context.threads, progress: { context.progress($0, of: pieces, "pieces") }, find)

    let matches = found.flatMap(\.self)
    context.measure("pairs found", Double(matches.count))
    context.measure("pictures of the pool in them", Double(Set(matches.map(\.pool)).count))
    return try NearDuplicates.write(matches, path: context.file("duplicates.csv"))
  }
}

/// Removes the pairs whose pictures look like pictures of an evaluation set.
public struct RemoveNearDuplicates: Stage {
  /// The pairs of the pool.
  public var pairs: Pairs
  /// The near-duplicates, from ``FindNearDuplicates`` with the pairs' pictures as the pool.
  public var duplicates: NearDuplicates

  /// A stage that removes near-duplicates from pairs.
  public init(pairs: Pairs, duplicates: NearDuplicates) {
    self.pairs = pairs
    self.duplicates = duplicates
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Writes the pairs that are kept, in their order and shards.
  public func run(_ context: StageContext) async throws -> Pairs {
    let pictures = try duplicates.poolPictures()
    var removed = 0
    let kept = try await PairPieces(pairs).map(
      context,
      { pair in
        let isDuplicate = pictures.contains(pair.image)
        return (isDuplicate ? nil : pair, isDuplicate)
      }, each: { if $0 { removed += 1 } })
    context.measure("pairs removed", Double(removed))
    return kept
  }
}
