internal import ArtifactTypes
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
struct CaptionSource {
  /// The texts of one language: pieces without the end, with the number that equal texts share.
  private struct Group {
    var names: [[Int32]] = []
    var keywords: [[Int32]] = []
  }

  /// Positions in the picture set of the pictures that have texts, ascending.
  let pictures: [Int]
  private let groups: [[Group]]
  private let contextLength: Int
  private let comma: [Int32]
  private let end: Int32

  /// - Throws: ``TrainingError`` when no pair has a picture of the set.
  init(_ pairs: Pairs, pictures set: Pictures, tokenizer: SentencePieceModel, contextLength: Int) throws {
    var texts: [Int: [String: Group]] = [:]
    var pieces: [String: [Int32]] = [:]
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      guard let position = set.position(of: pair.image) else { return }
      for text in pair.texts {
        let ids: [Int32]
        if let known = pieces[text.text] {
          ids = known
        } else {
          ids = try tokenizer.encode(text.text)
          pieces[text.text] = ids
        }
        if ids.isEmpty { continue }
        let language = text.language ?? ""
        if text.field == "keyword" {
          texts[position, default: [:]][language, default: Group()].keywords.append(ids)
        } else {
          texts[position, default: [:]][language, default: Group()].names.append(ids)
        }
      }
    }
    guard !texts.isEmpty else {
      throw TrainingError(
        operation: "train", subject: "\(set.count) pictures", cause: "no pair has a text and names one of these pictures")
    }
    let positions = texts.keys.sorted()
    pictures = positions
    groups = positions.map { position in
      (texts[position] ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }
    self.contextLength = contextLength
    comma = try tokenizer.encode(",")
    end = Int32(tokenizer.end)
  }

  /// Captions of a picture: of as many languages as there are, in turn.
  /// - Parameter index: in ``pictures``.
  func draw(_ count: Int, of index: Int, _ sampling: CaptionSampling, _ generator: inout CounterGenerator) -> [[Int32]] {
    var order = Array(groups[index].indices)
    generator.shuffle(&order)
    return (0..<count).map { caption in
      let group = groups[index][order[caption % order.count]]
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
      return Self.ended(ids, contextLength, end)
    }
  }

  /// The ids cut to the context, with the end.
  static func ended(_ ids: [Int32], _ contextLength: Int, _ end: Int32) -> [Int32] { ids.prefix(contextLength - 1) + [end] }
}
