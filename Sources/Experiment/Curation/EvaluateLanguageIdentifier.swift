public import ArtifactTypes
public import Core

/// Measures a language identifier on texts whose language their source named.
///
/// Texts that an identifier has labelled, recognisable by their confidence, do not count.
public struct EvaluateLanguageIdentifier: Stage {
  public var identifier: LanguageIdentifier
  public var pairs: Pairs?
  /// Read in pieces about as long as captions.
  public var corpus: Corpus?
  /// Only texts of pairs with these fields; of all when empty.
  public var fields: [String] = []
  /// Only these languages; all when empty.
  public var languages: [String] = []
  /// About how many texts of a language are looked at, drawn at random; all when `nil`.
  public var limit: Int? = 1000
  /// Only the texts that ``TrainLanguageIdentifier`` leaves out with the same share and seed; all when 0.
  public var heldOut = 0.0
  public var seed = 0
  /// Whether a guess is right that is the same language in another variety: `zh` for `zh_Hant`.
  public var foldsVarieties = true

  public init(identifier: LanguageIdentifier, pairs: Pairs? = nil, corpus: Corpus? = nil) {
    self.identifier = identifier
    self.pairs = pairs
    self.corpus = corpus
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  private struct Key: Hashable {
    var language: String
    var guess: Int
  }

  private struct Count {
    var texts = 0
    /// In millionths, so that sums do not depend on their order.
    var confidence = 0
  }

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
        sum[Key(language: language, guess: guess.language), default: Count()].texts += 1
        sum[Key(language: language, guess: guess.language), default: Count()].confidence += Int(
          ((guess.confidence ?? 0) * 1e6).rounded())
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
      context.note(
        "\(report.unreported.count) languages are never reported by the identifier: \(report.unreported.joined(separator: " "))"
      )
    }
    return report
  }
}
