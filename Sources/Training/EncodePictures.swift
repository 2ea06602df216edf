public import ArtifactTypes
public import Provenance
internal import Tensor

/// The embeddings of all pictures of a set, on white, under the pictures' ids.
public struct EncodePictures: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  public var checkpoint: Checkpoint
  public var pictures: PictureSet
  /// How many threads compute.
  public var threads = 2

  public init(checkpoint: Checkpoint, pictures: PictureSet) {
    self.checkpoint = checkpoint
    self.pictures = pictures
  }

  public func run(_ context: StageContext) async throws -> Embeddings {
    let model = try TrainedModel(checkpoint, tokenizer: nil, threads: threads)
    let opened = try pictures.open()
    return try Embeddings(
      ids: opened.ids, vectors: model.encode(opened, at: Array(0..<opened.count)), dimension: model.dimension,
      folder: context.scratch)
  }
}
