public import ArtifactTypes
public import Core

/// Measures a language identifier on texts whose language their source named.
///
/// Texts that an identifier has labelled, recognisable by their confidence, do not count.
public struct EvaluateLanguageIdentifier: Stage {
  /// The identifier to measure.
  public var identifier: LanguageIdentifier
  /// Pairs with texts whose source named their language.
  public var pairs: Pairs?
  /// Documents, which are read in pieces about as long as captions.
  public var corpus: Corpus?
  /// The fields whose texts of pairs count; all when empty.
  public var fields: [String] = []
  /// The languages that count; all when empty.
  public var languages: [String] = []
  /// The approximate number of texts of a language, which are drawn at random; all when `nil`.
  public var limit: Int? = 1000
  /// The share of texts, 0..<1: only those count that ``TrainLanguageIdentifier`` leaves out with the same share and
  /// seed; all when 0.
  public var heldOut = 0.0
  /// The seed of the draws.
  public var seed = 0
  /// True when a guess counts as right that is the same language in another variety: `zh` for `zh_Hant`.
  public var foldsVarieties = true

  /// A stage that measures an identifier on pairs, a corpus, or both.
  public init(identifier: LanguageIdentifier, pairs: Pairs? = nil, corpus: Corpus? = nil) {
    self.identifier = identifier
    self.pairs = pairs
    self.corpus = corpus
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  private struct Key: Hashable {
    var language: String
    var guess: Int
  }

  private struct Count {
    var texts = 0
    /// The sum of the confidences in millionths: an integer, so that it does not depend on the order.
    var confidence = 0
  }

  /// Guesses the language of each text, on all threads.
  /// - Throws: ``OperationError`` when no text counts, or the model is damaged.
  public func run(_ context: StageContext) async throws -> LanguageIdentificationReport {
    let guesser = try LanguageGuesser(identifier)
    let share = heldOut
    let known = KnownTexts(
      pairs: pairs, corpus: corpus, fields: fields, languages: languages, limit: limit, seed: seed,
      takes: { share == 0 || $0 < share })
    let sums = try await known.sums(
      context, initial: { [Key: Count]() },
      { language, text, sum in
        let guess = guesser.guess(text)
        let key = Key(language: language, guess: guess.language)
        sum[key, default: Count()].texts += 1
        sum[key, default: Count()].confidence += Int(((guess.confidence ?? 0) * 1e6).rounded())
      })

    var counts: [Key: Count] = [:]
    for (key, count) in sums.joined() {
      counts[key, default: Count()].texts += count.texts
      counts[key, default: Count()].confidence += count.confidence
    }
    guard !counts.isEmpty else {
      throw OperationError(
        operation: "evaluate a language identifier", subject: "the texts",
        cause: "none of them has a language from its source, or none is of the fields and languages asked for")
    }

    let report = LanguageIdentificationReport(
      confusions: counts.map { key, count in
        .init(
          language: key.language, guessed: guesser.languages[key.guess], texts: count.texts,
          confidence: Double(count.confidence) / Double(count.texts) / 1e6)
      }, foldsVarieties: foldsVarieties, reported: identifier.languages)

    context.measure("texts", Double(counts.values.reduce(0) { $0 + $1.texts }))
    context.measure("right", report.accuracy.estimate)
    if !report.unreported.isEmpty {
      let unreported = report.unreported.joined(separator: " ")
      context.note("\(report.unreported.count) languages are never reported by the identifier: \(unreported)")
    }
    return report
  }
}
