internal import ArtifactTypes
public import Core

/// Computes each language's threshold from one language's, so that every tail has the same share of its language's
/// matches.
///
/// The anchor's t is given, or chosen so that the tail has about `tailShare` of the matches; p is the share that
/// follows from it, and every other language's t is the one that comes nearest to p. Source: MetaCLIP 2, §3.3.
public struct ComputeThresholds: Stage {
  /// The rule for the other languages' thresholds.
  public enum Rule: String, Codable, Sendable {
    /// The anchor's tail share p gives each language its own t.
    case sameTailShare
    /// Every language has the anchor's t. Source: MetaCLIP 2, Table 2.
    case sameThreshold
  }

  /// The entries' counts, from ``CountConcepts``.
  public var counts: ConceptCounts
  /// The language that p comes from.
  public var anchor = "en"
  /// The anchor's threshold: 20,000 at 400 million pairs, 170,000 at 2.5 billion in the papers. When `nil`, `tailShare`
  /// decides.
  public var t: Int?
  /// The share of the anchor's matches, 0...1, that its tail should have. In the papers both thresholds leave about 6
  /// %; a pool of some thousand pictures has a far shorter tail, and keeps enough of its texts with about one half.
  public var tailShare = 0.06
  /// The rule for the other languages' thresholds.
  public var rule = Rule.sameTailShare
  /// True to keep a t below 1, as the reference code does. It would silently drop the language, and is raised to 1
  /// otherwise.
  public var parity = false

  /// A stage for these counts and options.
  public init(
    counts: ConceptCounts, anchor: String = "en", t: Int? = nil, tailShare: Double = 0.06, rule: Rule = .sameTailShare,
    parity: Bool = false
  ) {
    self.counts = counts
    self.anchor = anchor
    self.t = t
    self.tailShare = tailShare
    self.rule = rule
    self.parity = parity
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Computes the thresholds, and notes the languages whose t was raised.
  /// - Throws: ``OperationError`` when no text matches an entry of the anchor language.
  public func run(_ context: StageContext) async throws -> Thresholds {
    let own = try counts.distribution(of: anchor)
    guard let chosen = t ?? TailShare.threshold(for: tailShare, of: own),
      let p = TailShare.share(below: chosen, of: own)
    else {
      throw OperationError(
        operation: "compute thresholds", subject: anchor,
        cause: "no text matches an entry of this language; choose another `anchor`")
    }

    var languages: [String: Thresholds.Language] = [:]
    var raised: [String] = []
    for language in counts.languages {
      try Task.checkCancellation()
      let distribution = try counts.distribution(of: language.code)
      let keepsAnchors = language.code == anchor || rule == .sameThreshold
      var t = keepsAnchors ? chosen : TailShare.threshold(for: p, of: distribution) ?? 0
      if t < 1, !parity {
        t = 1
        if distribution.contains(where: { $0 > 0 }) { raised.append(language.code) }
      }
      languages[language.code] = Thresholds.Language(
        t: t, tailShare: TailShare.share(below: t, of: distribution), matches: distribution.reduce(0, +))
    }

    if !raised.isEmpty {
      context.note("t would be 0 and the language lost, so it is 1: \(raised.joined(separator: ", "))")
    }
    return Thresholds(anchor: anchor, p: p, languages: languages)
  }
}
