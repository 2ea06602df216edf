internal import ArtifactTypes
internal import Tensor

/// What one step trains on: pictures, each with as many captions.
struct TrainingBatch {
  private(set) var pictures: PictureBatch
  /// How many pictures there are.
  let count: Int
  /// The places of the pictures that this process encodes; the others are drawn, but not their pixels.
  let own: Range<Int>
  /// The positions of the pictures in their set.
  private(set) var members: [Int] = []
  /// The captions in the order of their pictures.
  private(set) var captions: [[Int32]] = []
  /// The place of each caption's picture.
  private(set) var owners: [Int] = []
  /// For each caption a number that equal captions share.
  private(set) var numbers: [Int] = []

  /// - Parameter own: the places of the pictures that this process encodes; all by default.
  init(_ configuration: ModelConfiguration, count: Int, own: Range<Int>? = nil) {
    self.count = count
    self.own = own ?? 0..<count
    pictures = PictureBatch(configuration, count: self.own.count)
  }

  /// Draws another batch: the next pictures of which the epoch keeps a text, varied, and captions of each.
  /// - Throws: ``TrainingError`` when no picture has a text that is kept.
  mutating func draw(
    _ step: Int, _ settings: TrainCLIP, _ source: CaptionSource, of set: Pictures, _ order: inout PictureOrder
  ) throws {
    members.removeAll(keepingCapacity: true)
    captions.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    var known: [[Int32]: Int] = [:]
    for place in 0..<count {
      var generator = CounterGenerator(settings.streams, UInt64(step), UInt64(place))
      let variation = Variation(settings.augmentation, &generator)
      let (index, drawn) = try Self.next(settings.captions, source, &order, &generator)
      if own.contains(place) { pictures.draw(source.pictures[index], of: set, variation, at: place - own.lowerBound) }
      members.append(source.pictures[index])
      for caption in drawn {
        captions.append(caption)
        owners.append(place)
        let number = known[caption] ?? known.count
        known[caption] = number
        numbers.append(number)
      }
    }
  }

  /// The patches of some of this process's pictures, float32 `[places · patches, 3 · patch²]`.
  func patches(of places: Range<Int>) throws -> Tensor {
    try pictures.patches(of: places.lowerBound - own.lowerBound..<places.upperBound - own.lowerBound)
  }

  /// The captions of some of the pictures, packed.
  func texts(of places: Range<Int>) -> TokenBatch {
    var batch = TokenBatch()
    for (caption, owner) in zip(captions, owners) where places.contains(owner) { batch.append(caption) }
    return batch
  }

  /// The next picture of which the epoch keeps a text, and captions of it.
  private static func next(
    _ sampling: CaptionSampling, _ source: CaptionSource, _ order: inout PictureOrder, _ generator: inout CounterGenerator
  ) throws -> (index: Int, captions: [[Int32]]) {
    for _ in 0...source.pictures.count * patience {
      let (index, epoch) = order.next()
      let drawn = source.draw(sampling.captionsPerPicture, of: index, epoch: epoch, sampling, &generator)
      if !drawn.isEmpty { return (index, drawn) }
    }
    throw TrainingError(
      operation: "train", subject: "\(source.pictures.count) pictures",
      cause: "no text was kept in \(patience) epochs: choose a higher threshold t")
  }

  /// After so many epochs in which every picture sat out, the training gives up.
  private static let patience = 100
}
