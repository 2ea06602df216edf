public import ArtifactTypes
public import Core
public import Imaging
internal import Tensor

/// Trains a model that puts pictures and their texts, of all languages, close together.
///
/// In every step some pictures are drawn without repetition (an epoch sees each once), varied, and encoded once;
/// several captions of each are drawn from its texts, evenly over its languages. The loss is CLIP's for several texts a
/// picture: the other texts of a picture never count against it. AdamW with warm-up and cosine. Equal inputs, seed,
/// process and thread count give the same bytes; a loss that is not finite stops the training. Every minute the state
/// is saved: a training that was killed continues there when it is run again, and ends with the bytes that it would
/// have had. Sources: MetaCLIP 2, §6; CLIP, arXiv 2103.00020.
public struct TrainCLIP: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libtorch: another one may give other last bits.
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  /// The pictures: pixels are varied by ``augmentation``, encoded pictures by ``crop``. Another picture takes the place
  /// of one that cannot be decoded; how many there were is noted.
  public var pictures: PictureInput
  /// The texts; those of pictures that are not there are left out.
  public var pairs: Pairs
  /// The tokenizer of the texts.
  public var tokenizer: Tokenizer
  /// The sizes of the model.
  public var model = ModelConfiguration()
  /// The rule by which captions are drawn from texts.
  public var captions = CaptionSampling()
  /// The probability of each text, from `ComputeKeepingProbabilities` with these very pairs: the texts are balanced
  /// while they are read, again in each epoch, and a picture none of whose texts is kept is left out of the epoch. All
  /// texts are kept when `nil`. Source: MetaCLIP 2, §5.
  public var keeping: KeepingProbabilities?
  /// The texts of a pair that may be kept, where ``keeping`` is given.
  public var samplingMode = SamplingMode.everyText
  /// The variation of pixels.
  public var augmentation = Augmentation()
  /// The variation of encoded pictures.
  public var crop = ResizedCrop()
  /// The number of steps, where ``seenPairs`` is `nil`; at least 1.
  public var steps = 2000
  /// The number of pairs that are seen in all, a pair being a picture with one caption. It decides the number of steps
  /// instead of ``steps`` and is rounded up to whole ones. ``ScaledSeenPairs`` computes it for several languages.
  public var seenPairs: Int?
  /// The number of pictures in a step, at least 2; at most as many as have texts.
  public var picturesPerStep = 256
  /// The number of pictures that are encoded with their captions at a time, to need less memory; 0 for all of a step.
  /// The loss is still that of the whole step; a step takes half as long again.
  public var microBatch = 0
  /// True when each transformer block's activations are computed again in the backward pass instead of kept: less
  /// memory, about a third more time, the same bytes. Source: Chen et al. 2016 (arXiv 1604.06174).
  public var recomputesActivations = false
  /// The highest learning rate, after the warm-up.
  public var learningRate = 1.5e-3
  /// The number of steps in which the learning rate rises.
  public var warmUpSteps = 100
  /// AdamW's weight decay.
  public var weightDecay = 0.1
  /// The largest norm of the gradient; 0 for no limit.
  public var maximumGradientNorm = 1.0
  /// The type in which numbers are multiplied.
  public var precision = Precision.bfloat16
  /// Decides initial values, the order of the pictures, their variation and their captions.
  public var seed = 0
  /// The number of threads that compute. Part of the result, because another number gives other last bits: with it,
  /// machines with more cores give the same bytes.
  public var threads = 2
  /// The number of processes of this machine that train together, each with ``threads`` threads and with its part of
  /// every step's pictures. The loss is still that of the whole step. Each process holds the model and the texts; the
  /// pictures of a step are divided among them (encoded ones are decoded by each, so that all agree on the broken
  /// ones), and ``microBatch`` counts those of one process. Part of the result, because another number gives other last
  /// bits.
  public var processes = 1

  /// A training with any pictures.
  public init(pictures: PictureInput, pairs: Pairs, tokenizer: Tokenizer) {
    self.pictures = pictures
    self.pairs = pairs
    self.tokenizer = tokenizer
  }

  /// A training with a set of pixels.
  public init(pictures: PictureSet, pairs: Pairs, tokenizer: Tokenizer) {
    self.init(pictures: .set(pictures), pairs: pairs, tokenizer: tokenizer)
  }

  /// A training with encoded pictures.
  /// - Parameter folder: such as `InputFolder("data/shards", suffixes: [".tar"])`; see `PictureFolder`.
  public init(folder: InputFolder, pairs: Pairs, tokenizer: Tokenizer) {
    self.init(pictures: .folder(folder), pairs: pairs, tokenizer: tokenizer)
  }

  /// A training with encoded pictures.
  /// - Parameter path: a folder; its files with the endings ``pictureSuffixes`` are read.
  public init(folder path: String, pairs: Pairs, tokenizer: Tokenizer) {
    self.init(pictures: .folder(path), pairs: pairs, tokenizer: tokenizer)
  }

  /// The endings of the names of files with encoded pictures, shards included.
  public static let pictureSuffixes = PictureFolder.suffixes

  /// Trains from scratch, or continues after the last saved step.
  /// - Throws: ``OperationError`` when a setting is impossible, no picture has a text or can be decoded, a loss or
  ///   gradient is not finite, or another process of the training ends early; `CancellationError`, after the state was
  ///   saved.
  public func run(_ context: StageContext) async throws -> Checkpoint { try await Torch.inTurn { try train(context) } }

  private func train(_ context: StageContext) throws -> Checkpoint {
    try check()
    try Torch.setThreads(threads)
    return try TrainingWorkers.with(self, context) { group in
      var loop = try TrainingLoop(self, context, group: group)
      try loop.run()
      return try checkpoint(loop.clip, loop.record.log)
    }
  }

  /// The first key of all streams of random numbers.
  var streams: UInt64 { UInt64(bitPattern: Int64(seed)) }

  /// The number of steps: ``steps``, or as many as ``seenPairs`` needs.
  func stepCount(picturesPerStep: Int) -> Int {
    guard let seenPairs else { return steps }
    let pairsPerStep = picturesPerStep * captions.captionsPerPicture
    return (seenPairs - 1) / pairsPerStep + 1
  }

  /// The digest of all properties and of the code, which distinguishes a training's own partial result from others.
  func fingerprint() throws -> Digest {
    CanonicalValue.list([
      try CanonicalEncoder().value(of: self), .text(ModuleSources.digest), .text(Torch.version),
    ]).digest
  }

  /// - Throws: ``OperationError`` when a setting is impossible.
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

  /// The files of the trained model, with the log of its training.
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
