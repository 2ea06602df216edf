public import ArtifactTypes
public import Core

/// Computes how probable it is that balanced sampling keeps each text, for a training loader that samples as it reads.
///
/// With these, `TrainCLIP` draws in each epoch what ``SampleBalanced`` would draw once, and the curated set is never written. In the
/// first epoch, with the same seed and mode, it is the very set that ``SampleBalanced`` gives. Source: MetaCLIP 2, §3.3 and §5.
public struct ComputeKeepingProbabilities: Stage {
  public var pairs: Pairs
  public var index: ConceptIndex
  /// From ``CountConcepts`` with the same index.
  public var counts: ConceptCounts
  public var thresholds: Thresholds

  public init(pairs: Pairs, index: ConceptIndex, counts: ConceptCounts, thresholds: Thresholds) {
    self.pairs = pairs
    self.index = index
    self.counts = counts
    self.thresholds = thresholds
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> KeepingProbabilities {
    let probabilities = try await EntryProbabilities(index, counts, thresholds, threads: context.threads)
    let open = try pairs.open()
    let writer = try KeepingProbabilitiesWriter(folder: context.scratch)
    try await PairPieces(pairs).forEachPiece(
      context, open,
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
