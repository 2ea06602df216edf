internal import Core
internal import Training

/// Encodes an evaluation's texts and counts those of which the model sees only a part.
struct EvaluatedTexts {
  private let model: TrainedModel
  /// The number of texts that were encoded.
  private var count = 0
  /// The number of texts that have more pieces than the model reads.
  private var cut = 0
  /// The first of these.
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

  /// Notes the number of texts that were cut, unless it is 0.
  func note(in context: StageContext) {
    guard let example else { return }
    let start = example.count > 60 ? example.prefix(60) + "…" : example[...]
    context.note(
      """
      \(cut) of \(count) texts have more than the \(model.contextLength) pieces that the model reads, the end \
      included, and are cut, for instance “\(start)”
      """)
  }
}
