internal import ArtifactTypes
internal import Core
internal import Imaging
internal import Tensor

/// The rule by which captions are drawn from a picture's texts.
public struct CaptionSampling: Codable, Hashable, Sendable {
  /// The number of captions of each picture in a step; they share one encoding of it.
  public var captionsPerPicture = 6
  /// The share of captions that are a text of their own (name, caption, title); the others are made of keywords, if the
  /// picture has any.
  public var nameShare: Float = 0.85
  /// The largest number of keywords in a caption; they are joined by a comma.
  public var keywordsPerCaption = 3

  /// The default rule.
  public init() {}
}

/// The texts of every picture, cut into pieces once, and the captions of each step drawn from them.
struct CaptionSource: Sendable {
  /// The texts of one language: pieces without the end.
  private struct Group {
    var names: [[Int32]] = []
    var keywords: [[Int32]] = []

    mutating func append(_ text: Text) {
      if text.isKeyword { keywords.append(text.ids) } else { names.append(text.ids) }
    }
  }

  /// A text with all that decides in each epoch whether it is kept.
  private struct Text {
    var language: String
    var isKeyword: Bool
    var ids: [Int32]
    var pair: String
    var position: Int
    /// The number of its pair's texts.
    var count: Int
    var probability: Float
  }

  /// Positions in the picture set of the pictures that have texts, ascending.
  let pictures: [Int]
  /// All texts of each of them, when they are sampled in every epoch.
  private let texts: [[Text]]
  /// Their texts by language, when none is left out.
  private let groups: [[Group]]
  private let balancing: (mode: SamplingMode, seed: Int)?
  private let contextLength: Int
  private let comma: [Int32]
  private let tokenizer: SentencePieceModel

  /// Reads the texts of all pairs whose picture is in a set.
  /// - Parameter balancing: the probability of each text of all pairs, and the rule and seed of the draw; `nil` keeps
  ///   all texts.
  /// - Throws: ``OperationError`` when no pair has a picture of the set, or no text that could be kept.
  init(
    _ pairs: Pairs, pictures set: OpenPictures, tokenizer: SentencePieceModel, contextLength: Int,
    balancing: (probabilities: OpenProbabilities, mode: SamplingMode, seed: Int)? = nil
  ) throws {
    let texts = try Self.texts(
      of: pairs, pictures: set, tokenizer: tokenizer, probabilities: balancing?.probabilities)
    guard !texts.isEmpty else {
      throw OperationError(
        operation: "train", subject: "\(set.count) pictures",
        cause: "no pair has a text\(balancing == nil ? "" : " that is ever kept") and names one of these pictures")
    }

    let positions = texts.keys.sorted()
    pictures = positions
    let all = positions.map { texts[$0] ?? [] }
    // Without balancing, the groups are the same in every epoch and are made once.
    self.texts = balancing == nil ? [] : all
    groups = balancing == nil ? all.map { Self.grouped($0) } : []
    self.balancing = balancing.map { ($0.mode, $0.seed) }
    self.contextLength = contextLength
    comma = try tokenizer.encode(",")
    self.tokenizer = tokenizer
  }

  /// The texts of each picture that could be kept, by the picture's position in the set.
  /// - Parameter probabilities: for each text of all pairs; `nil` when every text is kept.
  private static func texts(
    of pairs: Pairs, pictures set: OpenPictures, tokenizer: SentencePieceModel, probabilities: OpenProbabilities?
  ) throws -> [Int: [Text]] {
    var texts: [Int: [Text]] = [:]
    var pieces: [String: [Int32]] = [:]
    // The number of texts before the pair, those of pictures outside the set included.
    var number = 0
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      defer { number += pair.texts.count }
      guard let picture = set.position(of: pair.image) else { return }
      if let probabilities, number + pair.texts.count > probabilities.count {
        throw mismatch(probabilities.count, "more")
      }

      for (position, text) in pair.texts.enumerated() {
        let probability = probabilities.map { $0[number + position] } ?? 1
        if probability == 0 { continue }
        let ids: [Int32]
        if let known = pieces[text.text] {
          ids = known
        } else {
          ids = try tokenizer.encode(text.text)
          pieces[text.text] = ids
        }
        if ids.isEmpty { continue }
        texts[picture, default: []].append(
          Text(
            language: text.language ?? "", isKeyword: text.field == "keyword", ids: ids, pair: pair.id,
            position: position, count: pair.texts.count, probability: probability))
      }
    }

    if let probabilities, number != probabilities.count { throw mismatch(probabilities.count, "\(number)") }
    return texts
  }

  /// The error for probabilities that were not computed for these pairs.
  private static func mismatch(_ count: Int, _ found: String) -> OperationError {
    OperationError(
      operation: "train", subject: "\(count) probabilities",
      cause: "the pairs have \(found) texts: compute the probabilities of these very pairs")
  }

  private static func grouped(_ texts: [Text]) -> [Group] {
    var groups: [String: Group] = [:]
    for text in texts { groups[text.language, default: Group()].append(text) }
    return groups.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
  }

  /// The texts of a picture that an epoch keeps, by language.
  private func groups(of index: Int, epoch: Int) -> [Group] {
    guard let balancing else { return groups[index] }
    let sampling = TextSampling(mode: balancing.mode, seed: balancing.seed, round: epoch)
    return Self.grouped(
      texts[index].filter { text in
        sampling.candidates(text.pair, count: text.count).contains(text.position)
          && sampling.keeps(text.pair, text.position, probability: text.probability)
      })
  }

  /// Draws captions of a picture: the picture's languages in turn; none when the epoch keeps none of its texts.
  /// - Parameter index: the picture's position in ``pictures``.
  /// - Returns: ``CaptionSampling/captionsPerPicture`` texts as the text encoder reads them.
  func draw(
    of index: Int, epoch: Int, sampling: CaptionSampling, using generator: inout CounterGenerator
  ) -> [[Int32]] {
    let groups = groups(of: index, epoch: epoch)
    if groups.isEmpty { return [] }
    var order = Array(groups.indices)
    generator.shuffle(&order)

    return (0..<sampling.captionsPerPicture).map { caption in
      let group = groups[order[caption % order.count]]
      let isName = !group.names.isEmpty && (group.keywords.isEmpty || generator.uniform() < sampling.nameShare)
      var ids: [Int32] = []
      if isName {
        ids = group.names[generator.index(group.names.count)]
      } else {
        let wanted = min(1 + generator.index(max(sampling.keywordsPerCaption, 1)), group.keywords.count)
        // The beginning of a shuffle: keywords are drawn without repetition.
        var indices = Array(group.keywords.indices)
        for position in 0..<wanted {
          indices.swapAt(position, position + generator.index(indices.count - position))
          if position > 0 { ids += comma }
          ids += group.keywords[indices[position]]
        }
      }
      return tokenizer.framed(ids, contextLength: contextLength)
    }
  }
}
