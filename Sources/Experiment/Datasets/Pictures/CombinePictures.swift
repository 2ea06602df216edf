public import ArtifactTypes
public import Core
internal import Imaging

/// Combines several sets of pictures of one size, the first set's pictures first.
public struct CombinePictures: Stage {
  /// The sets; their pictures' ids are distinct.
  public var sets: [PictureSet]

  /// Combines sets whose pictures' ids are distinct.
  public init(_ sets: PictureSet...) { self.sets = sets }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Copies the pictures.
  /// - Throws: ``OperationError`` when the sets' pictures are not of one size.
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
