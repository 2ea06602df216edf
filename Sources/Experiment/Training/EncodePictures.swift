public import ArtifactTypes
public import Core
public import Imaging
internal import Tensor

/// The embeddings of all pictures of a set or folder, on white, under the pictures' ids.
///
/// Of encoded pictures the middle square is seen, the shorter side scaled to the model's size by bicubic resampling;
/// those that cannot be decoded are left out and noted. Source: MetaCLIP 2, §6.
public struct EncodePictures: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libtorch: another one may give other last bits.
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// The model.
  public var checkpoint: Checkpoint
  /// The pictures to encode.
  public var pictures: PictureInput
  /// The number of threads that compute.
  public var threads = 2

  /// Embeddings of any pictures.
  public init(checkpoint: Checkpoint, pictures: PictureInput) {
    self.checkpoint = checkpoint
    self.pictures = pictures
  }

  /// Embeddings of a set of pixels.
  public init(checkpoint: Checkpoint, pictures: PictureSet) {
    self.init(checkpoint: checkpoint, pictures: .set(pictures))
  }

  /// Embeddings of encoded pictures.
  /// - Parameter folder: see `PictureFolder`.
  public init(checkpoint: Checkpoint, folder: InputFolder) {
    self.init(checkpoint: checkpoint, pictures: .folder(folder))
  }

  /// Embeddings of encoded pictures.
  /// - Parameter path: a folder; its files with the endings ``TrainCLIP/pictureSuffixes`` are read.
  public init(checkpoint: Checkpoint, folder path: String) {
    self.init(checkpoint: checkpoint, pictures: .folder(path))
  }

  /// Encodes all pictures.
  /// - Returns: embeddings of length 1 in the pictures' order.
  /// - Throws: ``OperationError`` when none of the pictures can be decoded, a file cannot be read, or the checkpoint is
  ///   damaged; `CancellationError`.
  public func run(_ context: StageContext) async throws -> Embeddings { try await Torch.inTurn { try encode(context) } }

  private func encode(_ context: StageContext) throws -> Embeddings {
    let model = try TrainedModel(checkpoint, tokenizer: nil, threads: threads)
    let source = try pictures.open()
    source.note(in: context)
    let (vectors, broken) = try model.encode(source, at: Array(0..<source.count)) {
      context.progress($0, of: source.count, "pictures")
    }

    // A few broken pictures are normal in a large set; only broken ones are a mistake.
    if broken.count == source.count, let first = broken.first {
      throw OperationError(
        operation: "encode pictures", subject: "\(source.count) pictures",
        cause: """
          none of them can be decoded, for instance \(source.ids[first.position]) (\(first.cause)): look at the files
          """)
    }
    if !broken.isEmpty {
      let examples = broken.prefix(5).map { "\(source.ids[$0.position]) (\($0.cause))" }
      context.note(
        """
        \(broken.count) pictures cannot be decoded and are left out, for instance \(examples.joined(separator: ", "))
        """)
    }

    let missing = Set(broken.map(\.position))
    return try Embeddings(
      ids: source.ids.indices.filter { !missing.contains($0) }.map { source.ids[$0] }, vectors: vectors,
      dimension: model.dimension, folder: context.scratch)
  }
}
