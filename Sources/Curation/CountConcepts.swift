public import ArtifactTypes
public import Provenance

/// Counts for each language how many texts match each entry of its metadata.
///
/// A text in `zh_Hant` is matched with the united entries of `zh` and `zh_Hant`, and counted under `zh`; a text in a language
/// without metadata with the entries of `other`. Source: MetaCLIP 2, §3.2.
public struct CountConcepts: Stage {
  public var pairs: Pairs
  public var metadata: ConceptMetadata
  /// The codes that the texts' languages may have, when that is less than what the metadata has: other languages' entries go to
  /// `other`. Needed when every text's language was identified, and for parity with the reference.
  public var reportedLanguages: [String]?

  public init(pairs: Pairs, metadata: ConceptMetadata, reportedLanguages: [String]? = nil) {
    self.pairs = pairs
    self.metadata = metadata
    self.reportedLanguages = reportedLanguages
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> ConceptCounts {
    let aligned = try await AlignedMetadata(metadata, reported: reportedLanguages, threads: context.threads)
    let clock = ContinuousClock()
    let start = clock.now
    let sums = try await PairPieces(pairs).sums(
      context, initial: { Sum(aligned) },
      { pair, sum in
        for text in pair.texts { sum.add(text, aligned) }
      })
    let seconds = (clock.now - start) / .seconds(1)
    let counts = aligned.groups.indices.map { group in
      let entries = aligned.matchers[group].entries
      var total = [Int](repeating: 0, count: entries.count)
      for sum in sums {
        for (number, count) in sum.counts[group].enumerated() { total[number] += Int(count) }
      }
      return (
        language: ConceptCounts.Language(
          code: aligned.groups[group], entries: entries.count, texts: sums.reduce(0) { $0 + $1.texts[group] },
          matchedTexts: sums.reduce(0) { $0 + $1.matchedTexts[group] }),
        matched: zip(entries, total).filter { $0.1 > 0 }.map { CountedText($0.0, count: $0.1) }
      )
    }
    let texts = counts.reduce(0) { $0 + $1.language.texts }
    context.measure("texts", Double(texts))
    context.measure("texts matched a second", Double(texts) / max(seconds, 1e-9), unit: "1/s")
    return try ConceptCounts.write(counts.filter { $0.language.entries + $0.language.texts > 0 }, folder: context.scratch)
  }
}

/// One thread's counts.
private struct Sum: Sendable {
  var counts: [[Int64]]
  var texts, matchedTexts: [Int]
  private var scratch = ConceptMatcher.Scratch()

  init(_ aligned: AlignedMetadata) {
    counts = aligned.matchers.map { [Int64](repeating: 0, count: $0.entries.count) }
    texts = [Int](repeating: 0, count: aligned.groups.count)
    matchedTexts = texts
  }

  mutating func add(_ text: PairText, _ aligned: AlignedMetadata) {
    let group = aligned.group(of: text.language)
    let numbers = aligned.matchers[group].numbers(in: text.text, &scratch)
    texts[group] += 1
    if !numbers.isEmpty { matchedTexts[group] += 1 }
    for number in numbers { counts[group][Int(number)] += 1 }
  }
}
