public import ArtifactTypes
public import Core

/// The number of pairs that a training on several languages sees, so that it sees as many English ones as a training on
/// English only.
///
/// The number is the English one divided by the share of English, rounded up. Source: MetaCLIP 2, §6: its pool is 44 %
/// English, and it sees 2.3 times as many pairs. For ``TrainCLIP/seenPairs``.
public struct ScaledSeenPairs: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The texts of which English is a share.
  public enum Share: String, Codable, Hashable, Sendable {
    /// The captions that ``TrainCLIP`` draws: each picture's languages are drawn equally often, whatever the numbers of
    /// their texts.
    case drawnCaptions
    /// All texts, as where pairs are drawn evenly.
    case texts
  }

  /// The pairs of the training.
  public var pairs: Pairs
  /// The number of pairs that a training on English only sees, at least 1.
  public var englishSeenPairs: Int
  /// The language code of English in ``pairs``.
  public var english = "en"
  /// The texts of which English is a share.
  public var share = Share.drawnCaptions

  /// Scales a number of English pairs.
  public init(pairs: Pairs, englishSeenPairs: Int) {
    self.pairs = pairs
    self.englishSeenPairs = englishSeenPairs
  }

  /// Measures the share of English and scales the number.
  /// - Throws: ``OperationError`` when no text is English, or the number is too large.
  public func run(_ context: StageContext) async throws -> Int {
    guard englishSeenPairs >= 1 else {
      throw OperationError(
        operation: "scale the seen pairs", subject: "\(englishSeenPairs) English pairs",
        cause: "there must be at least one")
    }

    let (part, whole) = share == .texts ? try texts() : try drawnCaptions()
    guard part > 0 else {
      throw OperationError(
        operation: "scale the seen pairs", subject: "\(whole) texts", cause: "none of them has the language \(english)")
    }
    context.measure("English share", Double(part) / Double(whole))

    // Unsigned and in double width: no product overflows, and a quotient that does not fit is noticed.
    let divisor = UInt(part)
    let product = UInt(whole).multipliedFullWidth(by: UInt(englishSeenPairs))
    guard product.high < divisor, case (let count, let rest) = divisor.dividingFullWidth(product), count < Int.max
    else {
      throw OperationError(
        operation: "scale the seen pairs", subject: "\(englishSeenPairs) English pairs",
        cause: "the scaled number is too large")
    }
    return Int(count) + (rest == 0 ? 0 : 1)
  }

  private func texts() throws -> (part: Int, whole: Int) {
    var (part, whole) = (0, 0)
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      whole += pair.texts.count
      part += pair.texts.count { $0.language == english }
    }
    return (part, whole)
  }

  /// Every picture counts the same, and each of its languages with an equal part of that.
  private func drawnCaptions() throws -> (part: Int, whole: Int) {
    var languages: [String: Set<String>] = [:]
    // swift-format-ignore: ReplaceForEachWithForLoop
    try pairs.forEach { pair in
      for text in pair.texts { languages[pair.image, default: []].insert(text.language ?? "") }
    }
    // Pictures by their number of languages, so that the sum is the same in every order.
    var counts: [Int: Int] = [:]
    for codes in languages.values where codes.contains(english) { counts[codes.count, default: 0] += 1 }
    // Divisible by all numbers up to 16; above that, rounding changes the share by less than a millionth.
    let unit = 720_720
    let part = counts.reduce(0) { $0 + Int((Double(unit) * Double($1.value) / Double($1.key)).rounded()) }
    return (part, languages.count * unit)
  }
}
