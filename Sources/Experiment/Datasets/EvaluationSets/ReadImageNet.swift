public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the class of each picture of an ImageNet folder: a folder for each class, named by its WordNet id.
///
/// `n01440764/ILSVRC2012_val_00000293.JPEG` becomes a pair whose `id` and `image` are the path without its ending and
/// whose `group` is the class; its text is the class too, as `class` in no language. Any folder of folders of
/// pictures has this form. The names of the classes come from ``ReadBabelImageNet``, the pictures from
/// ``RenderPictures``.
public struct ReadImageNet: Stage {
  /// The folder with a sub-folder for each class.
  public var folder: InputFolder

  /// Reads the pictures of a folder, those with the endings ``RenderPictures/suffixes``.
  /// - Parameter path: such as `imagenet/val`.
  public init(folder path: String) { folder = InputFolder(path, suffixes: RenderPictures.suffixes) }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the classes in the order of the pictures' paths. The pictures are not opened.
  /// - Throws: ``OperationError`` when the folder cannot be read or no picture is in a class's folder.
  public func run(_ context: StageContext) async throws -> Pairs {
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    var faults = FaultCounts()
    var seen: Set<String> = []
    for file in try folder.files() {
      let parts = file.relativePath.split(separator: "/")
      if parts.count < 2 {
        faults.add("pictures are in no class's folder", file.relativePath)
      } else if !seen.insert(file.stem).inserted {
        faults.add("pictures have the name of another but for its ending and are left out", file.relativePath)
      } else {
        let name = String(parts[0])
        try writer.write(Pair(id: file.stem, image: file.stem, texts: [PairText(name, field: "class")], group: name))
      }
    }
    try faults.check(kept: writer.count, operation: "read ImageNet", subject: folder.path)
    faults.note(in: context)
    return try writer.finish()
  }
}
