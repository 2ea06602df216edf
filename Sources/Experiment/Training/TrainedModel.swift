package import ArtifactTypes
internal import Core
internal import Imaging
internal import Tensor

/// A checkpoint that encodes pictures and texts, in float32.
package struct TrainedModel {
  private let model: CLIPModel
  private let tokenizer: SentencePieceModel?
  /// The number of pictures or texts that are encoded at a time.
  private static let batch = 256

  /// Opens a checkpoint.
  /// - Parameters:
  ///   - tokenizer: the one that the model was trained with; `nil` when only pictures will be encoded.
  ///   - threads: the number of threads that compute, from now on.
  /// - Throws: ``OperationError`` when the checkpoint's files do not fit together or the tokenizer is another one.
  package init(_ checkpoint: Checkpoint, tokenizer: Tokenizer?, threads: Int) throws {
    try Torch.setThreads(threads)
    model = try CLIPModel(checkpoint, tokenizer: tokenizer, precision: .float32)
    self.tokenizer = try tokenizer.map { try SentencePieceModel($0) }
  }

  /// The number of elements of an embedding.
  package var dimension: Int { model.configuration.embeddingWidth }

  /// The embeddings of pictures on white, rows of length 1: `[positions.count, dimension]`.
  /// - Throws: `CancellationError`.
  package func encode(_ pictures: Pictures, at positions: [Int]) throws -> [Float] {
    try encode(.set(pictures), at: positions).vectors
  }

  /// The embeddings of pictures on white, rows of length 1: `[positions.count − broken.count, dimension]`.
  ///
  /// Pictures are decoded while the model computes.
  /// - Parameter progress: called with the number of pictures that are done.
  /// - Returns: also the pictures that could not be decoded, in order; they have no row.
  /// - Throws: `OperationError` when a file cannot be read; `CancellationError`.
  func encode(
    _ source: OpenPictures, at positions: [Int], progress: (Int) -> Void = { _ in }
  ) throws -> (vectors: [Float], broken: [BrokenPicture]) {
    let configuration = model.configuration
    let batches = Prefetcher<EncodedBatch>(depth: 1, 0) { start, isStopped in
      guard start < positions.count else { return nil }
      let part = positions[start..<min(start + Self.batch, positions.count)]
      start += part.count
      return try EncodedBatch(configuration, source, positions: Array(part), isStopped: isStopped)
    }
    defer { batches.stop() }

    var result: [Float] = []
    var broken: [BrokenPicture] = []
    for start in stride(from: 0, to: positions.count, by: Self.batch) {
      try Task.checkCancellation()
      let batch = try batches.next()
      let count = batch.count
      let rows: [Float] = try Torch.withoutGradients {
        try model.encode(patches: batch.pictures.patches(), count: count).elements()
      }

      // A broken picture has the row of an empty one, which is left out.
      for place in 0..<count {
        if let fault = batch.broken[place] {
          broken.append(fault)
        } else {
          result += rows[(place * dimension)..<((place + 1) * dimension)]
        }
      }
      progress(start + count)
    }
    return (result, broken)
  }

  /// Pictures as evaluation sees them.
  private struct EncodedBatch: Sendable {
    var pictures: PictureBatch
    let count: Int
    /// The pictures that could not be decoded, by their places in the batch.
    var broken: [Int: BrokenPicture] = [:]

    init(
      _ configuration: ModelConfiguration, _ source: OpenPictures, positions: [Int],
      isStopped: @escaping @Sendable () -> Bool
    ) throws {
      count = positions.count
      pictures = PictureBatch(configuration, count: count)
      // All ranges of the variation are empty: the seed does not matter.
      var generator = CounterGenerator(0)
      let variation = Variation(.none, &generator)
      let size = configuration.pictureSize

      let faults = pictures.fill(Array(0..<count)) { place, canvas, values in
        if isStopped() { throw CancellationError() }
        switch source {
        case .set(let pictures): canvas.draw(positions[place], of: pictures, variation, into: values)
        case .encoded(let pictures, let vips):
          let pixels = try pictures.pixels(at: positions[place], size: size, vips) {
            .middle(width: $0, height: $1, size: size)
          }
          canvas.place(pixels, into: values)
        }
      }

      for (place, fault) in faults.enumerated() {
        guard let fault else { continue }
        guard let fault = fault as? BrokenPicture else { throw fault }
        broken[place] = fault
      }
    }
  }

  /// The largest number of pieces of a text that the model reads, the end included.
  package var contextLength: Int { model.configuration.contextLength }

  /// The embeddings of texts, rows of length 1: `[texts.count, dimension]`.
  /// - Parameter cut: called with each text that has more pieces than ``contextLength``; of such a text the beginning
  ///   is seen.
  /// - Throws: ``OperationError`` when the model was opened without a tokenizer; `CancellationError`.
  package func encode(_ texts: [String], cut: (String) -> Void = { _ in }) throws -> [Float] {
    guard let tokenizer else {
      throw OperationError(
        operation: "encode texts", subject: "\(texts.count) texts", cause: "the model was opened without a tokenizer")
    }
    var result: [Float] = []
    for start in stride(from: 0, to: texts.count, by: Self.batch) {
      try Task.checkCancellation()
      var batch = TokenBatch()
      for text in texts[start..<min(start + Self.batch, texts.count)] {
        let pieces = try tokenizer.encode(text)
        let seen = tokenizer.framed(pieces, contextLength: contextLength)
        if seen.count < tokenizer.framed(pieces, contextLength: .max).count { cut(text) }
        batch.append(seen)
      }
      result += try Torch.withoutGradients { try model.encode(batch).elements() }
    }
    return result
  }
}
