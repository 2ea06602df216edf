public import ArtifactTypes
public import Core
internal import Imaging
internal import Tensor

/// Trains a model that puts pictures and their texts, of all languages, close together.
///
/// In every step some pictures are drawn without repetition (an epoch sees each once), varied, and encoded once; several captions of each
/// are drawn from its texts, evenly over its languages. The loss is CLIP's for several texts a picture: the other texts of a picture never
/// count against it. AdamW with warm-up and cosine. Equal inputs, seed, process and thread count give the same bytes; a loss that is not
/// finite stops the training. Every minute the state is saved: a training that was killed goes on from there when it is run again, and
/// ends with the bytes that it would have had. Sources: MetaCLIP 2, §6; CLIP, arXiv 2103.00020.
public struct TrainCLIP: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// Pixels; varied by ``augmentation``. `nil` where the pictures come from ``folder``.
  public var pictures: PictureSet?
  /// Encoded pictures: WebDataset shards that are not packed (`.tar`), picture files, or both; varied by ``crop``. Their ids are those that
  /// `ReadWebDataset` and `RenderPictures` give. They are never copied; what cannot be decoded is passed over and noted.
  public var folder: InputFolder? {
    didSet { decoder = folder.map { _ in Vips.decoders } }
  }
  /// What decodes the pictures of ``folder``, such as `libvips 8.14.1, libjpeg-turbo 2.1.5`; `nil` without one.
  public private(set) var decoder: String?
  /// As `ReadWebDataset.keysAreLocal`, for ``folder``.
  public var keysAreLocal = false
  /// The texts; those of pictures that are not there are left out.
  public var pairs: Pairs
  public var tokenizer: Tokenizer
  public var model = ModelConfiguration()
  public var captions = CaptionSampling()
  /// From `ComputeKeepingProbabilities` with these very pairs: the texts are balanced while they are read, anew in each epoch, and a
  /// picture none of whose texts is kept sits the epoch out. All texts are kept when `nil`. Source: MetaCLIP 2, §5.
  public var keeping: KeepingProbabilities?
  /// Which of a pair's texts are drawn for, where ``keeping`` is given.
  public var samplingMode = SamplingMode.everyText
  public var augmentation = Augmentation()
  /// How pictures of ``folder`` are varied; those of ``pictures`` are by ``augmentation``.
  public var crop = ResizedCrop()
  public var steps = 2000
  /// How many pairs are seen in all, a picture with one caption each time; where given, it decides the number of steps instead of
  /// ``steps`` and is rounded up to whole ones. ``ScaledSeenPairs`` computes it for several languages.
  public var seenPairs: Int?
  public var picturesPerStep = 256
  /// How many pictures are encoded with their captions at a time, to need less memory; 0 for all of a step. The loss is that of the
  /// whole step all the same, and takes half as long again.
  public var microBatch = 0
  /// Whether each transformer block's activations are computed again in the backward pass instead of kept: less memory, about a third
  /// more time, the same bytes. Source: Chen et al. 2016 (arXiv 1604.06174).
  public var recomputesActivations = false
  /// The highest learning rate.
  public var learningRate = 1.5e-3
  public var warmUpSteps = 100
  public var weightDecay = 0.1
  /// The largest norm of the gradient; 0 for no limit.
  public var maximumGradientNorm = 1.0
  public var precision = Precision.bfloat16
  public var seed = 0
  /// How many threads compute. A part of the value, because another number gives other last bits: with it, the same bytes come out on
  /// machines with more cores.
  public var threads = 2
  /// How many processes of this machine train together, each with ``threads`` threads and with its part of every step's pictures. The
  /// loss is that of the whole step all the same. Each process holds the model and the texts; pictures in work are divided among them
  /// (those of ``folder`` are decoded by each, so that all know the same ones for broken),
  /// and ``microBatch`` counts those of one process. A part of the value, because another number gives other last bits.
  public var processes = 1

  public init(pictures: PictureSet, pairs: Pairs, tokenizer: Tokenizer) {
    self.pictures = pictures
    self.pairs = pairs
    self.tokenizer = tokenizer
  }

  /// - Parameter folder: such as `InputFolder("data/shards", suffixes: [".tar"])`; see ``folder``.
  public init(folder: InputFolder, pairs: Pairs, tokenizer: Tokenizer) {
    self.folder = folder
    decoder = Vips.decoders
    self.pairs = pairs
    self.tokenizer = tokenizer
  }

  /// - Parameter path: a folder; its files with the endings ``pictureSuffixes`` are read.
  public init(folder path: String, pairs: Pairs, tokenizer: Tokenizer) {
    self.init(folder: InputFolder(path, suffixes: Self.pictureSuffixes), pairs: pairs, tokenizer: tokenizer)
  }

  /// Endings of the names of files with encoded pictures, shards included.
  public static let pictureSuffixes = EncodedPictures.suffixes + WebDatasetReader.suffixes

  public func run(_ context: StageContext) async throws -> Checkpoint { try await Torch.inTurn { try train(context) } }

  private func train(_ context: StageContext) throws -> Checkpoint {
    try check()
    try Torch.setThreads(threads)
    return try TrainingWorkers.with(self, context) { group in
      var loop = try TrainingLoop(self, context, group)
      try loop.run()
      return try checkpoint(loop.clip, loop.record.log)
    }
  }

  /// What the streams of random numbers are drawn for.
  var streams: UInt64 { UInt64(bitPattern: Int64(seed)) }

  /// How many steps there are: ``steps``, or as many as ``seenPairs`` asks for.
  func stepCount(picturesPerStep: Int) -> Int {
    guard let seenPairs else { return steps }
    let pairsPerStep = picturesPerStep * captions.captionsPerPicture
    return (seenPairs - 1) / pairsPerStep + 1
  }

  /// Of all properties and of the code: what tells a training's own partial result from others.
  func fingerprint() throws -> Digest {
    CanonicalValue.list([
      try CanonicalEncoder().value(of: self), .text(ModuleSources.digest), .text(Torch.version),
    ]).digest
  }

  private func check() throws {
    var fault = model.fault ?? crop.fault
    if let seenPairs, seenPairs < 1 { fault = "a training sees at least one pair" }
    if microBatch < 0 { fault = "a part of a step has at least one picture, or 0 for no parts" }
    if steps < 1 || picturesPerStep < 2 || captions.captionsPerPicture < 1 {
      fault = "a training has at least one step of two pictures with one caption each"
    }
    if processes < 1 || processes > picturesPerStep {
      fault = "a training has at least one process, and at most as many as pictures a step"
    }
    if let fault { throw OperationError(operation: "train", subject: "the settings", cause: fault) }
  }

  private func checkpoint(_ clip: CLIPModel, _ log: Table) throws -> Checkpoint {
    let files: [(String, [UInt8])] = [
      ("model.safetensors", try clip.safetensors()),
      (
        "config.json",
        try clip.configurationFile(tokenizer: tokenizer.content.digest, ids: SentencePieceModel(tokenizer).specialIDs)
      ),
      ("log.json", try log.makeContent().files[0].bytes()),
    ]
    return try Checkpoint(
      content: ArtifactContent(
        files: files.map {
          ContentFile(name: $0, digest: Digest(of: $1), byteCount: Int64($1.count), location: .memory($1))
        }
          + TransformersFiles.make(model, tokenizer: tokenizer)))
  }
}
