public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Brings the pictures of a folder and its sub-folders to one size, each fitted into a square.
///
/// A picture's id is its path below the folder without its ending: `n01440764/ILSVRC2012_val_00000293` of ImageNet, `000411001ff7dd4f` of
/// Crossmodal-3600. Pictures that cannot be decoded are counted, noted and left out.
public struct RenderPictures: Stage {
  public var folder: InputFolder
  /// Only the pictures that these pairs name; all when `nil`.
  public var pairs: Pairs?
  /// Only the pictures that these questions are about; all when `nil`.
  public var questions: ChoiceQuestions?
  /// Width and height in pixels.
  public var size = 32

  /// Endings of the names of files with pictures.
  public static let suffixes = EncodedPictures.suffixes

  /// - Parameter path: a folder; its files with the endings ``suffixes`` are read.
  public init(folder path: String, size: Int = 32) {
    folder = InputFolder(path, suffixes: Self.suffixes)
    self.size = size
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  public func run(_ context: StageContext) async throws -> PictureSet {
    let operation = "read the pictures"
    var wanted: Set<String> = []
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs?.forEach { wanted.insert($0.image) }
    wanted.formUnion(try questions?.all().map(\.image) ?? [])
    let isChosen = pairs != nil || questions != nil
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
    try faults.check(kept: entries.count, operation: operation, subject: folder.path)
    faults.note(in: context)
    return try await PictureFiles(entries: entries).render(
      size: size, operation: operation, subject: folder.path, context)
  }
}
