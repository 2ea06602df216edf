public import ArtifactTypes
public import Core
internal import Imaging

/// Brings the pictures of Tux Paint's stamps to one size: bitmaps and vector drawings, fitted into a square, transparent
/// margins cut off.
public struct RenderStamps: Stage {
  /// From the Debian package tuxpaint-stamps-default.
  public var folder = InputFolder("/usr/share/tuxpaint/stamps", suffixes: [".png", ".svg"])
  /// Only the pictures that these pairs name; all when `nil`.
  public var pairs: Pairs?
  /// Width and height in pixels.
  public var size = 32

  public init(pairs: Pairs? = nil, size: Int = 32) {
    self.pairs = pairs
    self.size = size
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  public func run(_ context: StageContext) async throws -> PictureSet {
    var wanted: Set<String>?
    if let pairs {
      var named: Set<String> = []
      // swift-format-ignore: ReplaceForEachWithForLoop
      try pairs.forEach { named.insert($0.image) }
      wanted = named
    }
    let entries = try StampFiles.find(in: folder).filter { wanted?.contains($0.id) ?? true }
      .map { PictureFiles.Entry(id: $0.id, path: $0.picture) }
    return try await PictureFiles(entries: entries, trimming: true).render(
      size: size, operation: "read stamps", subject: folder.path, context)
  }
}
