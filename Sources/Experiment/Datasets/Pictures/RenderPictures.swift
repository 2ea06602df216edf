public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Scales the pictures of a folder and its sub-folders to one size, each fitted into a square.
///
/// A picture's id is its path in the folder without its ending: `n01440764/ILSVRC2012_val_00000293` of ImageNet,
/// `000411001ff7dd4f` of Crossmodal-3600. Pictures that cannot be decoded are counted, noted and left out.
public struct RenderPictures: Stage {
  /// The folder with the pictures.
  public var folder: InputFolder
  /// The pairs whose pictures are read; all pictures when this and ``questions`` are `nil`.
  public var pairs: Pairs?
  /// The questions whose pictures are read; all pictures when this and ``pairs`` are `nil`.
  public var questions: ChoiceQuestions?
  /// Width and height in pixels.
  public var size = 32

  /// Endings of the names of files with pictures.
  public static let suffixes = EncodedPictures.suffixes

  private static let operation = "read the pictures"

  /// Reads the files of a folder that have the endings ``suffixes``.
  /// - Parameters:
  ///   - path: the folder.
  ///   - size: width and height in pixels.
  public init(folder path: String, size: Int = 32) {
    folder = InputFolder(path, suffixes: Self.suffixes)
    self.size = size
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips, and the libraries and fonts by which drawings become pixels.
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  /// Reads the pictures in the order of their paths. Pictures that were asked for and are not there are noted.
  /// - Throws: ``OperationError`` when the folder cannot be read or no picture can be used.
  public func run(_ context: StageContext) async throws -> PictureSet {
    let isChosen = pairs != nil || questions != nil
    var wanted = try pairs?.imageIDs() ?? []
    wanted.formUnion(try questions?.all().map(\.image) ?? [])

    var seen: Set<String> = []
    var faults = FaultCounts()
    var entries: [PictureFiles.Entry] = []
    for file in try folder.files() where !isChosen || wanted.contains(file.stem) {
      if seen.insert(file.stem).inserted {
        entries.append(PictureFiles.Entry(id: file.stem, path: file.path))
      } else {
        faults.add("pictures have the name of another but for its ending and are left out", file.relativePath)
      }
    }
    for id in wanted.subtracting(seen).sorted() { faults.add("pictures that were asked for are not there", id) }
    try faults.check(kept: entries.count, operation: Self.operation, subject: folder.path)
    faults.note(in: context)

    return try await PictureFiles(entries: entries).render(
      size: size, operation: Self.operation, subject: folder.path, context)
  }
}
