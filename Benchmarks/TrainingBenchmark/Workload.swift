internal import Tensor
internal import Training

/// A model and what it is trained on: random pictures and captions, the same on every machine.
struct Workload {
  let configuration: ModelConfiguration
  /// Different pieces.
  let vocabularySize: Int
  /// Pictures of a step; each has one caption.
  let batchSize: Int

  /// Batches there are; steps use them in turn.
  static let batches = 2
  /// Small enough for two cores, large enough that matrices take most of the time.
  static let full = Workload(layers: 6, width: 192, heads: 3, pictureSize: 64, vocabularySize: 4096, batchSize: 256)
  /// To try the benchmark out.
  static let quick = Workload(layers: 2, width: 64, heads: 2, pictureSize: 32, vocabularySize: 512, batchSize: 32)

  static let learningRate = 1e-3

  private static let contextLength = 16
  /// The shortest caption. With lengths drawn evenly up to the context, the mean is 12 pieces.
  private static let shortest = 8
  private static let seed: UInt64 = 20_250_729

  private init(layers: Int, width: Int, heads: Int, pictureSize: Int, vocabularySize: Int, batchSize: Int) {
    var configuration = ModelConfiguration()
    configuration.pictureSize = pictureSize
    configuration.patchSize = 8
    configuration.vision = .init(width: width, layers: layers, heads: heads)
    configuration.text = .init(width: width, layers: layers, heads: heads)
    configuration.contextLength = Self.contextLength
    configuration.embeddingWidth = width
    self.configuration = configuration
    self.vocabularySize = vocabularySize
    self.batchSize = batchSize
  }

  /// The model before training.
  func model(_ precision: Precision) throws -> CLIPModel {
    try .initial(configuration, vocabularySize: vocabularySize, precision: precision, seed: Self.seed)
  }

  /// The patches of a batch's pictures, `[batchSize · patches, 3 · patch²]`.
  func patches(of batch: Int) -> [Float] {
    var generator = CounterGenerator(Self.seed, 1, UInt64(batch))
    let count = batchSize * 3 * configuration.pictureSize * configuration.pictureSize
    return (0..<(count / 2)).flatMap { _ in
      let (first, second) = generator.normals()
      return [first, second]
    }
  }

  /// The captions of a batch, each with its end.
  func captions(of batch: Int) -> [[Int32]] {
    var generator = CounterGenerator(Self.seed, 2, UInt64(batch))
    let special = Int(SpecialIDs.trained.end) + 1
    return (0..<batchSize).map { _ in
      let length = Self.shortest + generator.index(Self.contextLength - Self.shortest + 1)
      return (1..<length).map { _ in Int32(special + generator.index(vocabularySize - special)) } + [
        Int32(SpecialIDs.trained.end)
      ]
    }
  }
}
