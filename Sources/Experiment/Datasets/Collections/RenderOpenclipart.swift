public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Scales the pictures that some pairs of ``ReadOpenclipart`` name to one size, transparent margins cut off.
///
/// Only the pictures of `pairs` are read: after curation that is far fewer than there are.
public struct RenderOpenclipart: Stage {
  /// Pairs whose pictures are wanted; those of other sources among them are skipped.
  public var pairs: Pairs
  /// The drawings, from the Debian package openclipart-svg.
  public var drawings = InputFolder("/usr/share/openclipart/svg", suffixes: [".svg"])
  /// The same as bitmaps, from the Debian package openclipart-png: for drawings that cannot be drawn, or are outside
  /// their page. They are very large, so that drawing is quicker.
  public var bitmaps = InputFolder("/usr/share/openclipart/png", suffixes: [".png"])
  /// Width and height in pixels.
  public var size = 32

  /// Reads the pictures of the Debian packages.
  /// - Parameters:
  ///   - pairs: the pairs whose pictures are wanted.
  ///   - size: width and height in pixels.
  public init(pairs: Pairs, size: Int = 32) {
    self.pairs = pairs
    self.size = size
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips, and the libraries and fonts by which drawings become pixels.
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  /// Reads the pictures in the order in which the pairs first name them. Pictures that are not there, or cannot be
  /// decoded, are left out and noted.
  /// - Throws: ``OperationError`` when no picture is there or can be used.
  public func run(_ context: StageContext) async throws -> PictureSet {
    let drawings = try paths(drawings)
    let bitmaps = try paths(bitmaps)
    var entries: [PictureFiles.Entry] = []
    var seen: Set<String> = []
    var missing = FaultCounts()
    try pairs.forEach({ pair in
      guard pair.image.hasPrefix("openclipart/"), seen.insert(pair.image).inserted else { return }
      if let path = drawings[pair.image] ?? bitmaps[pair.image] {
        entries.append(PictureFiles.Entry(id: pair.image, path: path, otherwise: bitmaps[pair.image]))
      } else {
        missing.add("pairs name a picture that is not there", pair.image)
      }
    })

    try missing.check(kept: entries.count, operation: "read the clip art", subject: self.drawings.path)
    missing.note(in: context)
    return try await PictureFiles(entries: entries, trimming: true).render(
      size: size, operation: "read the clip art", subject: self.drawings.path, context)
  }

  /// The path of each picture, by id.
  private func paths(_ folder: InputFolder) throws -> [String: String] {
    Dictionary(try folder.files().map { ("openclipart/" + $0.stem, $0.path) }, uniquingKeysWith: { first, _ in first })
  }
}
