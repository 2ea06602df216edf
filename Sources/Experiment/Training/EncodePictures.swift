public import ArtifactTypes
public import Core
internal import Imaging
internal import Tensor

/// The embeddings of all pictures of a set or folder, on white, under the pictures' ids.
///
/// Of encoded pictures the middle square is seen, the shorter side brought to the model's size by bicubic resampling; those that cannot be
/// decoded are left out and noted. Source: MetaCLIP 2, §6.
public struct EncodePictures: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  public var checkpoint: Checkpoint
  /// Pixels; `nil` where the pictures come from ``folder``.
  public var pictures: PictureSet?
  /// As ``TrainCLIP/folder``.
  public var folder: InputFolder? {
    didSet { decoder = folder.map { _ in Vips.decoders } }
  }
  /// What decodes the pictures of ``folder``, such as `libvips 8.14.1, libjpeg-turbo 2.1.5`; `nil` without one.
  public private(set) var decoder: String?
  /// As `ReadWebDataset.keysAreLocal`, for ``folder``.
  public var keysAreLocal = false
  /// How many threads compute.
  public var threads = 2

  public init(checkpoint: Checkpoint, pictures: PictureSet) {
    self.checkpoint = checkpoint
    self.pictures = pictures
  }

  /// - Parameter folder: see ``TrainCLIP/folder``.
  public init(checkpoint: Checkpoint, folder: InputFolder) {
    self.checkpoint = checkpoint
    self.folder = folder
    decoder = Vips.decoders
  }

  /// - Parameter path: a folder; its files with the endings ``TrainCLIP/pictureSuffixes`` are read.
  public init(checkpoint: Checkpoint, folder path: String) {
    self.init(checkpoint: checkpoint, folder: InputFolder(path, suffixes: TrainCLIP.pictureSuffixes))
  }

  public func run(_ context: StageContext) async throws -> Embeddings { try await Torch.inTurn { try encode(context) } }

  private func encode(_ context: StageContext) throws -> Embeddings {
    let model = try TrainedModel(checkpoint, tokenizer: nil, threads: threads)
    let source = try PictureSource(pictures, folder, keysAreLocal: keysAreLocal)
    source.note(in: context)
    let (vectors, broken) = try model.encode(source, at: Array(0..<source.count)) {
      context.progress($0, of: source.count, "pictures")
    }
    if broken.count == source.count, let first = broken.first {
      throw OperationError(
        operation: "encode pictures", subject: "\(source.count) pictures",
        cause:
          "none of them can be decoded, for instance \(source.ids[first.position]) (\(first.cause)): look at the files")
    }
    if !broken.isEmpty {
      let examples = broken.prefix(5).map { "\(source.ids[$0.position]) (\($0.cause))" }
      context.note(
        "\(broken.count) pictures cannot be decoded and are left out, for instance \(examples.joined(separator: ", "))")
    }
    let missing = Set(broken.map(\.position))
    return try Embeddings(
      ids: source.ids.indices.filter { !missing.contains($0) }.map { source.ids[$0] }, vectors: vectors,
      dimension: model.dimension, folder: context.scratch)
  }
}
