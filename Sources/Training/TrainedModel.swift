package import ArtifactTypes
internal import Tensor

/// A checkpoint that encodes pictures and texts, in float32.
package struct TrainedModel {
  private let model: CLIPModel
  private let tokenizer: SentencePieceModel?
  private static let batch = 256

  /// - Parameters:
  ///   - tokenizer: the one that the model was trained with; `nil` for pictures alone.
  ///   - threads: how many threads compute, from now on.
  /// - Throws: ``TrainingError`` when the checkpoint's files do not fit together or the tokenizer is another one.
  package init(_ checkpoint: Checkpoint, tokenizer: Tokenizer?, threads: Int) throws {
    try Torch.setThreads(threads)
    model = try CLIPModel(checkpoint, tokenizer: tokenizer, precision: .float32)
    self.tokenizer = try tokenizer.map { try SentencePieceModel($0) }
  }

  /// How many numbers an embedding has.
  package var dimension: Int { model.configuration.embeddingWidth }

  /// The embeddings of pictures on white, rows of length 1: `[positions.count, dimension]`.
  package func encode(_ pictures: Pictures, at positions: [Int]) throws -> [Float] {
    var result: [Float] = []
    var generator = CounterGenerator(0)
    let variation = Variation(.none, &generator)
    for start in stride(from: 0, to: positions.count, by: Self.batch) {
      try Task.checkCancellation()
      let part = positions[start..<min(start + Self.batch, positions.count)]
      var batch = PictureBatch(model.configuration, count: part.count)
      for (index, position) in part.enumerated() { batch.draw(position, of: pictures, variation, at: index) }
      result += try Torch.withoutGradients { try model.encode(patches: batch.patches(), count: part.count).elements() }
    }
    return result
  }

  /// The embeddings of texts, rows of length 1: `[texts.count, dimension]`.
  package func encode(_ texts: [String]) throws -> [Float] {
    guard let tokenizer else {
      throw TrainingError(
        operation: "encode texts", subject: "\(texts.count) texts", cause: "the model was opened without tokenizer")
    }
    var result: [Float] = []
    for start in stride(from: 0, to: texts.count, by: Self.batch) {
      try Task.checkCancellation()
      var batch = TokenBatch()
      for text in texts[start..<min(start + Self.batch, texts.count)] {
        batch.append(tokenizer.framed(try tokenizer.encode(text), contextLength: model.configuration.contextLength))
      }
      result += try Torch.withoutGradients { try model.encode(batch).elements() }
    }
    return result
  }
}
