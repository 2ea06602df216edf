public import ArtifactTypes
public import Core
internal import Imaging

/// Several sets of pairs in one, the first set's pairs first.
public struct CombinePairs: Stage {
  /// Their pairs' ids are distinct.
  public var sets: [Pairs]

  public init(_ sets: Pairs...) { self.sets = sets }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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

/// Several sets of pictures of one size in one, the first set's pictures first.
public struct CombinePictures: Stage {
  /// Their pictures' ids are distinct.
  public var sets: [PictureSet]

  public init(_ sets: PictureSet...) { self.sets = sets }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> PictureSet {
    let opened = try sets.map { try $0.open() }
    guard let first = opened.first, opened.allSatisfy({ $0.width == first.width && $0.height == first.height }) else {
      throw OperationError(
        operation: "combine pictures", subject: opened.map { "\($0.width)×\($0.height)" }.joined(separator: ", "),
        cause: "the sets are not of one size; read them with the same `size`")
    }
    let writer = try PictureSetWriter(
      folder: context.scratch, count: opened.reduce(0) { $0 + $1.count }, width: first.width, height: first.height)
    for pictures in opened {
      for (position, id) in pictures.ids.enumerated() {
        try Task.checkCancellation()
        try writer.write(id: id, pixels: pictures.pixels(at: position))
      }
    }
    return try writer.finish()
  }
}
