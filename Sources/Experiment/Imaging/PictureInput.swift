public import ArtifactTypes
public import Core

/// The pictures that a stage reads: a set of pixels, or the encoded pictures of a folder.
public enum PictureInput: Codable, Sendable {
  /// Pixels, all of one size.
  case set(PictureSet)
  /// Pictures that are decoded while they are used, each of a size of its own.
  case encoded(PictureFolder)

  /// The encoded pictures of a folder.
  /// - Parameters:
  ///   - folder: such as `InputFolder("data/shards", suffixes: [".tar"])`.
  ///   - keysAreLocal: as ``PictureFolder/keysAreLocal``.
  public static func folder(_ folder: InputFolder, keysAreLocal: Bool = false) -> PictureInput {
    .encoded(PictureFolder(folder, keysAreLocal: keysAreLocal))
  }

  /// The encoded pictures of a folder: of its files those whose names end in one of ``PictureFolder/suffixes``.
  /// - Parameters:
  ///   - path: the folder; a relative path counts from the project's folder.
  ///   - keysAreLocal: as ``PictureFolder/keysAreLocal``.
  public static func folder(_ path: String, keysAreLocal: Bool = false) -> PictureInput {
    .folder(InputFolder(path, suffixes: PictureFolder.suffixes), keysAreLocal: keysAreLocal)
  }

  /// The set of pixels; `nil` for the pictures of a folder.
  public var set: PictureSet? {
    if case .set(let set) = self { set } else { nil }
  }

  /// The folder; `nil` for a set of pixels.
  public var folder: PictureFolder? {
    if case .encoded(let folder) = self { folder } else { nil }
  }

  /// Opens the set, or looks through the folder; reads no picture.
  /// - Throws: ``OperationError`` when the set's files do not fit together, the folder or a shard cannot be read, or no
  ///   picture is there; `LoadedLibraryError` when libvips is not there for a folder; `CancellationError`.
  package func open() throws -> OpenPictures {
    switch self {
    case .set(let set): .set(try set.open())
    case .encoded(let pictures):
      .encoded(try EncodedPictures(pictures.folder, keysAreLocal: pictures.keysAreLocal), try Vips())
    }
  }
}
