public import ArtifactTypes
public import Core

/// Names the language of each text: the identifier's most probable one, with its confidence.
///
/// A text of which the identifier knows nothing is `other`, never an error. On short captions identifiers err often:
/// look at the confidence, or at the report of ``EvaluateLanguageIdentifier``. Source: MetaCLIP 2, §3.2.
public struct IdentifyLanguages: Stage {
  /// The pairs with the texts.
  public var pairs: Pairs
  /// The identifier, from ``ReadLanguageIdentifier`` or ``TrainLanguageIdentifier``.
  public var identifier: LanguageIdentifier
  /// True when texts whose source named their language are identified too.
  public var overridesSource = false
  /// The confidence, 0...1, below which a text is `other`; 0, as in the reference, for no such limit.
  public var minimumConfidence = 0.0

  /// A stage that identifies the languages of pairs.
  public init(pairs: Pairs, identifier: LanguageIdentifier, overridesSource: Bool = false) {
    self.pairs = pairs
    self.identifier = identifier
    self.overridesSource = overridesSource
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Writes the pairs with the languages and confidences of their texts, in their order and shards.
  /// - Throws: ``OperationError`` when the model or a pair is damaged.
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

/// An identifier with its model in memory.
struct LanguageGuesser: Sendable {
  /// The position of `other` in ``languages``.
  static let other = 0

  /// The codes of texts: `other`, and then those of the identifier.
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

  /// The position of a text's language, and the model's confidence, rounded to millionths: what is below is noise of
  /// single precision. The confidence is `nil` when the model knows nothing of the text.
  func guess(_ text: String) -> (language: Int, confidence: Double?) {
    guard let found = model.predict(text) else { return (Self.other, nil) }
    return (positions[found.label], (Double(found.probability) * 1e6).rounded() / 1e6)
  }
}
