internal import ArtifactTypes
internal import Foundation
internal import Provenance
internal import Training

/// Encodes an evaluation's texts and counts those that the model sees a part of alone.
struct EvaluatedTexts {
  private let model: TrainedModel
  private let tokenizer: SentencePieceModel
  private let contextLength: Int
  /// How many texts were encoded.
  private var count = 0
  /// How many of them have more pieces than the model reads, and the first of these.
  private var cut = 0
  private var example: String?

  /// The field of `config.json` that counts. Source of the value where it is missing: transformers, `CLIPTextConfig`.
  private struct Configuration: Decodable {
    struct Text: Decodable {
      var contextLength: Int?
      private enum CodingKeys: String, CodingKey { case contextLength = "max_position_embeddings" }
    }
    var text: Text?
    private enum CodingKeys: String, CodingKey { case text = "text_config" }
    var contextLength: Int { text?.contextLength ?? 77 }
  }

  /// - Parameter model: the opened checkpoint, with the tokenizer.
  init(_ model: TrainedModel, _ checkpoint: Checkpoint, _ tokenizer: Tokenizer) throws {
    self.model = model
    self.tokenizer = try SentencePieceModel(tokenizer)
    let bytes = try checkpoint.file("config.json").bytes()
    contextLength = try JSONDecoder().decode(Configuration.self, from: Data(bytes)).contextLength
  }

  /// The embeddings of texts, rows of length 1: `[texts.count, dimension]`.
  mutating func encode(_ texts: [String]) throws -> [Float] {
    for text in texts {
      count += 1
      guard tokenizer.framed(try tokenizer.encode(text), contextLength: Int.max).count > contextLength else { continue }
      cut += 1
      if example == nil { example = text }
    }
    return try model.encode(texts)
  }

  /// Notes how many texts were cut, if any were.
  func note(in context: StageContext) {
    guard let example else { return }
    let start = example.count > 60 ? example.prefix(60) + "…" : example[...]
    context.note(
      "\(cut) of \(count) texts have more than the \(contextLength) pieces that the model reads, the end included, and are cut, "
        + "for instance “\(start)”")
  }
}
