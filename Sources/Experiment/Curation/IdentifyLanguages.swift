public import ArtifactTypes
public import Core

/// Names the language of each text: the identifier's most probable one, with its confidence kept.
///
/// A text that the identifier knows nothing of is `other`, never an error. On short captions identifiers err often: look at the confidence,
/// or at what ``EvaluateLanguageIdentifier`` says. Source: MetaCLIP 2, §3.2.
public struct IdentifyLanguages: Stage {
  public var pairs: Pairs
  /// From ``ReadLanguageIdentifier`` or ``TrainLanguageIdentifier``.
  public var identifier: LanguageIdentifier
  /// Whether texts whose source named their language are identified too.
  public var overridesSource = false
  /// Texts below this confidence are `other`; 0, as in the reference, for no such limit.
  public var minimumConfidence = 0.0

  public init(pairs: Pairs, identifier: LanguageIdentifier, overridesSource: Bool = false) {
    self.pairs = pairs
    self.identifier = identifier
    self.overridesSource = overridesSource
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    let guesser = try LanguageGuesser(identifier)
    let (overridesSource, minimumConfidence) = (overridesSource, minimumConfidence)
    var counted = [Int](repeating: 0, count: guesser.languages.count)
    let result = try await PairPieces(pairs).map(context) { pair in
      var pair = pair
      var found: [Int] = []
      for index in pair.texts.indices where overridesSource || pair.texts[index].language == nil {
        let guess = guesser.guess(pair.texts[index].text)
        let language = (guess.confidence ?? 0) >= minimumConfidence ? guess.language : LanguageGuesser.other
        pair.texts[index].language = guesser.languages[language]
        pair.texts[index].confidence = guess.confidence
        found.append(language)
      }
      return (pair, found)
    } each: { found in
      for language in found { counted[language] += 1 }
    }
    context.measure("texts identified", Double(counted.reduce(0, +)))
    context.measure("languages found", Double(counted.count { $0 > 0 }))
    return result
  }
}

/// An identifier at work.
struct LanguageGuesser: Sendable {
  /// The position of `other` in ``languages``.
  static let other = 0

  /// The codes that texts get: `other`, and then those of the identifier.
  let languages: [String]
  private let model: FastTextModel
  /// The position of each label's language.
  private let positions: [Int]

  /// - Throws: ``OperationError`` when the model is damaged.
  init(_ identifier: LanguageIdentifier) throws {
    let model = try FastTextModel(identifier.model)
    let languages = ["other"] + identifier.languages.filter { $0 != "other" }
    let codes = Dictionary(identifier.labels.map { ($0.label, $0.language) }, uniquingKeysWith: { first, _ in first })
    positions = model.labels.map { codes[$0].flatMap { languages.firstIndex(of: $0) } ?? Self.other }
    self.languages = languages
    self.model = model
  }

  /// The position of a text's language, and the model's confidence in millionths: what lies below is noise of single precision.
  func guess(_ text: String) -> (language: Int, confidence: Double?) {
    guard let found = model.predict(text) else { return (Self.other, nil) }
    return (positions[found.label], (Double(found.probability) * 1e6).rounded() / 1e6)
  }
}
