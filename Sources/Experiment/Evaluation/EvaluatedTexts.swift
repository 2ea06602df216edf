internal import Core
internal import Training

/// Encodes an evaluation's texts and counts those that the model sees a part of alone.
struct EvaluatedTexts {
  private let model: TrainedModel
  /// How many texts were encoded.
  private var count = 0
  /// How many of them have more pieces than the model reads, and the first of these.
  private var cut = 0
  private var example: String?

  /// - Parameter model: the opened checkpoint, with the tokenizer.
  init(_ model: TrainedModel) { self.model = model }

  /// The embeddings of texts, rows of length 1: `[texts.count, dimension]`.
  mutating func encode(_ texts: [String]) throws -> [Float] {
    count += texts.count
    return try model.encode(texts) { text in
      cut += 1
      example = example ?? text
    }
  }

  /// Notes how many texts were cut, if any were.
  func note(in context: StageContext) {
    guard let example else { return }
    let start = example.count > 60 ? example.prefix(60) + "…" : example[...]
    context.note(
      "\(cut) of \(count) texts have more than the \(model.contextLength) pieces that the model reads, the end included, and are cut, "
        + "for instance “\(start)”")
  }
}
