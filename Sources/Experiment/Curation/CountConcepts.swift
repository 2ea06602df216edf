public import ArtifactTypes
public import Core

/// Counts the texts that match each entry of the metadata, for each group of languages.
///
/// Source: MetaCLIP 2, §3.2.
public struct CountConcepts: Stage {
  /// The pairs with the texts.
  public var pairs: Pairs
  /// The entries with which a text is matched, from ``IndexConcepts``.
  public var index: ConceptIndex

  /// A stage that counts in these pairs.
  public init(pairs: Pairs, index: ConceptIndex) {
    self.pairs = pairs
    self.index = index
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Counts the texts on all threads. A text counts once for each entry that it matches.
  /// - Throws: ``OperationError`` when the index or a pair is damaged.
  public func run(_ context: StageContext) async throws -> ConceptCounts {
    let clock = SuspendingClock()
    let opening = clock.now
    let open = try await OpenIndex(index, threads: context.threads)
    context.measure("opening the index", (clock.now - opening) / .seconds(1), unit: "s")

    let start = clock.now
    let sums = try await PairPieces(pairs).sums(
      context, initial: { ConceptSum(open) },
      { pair, sum in
        for text in pair.texts { sum.add(text, open) }
      })
    let seconds = (clock.now - start) / .seconds(1)

    let counts = index.groups.indices.map { group in
      let matcher = open.matchers[group]
      var total = [Int](repeating: 0, count: matcher.count)
      for sum in sums {
        for (number, count) in sum.counts[group].enumerated() { total[number] += Int(count) }
      }
      return (
        language: ConceptCounts.Language(
          code: index.groups[group].code, entries: matcher.count, texts: sums.reduce(0) { $0 + $1.texts[group] },
          matchedTexts: sums.reduce(0) { $0 + $1.matchedTexts[group] }),
        matched: total.indices.filter { total[$0] > 0 }.map { CountedText(matcher[$0], count: total[$0]) }
      )
    }

    let texts = counts.reduce(0) { $0 + $1.language.texts }
    context.measure("texts", Double(texts))
    context.measure("texts read and matched a second", Double(texts) / max(seconds, 1e-9), unit: "1/s")
    return try ConceptCounts.write(
      counts.filter { $0.language.entries + $0.language.texts > 0 }, folder: context.scratch)
  }
}

/// One thread's counts.
private struct ConceptSum: Sendable {
  /// The texts that match each entry, by group and number of the entry.
  var counts: [[Int64]]
  /// The texts of each group, and those that match at least one entry.
  var texts, matchedTexts: [Int]
  private var scratch = ConceptMatcher.Scratch()

  init(_ open: OpenIndex) {
    counts = open.matchers.map { [Int64](repeating: 0, count: $0.count) }
    texts = [Int](repeating: 0, count: open.matchers.count)
    matchedTexts = texts
  }

  mutating func add(_ text: PairText, _ open: OpenIndex) {
    guard let group = open.group(of: text.language) else { return }
    open.matchers[group].find(in: text.text, &scratch)
    texts[group] += 1
    if !scratch.found.isEmpty { matchedTexts[group] += 1 }
    for number in scratch.found { counts[group][Int(number)] += 1 }
  }
}
