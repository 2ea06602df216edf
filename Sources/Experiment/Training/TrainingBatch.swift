internal import Core
internal import Imaging
internal import Tensor

/// What one step trains on: pictures, each with as many captions.
struct TrainingBatch: Sendable {
  private(set) var pictures: PictureBatch
  /// How many pictures there are.
  let count: Int
  /// The places of the pictures that this process encodes.
  let own: Range<Int>
  /// The places whose pixels are drawn: this process's own. Encoded pictures are all decoded, so that every process knows the same ones for
  /// broken.
  private let drawn: Range<Int>
  /// The positions of the pictures in their set.
  private(set) var members: [Int] = []
  /// The captions in the order of their pictures.
  private(set) var captions: [[Int32]] = []
  /// The place of each caption's picture.
  private(set) var owners: [Int] = []
  /// For each caption a number that equal captions share.
  private(set) var numbers: [Int] = []
  /// The pictures that could not be decoded when the batch was drawn, by their positions in their set, and why.
  private(set) var broken: [Int: String] = [:]
  /// How many pictures the order has given out up to here.
  private(set) var given = 0

  /// - Parameters:
  ///   - own: the places of the pictures that this process encodes.
  ///   - set: where the pictures come from.
  init(_ configuration: ModelConfiguration, count: Int, own: Range<Int>, of set: PictureSource) {
    self.count = count
    self.own = own
    drawn = if case .set = set { own } else { 0..<count }
    pictures = PictureBatch(configuration, count: drawn.count)
  }

  /// Draws another batch: the next pictures of which the epoch keeps a text, varied, and captions of each.
  ///
  /// The place of a picture that cannot be decoded goes to the next picture of the order, after all places have had their first.
  /// - Throws: ``OperationError`` when no picture has a text that is kept, or none can be decoded; ``OperationError`` when a file cannot be
  ///   read; `CancellationError` when `isStopped` says so.
  mutating func draw(
    _ step: Int, _ settings: TrainCLIP, _ source: CaptionSource, of set: PictureSource, _ order: inout PictureOrder,
    isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws {
    members = [Int](repeating: 0, count: count)
    broken.removeAll(keepingCapacity: true)
    var places: [Place] = []
    for place in 0..<count {
      var generator = CounterGenerator(settings.streams, UInt64(step), UInt64(place))
      let variation = if case .set = set { Variation(settings.augmentation, &generator) } else { Variation?.none }
      let (index, drawn) = try Self.next(settings.captions, source, &order, &generator)
      places.append(Place(generator: generator, variation: variation, captions: drawn))
      members[place] = source.pictures[index]
    }
    let variations = places.map(\.variation)
    try pictures.fill(
      drawn, members: &members, broken: &broken, of: source.pictures.count, isStopped: isStopped,
      allBroken: { Self.allBroken($0, of: set) },
      another: { place in
        let (index, drawn) = try Self.next(settings.captions, source, &order, &places[place].generator)
        places[place].captions = drawn
        return source.pictures[index]
      },
      draw: { place, position, canvas, values in
        switch set {
        case .set(let pictures):
          guard let variation = variations[place] else { return }
          canvas.draw(position, of: pictures, variation, into: values)
        case .encoded(let pictures, let vips):
          let pixels = try pictures.pixels(at: position, size: settings.model.pictureSize, vips) { width, height in
            var generator = CounterGenerator(settings.streams, 0x6372_6F70, UInt64(step), UInt64(place))
            return settings.crop.draw(width: width, height: height, &generator)
          }
          canvas.place(pixels, into: values)
        }
      })
    given = order.given
    gather(places.map(\.captions))
  }

  /// What is drawn for a place before its picture is.
  private struct Place: Sendable {
    var generator: CounterGenerator
    let variation: Variation?
    var captions: [[Int32]]
  }

  private static func allBroken(_ broken: [Int: String], of set: PictureSource) -> OperationError {
    let examples = broken.sorted { $0.key < $1.key }.prefix(3).map { "\(set.ids[$0.key]) (\($0.value))" }
    return OperationError(
      operation: "train", subject: "\(broken.count) pictures",
      cause: "none of them can be decoded, for instance \(examples.joined(separator: ", ")): look at the files")
  }

  private mutating func gather(_ drawn: [[[Int32]]]) {
    captions.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    var known: [[Int32]: Int] = [:]
    for (place, drawn) in drawn.enumerated() {
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
    try pictures.patches(of: places.lowerBound - drawn.lowerBound..<places.upperBound - drawn.lowerBound)
  }

  /// The captions of some of the pictures, packed.
  func texts(of places: Range<Int>) -> TokenBatch {
    var batch = TokenBatch()
    for (caption, owner) in zip(captions, owners) where places.contains(owner) { batch.append(caption) }
    return batch
  }

  /// The next picture of which the epoch keeps a text, and captions of it.
  private static func next(
    _ sampling: CaptionSampling, _ source: CaptionSource, _ order: inout PictureOrder,
    _ generator: inout CounterGenerator
  ) throws -> (index: Int, captions: [[Int32]]) {
    for _ in 0...source.pictures.count * patience {
      let (index, epoch) = order.next()
      let drawn = source.draw(sampling.captionsPerPicture, of: index, epoch: epoch, sampling, &generator)
      if !drawn.isEmpty { return (index, drawn) }
    }
    throw OperationError(
      operation: "train", subject: "\(source.pictures.count) pictures",
      cause: "no text was kept in \(patience) epochs: choose a higher threshold t")
  }

  /// After so many epochs in which every picture sat out, the training gives up.
  private static let patience = 100
}
