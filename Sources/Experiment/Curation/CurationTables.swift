public import ArtifactTypes
public import Core

/// The share of the texts that each language has, before and after curation.
public struct LanguageShares: Stage {
  /// The pairs before and after curation.
  public var before, after: Pairs

  /// A stage that compares these pairs.
  public init(before: Pairs, after: Pairs) {
    self.before = before
    self.after = after
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Makes a row for each language of the pairs before curation, the largest first.
  public func run(_ context: StageContext) async throws -> Table {
    let (countsBefore, countsAfter) = (try await texts(before, context), try await texts(after, context))
    let (totalBefore, totalAfter) = (countsBefore.values.reduce(0, +), countsAfter.values.reduce(0, +))
    let share = { (count: Int, total: Int) in total == 0 ? Table.Cell.empty : .number(Double(count) / Double(total)) }

    var table = Table(columns: [
      .init("language"), .init("texts before"), .init("share before", style: .percent(2)), .init("texts after"),
      .init("share after", style: .percent(2)), .init("kept", style: .percent(1)),
    ])
    for (language, count) in countsBefore.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let left = countsAfter[language] ?? 0
      table.append([
        .text(language), .integer(count), share(count, totalBefore), .integer(left), share(left, totalAfter),
        share(left, count),
      ])
    }
    return table
  }

  /// The number of texts of each language.
  private func texts(_ pairs: Pairs, _ context: StageContext) async throws -> [String: Int] {
    let sums = try await PairPieces(pairs).sums(
      context, initial: { [String: Int]() },
      { pair, sum in
        for text in pair.texts { sum[text.language ?? "unknown", default: 0] += 1 }
      })
    return sums.reduce(into: [:]) { total, sum in total.merge(sum, uniquingKeysWith: +) }
  }
}

/// The head and the tail of each language: entries and matches, and the tail's share of them before and after the
/// head is cut at t.
///
/// The cut shows the texts that entries keep on their own account; texts that are kept for a rarer entry in them come
/// on top.
public struct HeadAndTail: Stage {
  /// The entries' counts.
  public var counts: ConceptCounts
  /// The threshold of each language.
  public var thresholds: Thresholds

  /// A stage for these counts and thresholds.
  public init(counts: ConceptCounts, thresholds: Thresholds) {
    self.counts = counts
    self.thresholds = thresholds
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Makes a row for each language with metadata.
  public func run(_ context: StageContext) async throws -> Table {
    var table = Table(columns: [
      .init("language"), .init("t"), .init("head entries"), .init("tail entries"), .init("unmatched entries"),
      .init("matches"), .init("tail share", style: .percent(1)), .init("with the head cut", style: .percent(1)),
    ])
    for language in counts.languages where language.entries > 0 {
      try Task.checkCancellation()
      let distribution = try counts.distribution(of: language.code)
      let t = thresholds.languages[language.code]?.t ?? 1

      let head = distribution.count { $0 >= max(t, 1) }
      let unmatched = distribution.count { $0 == 0 }
      let tail = distribution.lazy.filter { $0 < t }.reduce(0, +)
      let after = distribution.reduce(0) { $0 + min($1, t) }
      let total = distribution.reduce(0, +)

      table.append([
        .text(language.code), .integer(t), .integer(head), .integer(distribution.count - head - unmatched),
        .integer(unmatched), .integer(total),
        total == 0 ? .empty : .number(Double(tail) / Double(total)),
        after == 0 ? .empty : .number(Double(tail) / Double(after)),
      ])
    }
    return table
  }
}

/// The most frequent entries of a language, with the probability with which balancing keeps their texts.
public struct TopConcepts: Stage {
  /// The entries' counts.
  public var counts: ConceptCounts
  /// The threshold of each language.
  public var thresholds: Thresholds
  /// The language's code.
  public var language: String
  /// The most rows of the table.
  public var limit = 20

  /// A stage for the most frequent entries of a language.
  public init(counts: ConceptCounts, thresholds: Thresholds, language: String, limit: Int = 20) {
    self.counts = counts
    self.thresholds = thresholds
    self.language = language
    self.limit = limit
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Makes a row for each entry, the most frequent first, of equally frequent ones in the order of their UTF-8 bytes.
  public func run(_ context: StageContext) async throws -> Table {
    let t = thresholds.languages[language]?.t ?? 1
    let sorted = try counts.counts(of: language).sorted {
      $0.count > $1.count || $0.count == $1.count && $0.text.precedes($1.text)
    }
    return Table(
      columns: [.init("rank"), .init("entry"), .init("texts"), .init("probability", style: .decimals(4))],
      rows: sorted.prefix(limit).enumerated().map { rank, entry in
        [
          .integer(rank + 1), .text(entry.text), .integer(entry.count),
          .number(TailShare.probability(count: entry.count, t: t)),
        ]
      })
  }
}
