public import ArtifactTypes
public import Core

/// Samples texts so that the concepts of each language are balanced: texts of rare concepts are kept, those of frequent
/// ones are thinned out.
///
/// A text is kept with probability 1 − Π(1 − min(1, t/c)) over the entries that it matches, c being an entry's count
/// and t its language's threshold; a text that matches no entry is dropped. A pair stays with the texts that were
/// kept. The draw for a text depends only on the seed, the pair's id and the text's position, never on order, shards,
/// number of threads or other pairs. Source: MetaCLIP 2, §3.3, Algorithm 1.
public struct SampleBalanced: Stage {
  /// The pool of pairs.
  public var pairs: Pairs
  /// The entries with which the texts are matched.
  public var index: ConceptIndex
  /// The entries' counts, from ``CountConcepts`` with the same index, and the same pairs or those of a larger pool.
  public var counts: ConceptCounts
  /// The threshold of each language, from ``ComputeThresholds``.
  public var thresholds: Thresholds
  /// The texts of a pair that are drawn for.
  public var mode = SamplingMode.everyText
  /// The seed of the draws.
  public var seed: Int

  /// A stage that samples from these pairs.
  public init(
    pairs: Pairs, index: ConceptIndex, counts: ConceptCounts, thresholds: Thresholds, mode: SamplingMode = .everyText,
    seed: Int = 0
  ) {
    self.pairs = pairs
    self.index = index
    self.counts = counts
    self.thresholds = thresholds
    self.mode = mode
    self.seed = seed
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Writes the pairs that are kept, in their order and shards.
  /// - Throws: ``OperationError`` when the counts are of another index.
  public func run(_ context: StageContext) async throws -> Pairs {
    let probabilities = try await EntryProbabilities(
      index, counts, thresholds: thresholds, threads: context.threads)
    let sampling = TextSampling(mode: mode, seed: seed)

    var totals = SamplingOutcome()
    let result = try await PairPieces(pairs).map(
      context, scratch: { ConceptMatcher.Scratch() },
      { pair, scratch in Self.sample(pair, sampling, probabilities: probabilities, scratch: &scratch) },
      each: { totals.add($0) })

    context.measure("texts drawn for", Double(totals.texts))
    context.measure("texts that match nothing", Double(totals.unmatched))
    context.measure("texts kept", Double(totals.kept))
    context.measure("pairs kept", Double(totals.pairs))
    return result
  }

  private static func sample(
    _ pair: Pair, _ sampling: TextSampling, probabilities: EntryProbabilities,
    scratch: inout ConceptMatcher.Scratch
  ) -> (PairChange, SamplingOutcome) {
    var outcome = SamplingOutcome()
    var kept: [PairText] = []
    for position in sampling.candidates(pair.id, count: pair.texts.count) {
      let chance = probabilities.chance(of: pair.texts[position], &scratch)
      outcome.texts += 1
      if chance == 0 { outcome.unmatched += 1 }
      if sampling.keeps(pair.id, position, probability: chance) { kept.append(pair.texts[position]) }
    }

    guard !kept.isEmpty else { return (.dropped, outcome) }
    outcome.kept = kept.count
    outcome.pairs = 1
    if kept.count == pair.texts.count { return (.unchanged, outcome) }
    var pair = pair
    pair.texts = kept
    return (.changed(pair), outcome)
  }
}

/// The outcome for one pair, or the sum for all.
private struct SamplingOutcome: Sendable {
  var texts = 0
  var unmatched = 0
  var kept = 0
  var pairs = 0

  mutating func add(_ other: SamplingOutcome) {
    texts += other.texts
    unmatched += other.unmatched
    kept += other.kept
    pairs += other.pairs
  }
}
