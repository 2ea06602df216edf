internal import Core
internal import Imaging
internal import Tensor

/// The pictures of one step, each with the same number of captions.
struct TrainingBatch: Sendable {
  private(set) var pictures: PictureBatch
  /// The number of pictures, those of other processes included.
  let count: Int
  /// The places of the pictures that this process encodes.
  let own: Range<Int>
  /// The places whose pixels are drawn: this process's own. Encoded pictures are all decoded, so that all processes
  /// agree on the broken ones.
  private let drawn: Range<Int>
  /// The positions of the pictures in their set.
  private(set) var members: [Int] = []
  /// The captions in the order of their pictures.
  private(set) var captions: [[Int32]] = []
  /// The place of each caption's picture.
  private(set) var owners: [Int] = []
  /// For each caption a number that equal captions share.
  private(set) var numbers: [Int] = []
  /// The causes for pictures that could not be decoded when the batch was drawn, by their positions in their set.
  private(set) var broken: [Int: String] = [:]
  /// The number of pictures that were taken from the order up to here.
  private(set) var given = 0

  /// A batch that is not drawn yet.
  /// - Parameters:
  ///   - own: the places of the pictures that this process encodes.
  ///   - set: the source of the pictures.
  init(_ configuration: ModelConfiguration, count: Int, own: Range<Int>, of set: OpenPictures) {
    self.count = count
    self.own = own
    drawn = if case .set = set { own } else { 0..<count }
    pictures = PictureBatch(configuration, count: drawn.count)
  }

  /// Draws another batch: the next pictures of which the epoch keeps a text, varied, and captions of each.
  ///
  /// The place of a picture that cannot be decoded goes to the next picture of the order, after all places have had
  /// their first.
  /// - Parameters:
  ///   - step: the number of the step, from 0, which decides the draws.
  ///   - source: the texts of the pictures in `set`.
  ///   - order: the order of the pictures in `source`.
  /// - Throws: ``OperationError`` when no picture has a text that is kept, none can be decoded, or a file cannot be
  ///   read; `CancellationError` when `isStopped` says so.
  mutating func draw(
    _ step: Int, settings: TrainCLIP, captions source: CaptionSource, of set: OpenPictures,
    order: inout PictureOrder, isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws {
    members = [Int](repeating: 0, count: count)
    broken.removeAll(keepingCapacity: true)

    var places: [Place] = []
    for place in 0..<count {
      // Each place has a generator of its own: a resumed training draws the same.
      var generator = CounterGenerator(settings.streams, UInt64(step), UInt64(place))
      let variation = if case .set = set { Variation(settings.augmentation, &generator) } else { Variation?.none }
      let (index, drawn) = try source.next(settings.captions, in: &order, using: &generator)
      places.append(Place(generator: generator, variation: variation, captions: drawn))
      members[place] = source.pictures[index]
    }

    let variations = places.map(\.variation)
    let filling = PictureFilling(
      places: drawn, count: source.pictures.count, isStopped: isStopped,
      allBroken: { Self.allBroken($0, of: set) },
      draw: { place, position, canvas, values in
        switch set {
        case .set(let pictures):
          guard let variation = variations[place] else { return }
          canvas.draw(position, of: pictures, variation, into: values)
        case .encoded(let pictures, let vips):
          let pixels = try pictures.pixels(at: position, size: settings.model.pictureSize, vips) { width, height in
            var generator = CounterGenerator(settings.streams, for: .crops, UInt64(step), UInt64(place))
            return settings.crop.draw(width: width, height: height, &generator)
          }
          canvas.place(pixels, into: values)
        }
      })
    try filling.fill(&pictures, members: &members, broken: &broken) { place in
      let (index, drawn) = try source.next(settings.captions, in: &order, using: &places[place].generator)
      places[place].captions = drawn
      return source.pictures[index]
    }

    given = order.given
    gather(places.map(\.captions))
  }

  /// The draws for a place that are made before its picture's pixels.
  private struct Place: Sendable {
    var generator: CounterGenerator
    let variation: Variation?
    var captions: [[Int32]]
  }

  private static func allBroken(_ broken: [Int: String], of set: OpenPictures) -> OperationError {
    let examples = broken.sorted { $0.key < $1.key }.prefix(3).map { "\(set.ids[$0.key]) (\($0.value))" }
    return OperationError(
      operation: "train", subject: "\(broken.count) pictures",
      cause: "none of them can be decoded, for instance \(examples.joined(separator: ", ")): look at the files")
  }

  /// Takes the captions of all places, in their order.
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

  /// The captions of some of the pictures.
  func texts(of places: Range<Int>) -> TokenBatch {
    var batch = TokenBatch()
    for (caption, owner) in zip(captions, owners) where places.contains(owner) { batch.append(caption) }
    return batch
  }

}

extension CaptionSource {
  /// The next picture of which the epoch keeps a text, and captions of it.
  fileprivate func next(
    _ sampling: CaptionSampling, in order: inout PictureOrder, using generator: inout CounterGenerator
  ) throws -> (index: Int, captions: [[Int32]]) {
    for _ in 0...pictures.count * Self.patience {
      let (index, epoch) = order.next()
      let drawn = draw(of: index, epoch: epoch, sampling: sampling, using: &generator)
      if !drawn.isEmpty { return (index, drawn) }
    }
    throw OperationError(
      operation: "train", subject: "\(pictures.count) pictures",
      cause: "no text was kept in \(Self.patience) epochs: choose a higher threshold t")
  }

  /// The number of epochs without any picture after which the training fails.
  private static var patience: Int { 100 }
}
