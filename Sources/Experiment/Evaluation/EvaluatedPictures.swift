internal import ArtifactTypes
internal import Core
internal import Imaging
internal import Training

/// The pictures that an evaluation asks about: a set of pixels, or encoded pictures in a folder.
struct EvaluatedPictures {
  private enum Source {
    case set(Pictures)
    case folder(InputFolder, keysAreLocal: Bool)
  }

  /// The ids in order.
  let ids: [String]
  private let source: Source
  private let positions: [String: Int]
  /// Of a folder's pictures that were encoded: the vectors, `[ids.count, dimension]`.
  private let vectors: [Float]?

  /// Opens a set, or looks through a folder.
  /// - Throws: ``OperationError`` when there is not one of the two; what opening them throws.
  init(_ set: PictureSet?, _ folder: InputFolder?, keysAreLocal: Bool) throws {
    switch (set, folder) {
    case (let set?, nil):
      let pictures = try set.open()
      self.init(.set(pictures), pictures.ids)
    case (nil, let folder?):
      self.init(
        .folder(folder, keysAreLocal: keysAreLocal), try EncodedPictures(folder, keysAreLocal: keysAreLocal).ids)
    default:
      throw OperationError(
        operation: "open the pictures", subject: "the settings",
        cause: "pictures come either as a set or from a folder: give one of the two, and leave the other nil")
    }
  }

  private init(_ source: Source, _ ids: [String], vectors: [Float]? = nil) {
    (self.source, self.ids, self.vectors) = (source, ids, vectors)
    positions = Dictionary(zip(ids, ids.indices), uniquingKeysWith: { first, _ in first })
  }

  /// How many pictures there are.
  var count: Int { ids.count }

  /// Where a picture is; `nil` when there is none of that id.
  func position(of id: String) -> Int? { positions[id] }

  /// Encodes a folder's pictures; a set stays as it is.
  ///
  /// Pictures that cannot be decoded are not among those that come back; they are noted.
  /// - Parameter check: throws when there is nothing to ask about the pictures that are listed: encoding them takes long.
  /// - Throws: `OperationError` when none can be decoded or the checkpoint is damaged; `CancellationError`.
  func encoded(
    _ checkpoint: Checkpoint, threads: Int, _ context: StageContext, after check: (Self, StageContext) throws -> Void
  ) async throws -> Self {
    guard case .folder(let folder, let keysAreLocal) = source else { return self }
    // What is to be noted is noted afterwards, of the pictures that are left.
    try check(self, StageContext(scratch: context.scratch, threads: context.threads))
    var stage = EncodePictures(checkpoint: checkpoint, folder: folder)
    stage.keysAreLocal = keysAreLocal
    stage.threads = threads
    let embeddings = try await stage.run(context)
    return Self(source, try embeddings.ids(), vectors: try embeddings.vectors().elements)
  }

  /// The embeddings of some pictures; of a folder's after ``encoded(_:threads:_:after:)``.
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
  ///   - positions: of which pictures, each once.
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
