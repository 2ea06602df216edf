internal import ArtifactTypes
internal import Core
internal import Tensor

/// How captions are drawn from a picture's texts.
public struct CaptionSampling: Codable, Hashable, Sendable {
  /// How many captions of each picture a step uses; they share one encoding of it.
  public var captionsPerPicture = 6
  /// The share of captions that are a text of their own (name, caption, title); the others are made of keywords, where there are any.
  public var nameShare: Float = 0.85
  /// The most keywords of a caption; they are joined by a comma.
  public var keywordsPerCaption = 3

  public init() {}
}

/// The texts of every picture, cut into pieces once, and the captions of each step drawn from them.
struct CaptionSource: Sendable {
  /// The texts of one language: pieces without the end, with the number that equal texts share.
  private struct Group {
    var names: [[Int32]] = []
    var keywords: [[Int32]] = []

    mutating func append(_ text: Text) {
      if text.isKeyword { keywords.append(text.ids) } else { names.append(text.ids) }
    }
  }

  /// A text with what decides in each epoch whether it is kept.
  private struct Text {
    var language: String
    var isKeyword: Bool
    var ids: [Int32]
    var pair: String
    var position: Int
    /// How many texts its pair has.
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

  /// - Parameter balancing: the probability of each text of all pairs, and how to draw with it; `nil` keeps all texts.
  /// - Throws: ``OperationError`` when no pair has a picture of the set, or no text that could be kept.
  init(
    _ pairs: Pairs, pictures set: PictureSource, tokenizer: SentencePieceModel, contextLength: Int,
    balancing: (probabilities: OpenProbabilities, mode: SamplingMode, seed: Int)? = nil
  ) throws {
    var texts: [Int: [Text]] = [:]
    var pieces: [String: [Int32]] = [:]
    var number = 0
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      defer { number += pair.texts.count }
      guard let position = set.position(of: pair.image) else { return }
      if let balancing, number + pair.texts.count > balancing.probabilities.count {
        throw Self.mismatch(balancing.probabilities.count, "more")
      }
      for (place, text) in pair.texts.enumerated() {
        let probability = balancing.map { $0.probabilities[number + place] } ?? 1
        if probability == 0 { continue }
        let ids: [Int32]
        if let known = pieces[text.text] {
          ids = known
        } else {
          ids = try tokenizer.encode(text.text)
          pieces[text.text] = ids
        }
        if ids.isEmpty { continue }
        texts[position, default: []].append(
          Text(
            language: text.language ?? "", isKeyword: text.field == "keyword", ids: ids, pair: pair.id, position: place,
            count: pair.texts.count, probability: probability))
      }
    }
    if let balancing, number != balancing.probabilities.count {
      throw Self.mismatch(balancing.probabilities.count, "\(number)")
    }
    guard !texts.isEmpty else {
      throw OperationError(
        operation: "train", subject: "\(set.count) pictures",
        cause: "no pair has a text\(balancing == nil ? "" : " that is ever kept") and names one of these pictures")
    }
    let positions = texts.keys.sorted()
    pictures = positions
    let all = positions.map { texts[$0] ?? [] }
    self.texts = balancing == nil ? [] : all
    groups = balancing == nil ? all.map { Self.grouped($0) } : []
    self.balancing = balancing.map { ($0.mode, $0.seed) }
    self.contextLength = contextLength
    comma = try tokenizer.encode(",")
    self.tokenizer = tokenizer
  }

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

  /// Captions of a picture: of as many languages as there are, in turn; none when the epoch keeps none of its texts.
  /// - Parameter index: in ``pictures``.
  func draw(
    _ count: Int, of index: Int, epoch: Int, _ sampling: CaptionSampling, _ generator: inout CounterGenerator
  ) -> [[Int32]] {
    let groups = groups(of: index, epoch: epoch)
    if groups.isEmpty { return [] }
    var order = Array(groups.indices)
    generator.shuffle(&order)
    return (0..<count).map { caption in
      let group = groups[order[caption % order.count]]
      let isName = !group.names.isEmpty && (group.keywords.isEmpty || generator.uniform() < sampling.nameShare)
      var ids: [Int32] = []
      if isName {
        ids = group.names[generator.index(group.names.count)]
      } else {
        let wanted = min(1 + generator.index(max(sampling.keywordsPerCaption, 1)), group.keywords.count)
        var places = Array(group.keywords.indices)
        for position in 0..<wanted {
          places.swapAt(position, position + generator.index(places.count - position))
          if position > 0 { ids += comma }
          ids += group.keywords[places[position]]
        }
      }
      return tokenizer.framed(ids, contextLength: contextLength)
    }
  }
}
