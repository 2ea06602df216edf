public import ArtifactTypes
public import Core

/// Computes the probability with which balanced sampling keeps each text, for a training loader that samples as it
/// reads.
///
/// With these, `TrainCLIP` draws in each epoch what ``SampleBalanced`` would draw once, and the curated set is never
/// written. In the first epoch, with the same seed and mode, it is the very set that ``SampleBalanced`` gives. Source:
/// MetaCLIP 2, §3.3 and §5.
public struct ComputeKeepingProbabilities: Stage {
  /// The pairs with the texts.
  public var pairs: Pairs
  /// The entries with which the texts are matched.
  public var index: ConceptIndex
  /// The entries' counts, from ``CountConcepts`` with the same index.
  public var counts: ConceptCounts
  /// The threshold of each language, from ``ComputeThresholds``.
  public var thresholds: Thresholds

  /// A stage with these inputs.
  public init(pairs: Pairs, index: ConceptIndex, counts: ConceptCounts, thresholds: Thresholds) {
    self.pairs = pairs
    self.index = index
    self.counts = counts
    self.thresholds = thresholds
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Computes the probabilities, 0...1, in the order of the pairs and their texts.
  /// - Throws: ``OperationError`` when the counts are of another index.
  public func run(_ context: StageContext) async throws -> KeepingProbabilities {
    let probabilities = try await EntryProbabilities(
      index, counts, thresholds: thresholds, threads: context.threads)
    let open = try pairs.open()
    let writer = try KeepingProbabilitiesWriter(folder: context.scratch)

    try await PairPieces(pairs).forEachPiece(
      context, of: open,
      { piece in
        var chances: [Float] = []
        var scratch = ConceptMatcher.Scratch()
        try open.forEach(in: piece) { pair in
          for text in pair.texts { chances.append(probabilities.chance(of: text, &scratch)) }
        }
        return chances
      },
      inOrder: { _, chances in try writer.write(chances) })

    let result = try writer.finish()
    context.measure("texts kept in expectation", writer.sum)
    return result
  }
}
