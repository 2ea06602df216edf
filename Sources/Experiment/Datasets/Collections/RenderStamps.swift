public import ArtifactTypes
public import Core
internal import Imaging

/// Scales the pictures of Tux Paint's stamps to one size: bitmaps and vector drawings, fitted into a square,
/// transparent margins cut off.
public struct RenderStamps: Stage {
  /// The stamps, from the Debian package tuxpaint-stamps-default.
  public var folder = InputFolder("/usr/share/tuxpaint/stamps", suffixes: [".png", ".svg"])
  /// The pairs whose pictures are read; all pictures when `nil`.
  public var pairs: Pairs?
  /// Width and height in pixels.
  public var size = 32

  /// Reads the stamps of the Debian package.
  /// - Parameters:
  ///   - pairs: the pairs whose pictures are read; all pictures when `nil`.
  ///   - size: width and height in pixels.
  public init(pairs: Pairs? = nil, size: Int = 32) {
    self.pairs = pairs
    self.size = size
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips, and the libraries and fonts by which drawings become pixels.
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  /// Reads the pictures in the order of the stamps' ids, which are those of ``ReadStamps``.
  /// - Throws: ``OperationError`` when the folder cannot be read or no picture can be used.
  public func run(_ context: StageContext) async throws -> PictureSet {
    let wanted = try pairs?.imageIDs()
    let entries = try StampFiles.find(in: folder).filter { wanted?.contains($0.id) ?? true }
      .map { PictureFiles.Entry(id: $0.id, path: $0.picture) }
    return try await PictureFiles(entries: entries, trimming: true).render(
      size: size, operation: "read stamps", subject: folder.path, context)
  }
}
