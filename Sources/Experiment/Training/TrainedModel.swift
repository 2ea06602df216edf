package import ArtifactTypes
internal import Core
internal import Imaging
internal import Tensor

/// A checkpoint that encodes pictures and texts, in float32.
package struct TrainedModel {
  private let model: CLIPModel
  private let tokenizer: SentencePieceModel?
  private static let batch = 256

  /// - Parameters:
  ///   - tokenizer: the one that the model was trained with; `nil` for pictures alone.
  ///   - threads: how many threads compute, from now on.
  /// - Throws: ``OperationError`` when the checkpoint's files do not fit together or the tokenizer is another one.
  package init(_ checkpoint: Checkpoint, tokenizer: Tokenizer?, threads: Int) throws {
    try Torch.setThreads(threads)
    model = try CLIPModel(checkpoint, tokenizer: tokenizer, precision: .float32)
    self.tokenizer = try tokenizer.map { try SentencePieceModel($0) }
  }

  /// How many numbers an embedding has.
  package var dimension: Int { model.configuration.embeddingWidth }

  /// The embeddings of pictures on white, rows of length 1: `[positions.count, dimension]`.
  package func encode(_ pictures: Pictures, at positions: [Int]) throws -> [Float] {
    try encode(.set(pictures), at: positions).vectors
  }

  /// The embeddings of pictures on white, rows of length 1: `[positions.count − broken.count, dimension]`.
  ///
  /// Pictures are decoded while the model computes.
  /// - Parameter progress: called with how many are done.
  /// - Returns: also the pictures that could not be decoded, in order; they have no row.
  /// - Throws: `OperationError` when a file cannot be read; `CancellationError`.
  func encode(
    _ source: PictureSource, at positions: [Int], progress: (Int) -> Void = { _ in }
  ) throws -> (vectors: [Float], broken: [BrokenPicture]) {
    let configuration = model.configuration
    let batches = Prefetcher<EncodedBatch>(depth: 1, 0) { start, isStopped in
      guard start < positions.count else { return nil }
      let part = positions[start..<min(start + Self.batch, positions.count)]
      start += part.count
      return try EncodedBatch(configuration, source, Array(part), isStopped)
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
    /// Those that could not be decoded, by their places.
    var broken: [Int: BrokenPicture] = [:]

    init(
      _ configuration: ModelConfiguration, _ source: PictureSource, _ positions: [Int],
      _ isStopped: @escaping @Sendable () -> Bool
    ) throws {
      count = positions.count
      pictures = PictureBatch(configuration, count: count)
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

  /// How many pieces of a text the model reads, the end included.
  package var contextLength: Int { model.configuration.contextLength }

  /// The embeddings of texts, rows of length 1: `[texts.count, dimension]`.
  /// - Parameter cut: called with each text that has more pieces than ``contextLength``; of such a text the beginning is seen.
  package func encode(_ texts: [String], cut: (String) -> Void = { _ in }) throws -> [Float] {
    guard let tokenizer else {
      throw OperationError(
        operation: "encode texts", subject: "\(texts.count) texts", cause: "the model was opened without tokenizer")
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
