internal import ArtifactTypes
internal import Core
internal import Imaging
internal import Training

/// The pictures that an evaluation asks about: a set of pixels, or encoded pictures in a folder.
struct EvaluatedPictures {
  /// The ids in order.
  let ids: [String]
  private let source: OpenPictures
  private let positions: [String: Int]
  /// Of a folder's pictures that were encoded: the vectors, `[ids.count, dimension]`.
  private let vectors: [Float]?

  private init(_ source: OpenPictures, ids: [String], vectors: [Float]? = nil) {
    (self.source, self.ids, self.vectors) = (source, ids, vectors)
    positions = Dictionary(zip(ids, ids.indices), uniquingKeysWith: { first, _ in first })
  }

  /// The number of pictures.
  var count: Int { ids.count }

  /// The position of the picture with an id; `nil` when there is no such picture.
  func position(of id: String) -> Int? { positions[id] }

  /// Opens a set, or encodes a folder's pictures, and finds out what is asked about them.
  ///
  /// The pictures do not contain those that cannot be decoded; they are noted.
  /// - Parameter ask: the questions about pictures. It throws when there are none, and is called for a folder's
  ///   pictures before they are encoded too, since that takes long.
  /// - Returns: the pictures, and the questions about them.
  /// - Throws: what `ask` and `PictureInput.open` throw; ``OperationError`` when no picture of a folder can be decoded
  ///   or the checkpoint is damaged; `CancellationError`.
  static func open<Questions>(
    _ input: PictureInput, checkpoint: Checkpoint, threads: Int, context: StageContext,
    asking ask: (Self, StageContext) throws -> Questions
  ) async throws -> (pictures: Self, questions: Questions) {
    let source = try input.open()
    var pictures = Self(source, ids: source.ids)
    if case .encoded = source {
      // Nothing is noted yet: some of the pictures may turn out to be broken.
      _ = try ask(pictures, StageContext(scratch: context.scratch, threads: context.threads))
      let stage = EncodePictures(checkpoint: checkpoint, pictures: input).with(\.threads, threads)
      let embeddings = try await stage.run(context)
      pictures = Self(source, ids: try embeddings.ids(), vectors: try embeddings.vectors().elements)
    }
    return (pictures, try ask(pictures, context))
  }

  /// The embeddings of some pictures, by their positions.
  func embeddings(_ model: TrainedModel, _ positions: [Int]) throws -> PictureEmbeddings {
    if let vectors { return PictureEmbeddings(vectors, Array(ids.indices), dimension: model.dimension) }
    guard case .set(let pictures) = source else { preconditionFailure("the folder's pictures were not encoded") }
    return PictureEmbeddings(try model.encode(pictures, at: positions), positions, dimension: model.dimension)
  }
}

/// The embeddings of pictures, each computed once.
struct PictureEmbeddings {
  private let rows: [Int: Int]
  private let vectors: [Float]
  let dimension: Int

  /// - Parameters:
  ///   - vectors: `[positions.count, dimension]`.
  ///   - positions: those of the pictures, each once.
  init(_ vectors: [Float], _ positions: [Int], dimension: Int) {
    (self.vectors, self.dimension) = (vectors, dimension)
    rows = Dictionary(uniqueKeysWithValues: zip(positions, positions.indices))
  }

  /// The rows of some pictures, `[positions.count, dimension]`.
  subscript(positions: [Int]) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(positions.count * dimension)
    for position in positions {
      guard let row = rows[position] else { preconditionFailure("picture \(position) was not encoded") }
      result += vectors[(row * dimension)..<((row + 1) * dimension)]
    }
    return result
  }
}
