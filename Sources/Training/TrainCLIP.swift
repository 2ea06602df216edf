public import ArtifactTypes
internal import Dispatch
internal import Foundation
public import Provenance
internal import Tensor

/// Trains a model that puts pictures and their texts, of all languages, close together.
///
/// In every step some pictures are drawn without repetition (an epoch sees each once), varied, and encoded once; several captions of each
/// are drawn from its texts, evenly over its languages. The loss is CLIP's for several texts a picture: the other texts of a picture never
/// count against it. AdamW with warm-up and cosine. Equal inputs, seed and thread count give the same bytes; a loss that is not
/// finite stops the training. Sources: MetaCLIP 2, §6; CLIP, arXiv 2103.00020.
public struct TrainCLIP: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [EnvironmentFacet("libtorch") { Torch.version }] }

  public var pictures: PictureSet
  /// The texts; those of pictures that are not in ``pictures`` are left out.
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
  public var steps = 2000
  public var picturesPerStep = 256
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

  public init(pictures: PictureSet, pairs: Pairs, tokenizer: Tokenizer) {
    self.pictures = pictures
    self.pairs = pairs
    self.tokenizer = tokenizer
  }

  public func run(_ context: StageContext) async throws -> Checkpoint { try train(context) }

  private func train(_ context: StageContext) throws -> Checkpoint {
    try check()
    try Torch.setThreads(threads)
    let opened = try pictures.open()
    let pieces = try SentencePieceModel(tokenizer)
    let source = try CaptionSource(
      pairs, pictures: opened, tokenizer: pieces, contextLength: model.contextLength,
      balancing: keeping.map { (try $0.open(), samplingMode, self.seed) })
    let seed = UInt64(bitPattern: Int64(seed))
    let clip = try CLIPModel.initial(model, vocabularySize: pieces.count, precision: precision, seed: seed)
    var settings = AdamW.Settings()
    settings.weightDecay = weightDecay
    settings.maximumNorm = maximumGradientNorm
    var optimizer = try AdamW(clip.parameters, settings)
    let schedule = WarmUpCosine(peak: learningRate, warmUpSteps: warmUpSteps, steps: steps)
    let logitScale = try clip.parameters["logit_scale"]
    var order = PictureOrder(count: source.pictures.count, seed: seed)
    let count = min(picturesPerStep, source.pictures.count)
    var batch = PictureBatch(model, count: count)
    var log = Table(columns: [
      .init("step"), .init("pairs"), .init("loss", style: .decimals(3)), .init("learning rate", style: .decimals(6)),
      .init("logit scale", style: .decimals(1)),
    ])
    let interval = max(1, steps / 100)
    var (seen, sum, summed) = (0, 0.0, 0)
    let start = DispatchTime.now().uptimeNanoseconds
    for step in 0..<steps {
      try Task.checkCancellation()
      var texts = TokenBatch()
      var (owners, numbers, known): ([Int], [Int], [[Int32]: Int]) = ([], [], [:])
      for place in 0..<count {
        var generator = CounterGenerator(seed, UInt64(step), UInt64(place))
        let variation = Variation(augmentation, &generator)
        let (index, drawn) = try next(&order, source, &generator)
        batch.draw(source.pictures[index], of: opened, variation, at: place)
        for caption in drawn {
          texts.append(caption)
          owners.append(place)
          let number = known[caption] ?? known.count
          known[caption] = number
          numbers.append(number)
        }
      }
      let loss = try ContrastiveLoss(owners: owners, texts: numbers)(
        pictures: clip.encode(patches: batch.patches(), count: count), texts: clip.encode(texts), logitScale: logitScale)
      let value = try loss.item()
      guard value.isFinite else {
        throw TrainingError(
          operation: "train", subject: "step \(step + 1) of \(steps)",
          cause: "the loss is \(value): lower the learning rate (\(learningRate)) or warm up longer (\(warmUpSteps) steps)")
      }
      try loss.backward()
      let rate = schedule.rate(at: step)
      try optimizer.step(learningRate: rate)
      // Source of the range: MetaCLIP 2, §6.
      try logitScale.clamp(to: 0...log100)
      seen += owners.count
      (sum, summed) = (sum + value, summed + 1)
      if (step + 1).isMultiple(of: interval) || step == steps - 1 {
        let scale = exp(try logitScale.item())
        log.append([.integer(step + 1), .integer(seen), .number(sum / Double(summed)), .number(rate), .number(scale)])
        context.progress(step + 1, of: steps, "steps, loss \(String(format: "%.3f", sum / Double(summed)))")
        (sum, summed) = (0, 0)
      } else {
        context.progress(step + 1, of: steps, "steps, loss \(String(format: "%.3f", value))")
      }
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
    context.measure("throughput", Double(seen) / seconds, unit: "pairs/s")
    context.measure("parameters", Double(clip.parameters.count))
    return try checkpoint(clip, log)
  }

  /// The next picture of which the epoch keeps a text, and captions of it.
  private func next(
    _ order: inout PictureOrder, _ source: CaptionSource, _ generator: inout CounterGenerator
  ) throws -> (index: Int, captions: [[Int32]]) {
    for _ in 0...source.pictures.count * Self.patience {
      let (index, epoch) = order.next()
      let drawn = source.draw(captions.captionsPerPicture, of: index, epoch: epoch, captions, &generator)
      if !drawn.isEmpty { return (index, drawn) }
    }
    throw TrainingError(
      operation: "train", subject: "\(source.pictures.count) pictures",
      cause: "no text was kept in \(Self.patience) epochs: choose a higher threshold t")
  }

  /// After so many epochs in which every picture sat out, the training gives up.
  private static let patience = 100

  private var log100: Double { Foundation.log(100) }

  private func check() throws {
    var fault = model.fault
    if steps < 1 || picturesPerStep < 2 || captions.captionsPerPicture < 1 {
      fault = "a training has at least one step of two pictures with one caption each"
    }
    if let fault { throw TrainingError(operation: "train", subject: "the settings", cause: fault) }
  }

  private func checkpoint(_ clip: CLIPModel, _ log: Table) throws -> Checkpoint {
    let files: [(String, [UInt8])] = [
      ("model.safetensors", try clip.safetensors()),
      ("config.json", try clip.configurationFile(tokenizer: tokenizer.content.digest)),
      ("log.json", try log.makeContent().files[0].bytes()),
    ]
    return try Checkpoint(
      content: ArtifactContent(
        files: files.map { ContentFile(name: $0, digest: Digest(of: $1), byteCount: Int64($1.count), location: .memory($1)) }))
  }
}

/// The order in which pictures are seen: every epoch another one.
struct PictureOrder {
  private let count: Int
  private let seed: UInt64
  private var epoch: UInt64 = 0
  private var rest: [Int] = []

  init(count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  /// A picture's index, and the epoch that it belongs to, counted from 0.
  mutating func next() -> (index: Int, epoch: Int) {
    if rest.isEmpty {
      var generator = CounterGenerator(seed, 0x6F72_6465, epoch)
      rest = Array(0..<count)
      generator.shuffle(&rest)
      epoch += 1
    }
    return (rest.removeLast(), Int(epoch) - 1)
  }
}
