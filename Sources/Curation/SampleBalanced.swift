public import ArtifactTypes
public import Provenance

/// Samples texts so that the concepts of each language are balanced: what is rare is kept, what is frequent is thinned out.
///
/// A text is kept with probability 1 − Π(1 − min(1, t/c)) over the entries that it matches, c being an entry's count and t its
/// language's threshold; a text that matches nothing is dropped. A pair stays with the texts that were kept. Whether a text is kept
/// depends on the seed, the pair's id and the text's position alone, never on order, number of threads or other pairs.
/// Source: MetaCLIP 2, §3.3, Algorithm 1.
public struct SampleBalanced: Stage {
  /// Which of a picture's texts are drawn for.
  public enum Mode: String, Codable, Sendable {
    /// Each text by itself, as the paper says.
    case everyText
    /// One text of each pair, picked evenly at random first, as the reference code does.
    case oneTextOfEachPair
  }

  public var pairs: Pairs
  public var metadata: ConceptMetadata
  /// From ``CountConcepts`` with the same pairs and metadata, or with those of a larger pool.
  public var counts: ConceptCounts
  public var thresholds: Thresholds
  public var mode = Mode.everyText
  public var seed: Int
  /// As given to ``CountConcepts``.
  public var reportedLanguages: [String]?

  public init(
    pairs: Pairs, metadata: ConceptMetadata, counts: ConceptCounts, thresholds: Thresholds, mode: Mode = .everyText,
    seed: Int = 0, reportedLanguages: [String]? = nil
  ) {
    self.pairs = pairs
    self.metadata = metadata
    self.counts = counts
    self.thresholds = thresholds
    self.mode = mode
    self.seed = seed
    self.reportedLanguages = reportedLanguages
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    let sampler = try await BalancedSampler(self, threads: context.threads)
    var totals = BalancedSampler.Outcome()
    let result = try await PairPieces(pairs).map(context, { sampler.sample($0) }, each: { totals.add($0) })
    context.measure("texts seen", Double(totals.texts))
    context.measure("texts that match nothing", Double(totals.unmatched))
    context.measure("texts kept", Double(totals.kept))
    context.measure("pairs kept", Double(totals.pairs))
    return result
  }
}

/// The probabilities of all entries, and the draws.
private struct BalancedSampler: Sendable {
  /// What became of a pair, or of all.
  struct Outcome: Sendable {
    var texts = 0
    var unmatched = 0
    var kept = 0
    var pairs = 0

    mutating func add(_ other: Outcome) {
      texts += other.texts
      unmatched += other.unmatched
      kept += other.kept
      pairs += other.pairs
    }
  }

  private let aligned: AlignedMetadata
  /// By group and entry.
  private let probabilities: [[Double]]
  private let mode: SampleBalanced.Mode
  private let keep, pick: KeyedDraw

  init(_ stage: SampleBalanced, threads: Int) async throws {
    aligned = try await AlignedMetadata(stage.metadata, reported: stage.reportedLanguages, threads: threads)
    mode = stage.mode
    keep = KeyedDraw(seed: UInt64(bitPattern: Int64(stage.seed)), purpose: 0x6b65_6570)
    pick = KeyedDraw(seed: UInt64(bitPattern: Int64(stage.seed)), purpose: 0x7069_636b)
    probabilities = try zip(aligned.groups, aligned.matchers).map { group, matcher in
      var found = TextTable()
      let counts = try stage.counts.counts(of: group)
      for count in counts { found.insert(count.text) }
      let t = stage.thresholds.languages[group]?.t ?? 1
      return matcher.entries.map { entry in
        var entry = entry
        let number = entry.withUTF8 { found.find(UnsafeRawBufferPointer($0)) }
        return TailShare.probability(count: number.map { counts[$0].count } ?? 0, t: t)
      }
    }
  }

  func sample(_ pair: Pair) -> (Pair?, Outcome) {
    var outcome = Outcome()
    var scratch = ConceptMatcher.Scratch()
    var kept: [PairText] = []
    let picked =
      mode == .oneTextOfEachPair && !pair.texts.isEmpty
      ? Int(pick.bits(pair.id, 0).multipliedFullWidth(by: UInt64(pair.texts.count)).high) : nil
    for (position, text) in pair.texts.enumerated() where picked == nil || picked == position {
      outcome.texts += 1
      let group = aligned.group(of: text.language)
      let numbers = aligned.matchers[group].numbers(in: text.text, &scratch)
      if numbers.isEmpty { outcome.unmatched += 1 }
      let chance = TailShare.keeping(numbers.lazy.map { probabilities[group][Int($0)] })
      if keep.unit(pair.id, position) < chance { kept.append(text) }
    }
    guard !kept.isEmpty else { return (nil, outcome) }
    var pair = pair
    pair.texts = kept
    outcome.kept = kept.count
    outcome.pairs = 1
    return (pair, outcome)
  }
}
