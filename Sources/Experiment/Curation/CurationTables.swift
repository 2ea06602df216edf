public import ArtifactTypes
public import Core

/// How much of the texts each language has, before and after curation.
public struct LanguageShares: Stage {
  public var before, after: Pairs

  public init(before: Pairs, after: Pairs) {
    self.before = before
    self.after = after
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Table {
    let counts = (try await texts(before, context), try await texts(after, context))
    let totals = (counts.0.values.reduce(0, +), counts.1.values.reduce(0, +))
    let share = { (count: Int, total: Int) in total == 0 ? Table.Cell.empty : .number(Double(count) / Double(total)) }
    var table = Table(columns: [
      .init("language"), .init("texts before"), .init("share before", style: .percent(2)), .init("texts after"),
      .init("share after", style: .percent(2)), .init("kept", style: .percent(1)),
    ])
    for (language, count) in counts.0.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let left = counts.1[language] ?? 0
      table.append([
        .text(language), .integer(count), share(count, totals.0), .integer(left), share(left, totals.1),
        share(left, count),
      ])
    }
    return table
  }

  private func texts(_ pairs: Pairs, _ context: StageContext) async throws -> [String: Int] {
    let sums = try await PairPieces(pairs).sums(
      context, initial: { [String: Int]() },
      { pair, sum in
        for text in pair.texts { sum[text.language ?? "unknown", default: 0] += 1 }
      })
    return sums.reduce(into: [:]) { total, sum in total.merge(sum, uniquingKeysWith: +) }
  }
}

/// The head and the tail of each language: entries and matches, and the tail's share of them before and after the head is cut at t.
///
/// The cut is what entries keep on their own account; texts that are kept for a rarer entry in them come on top.
public struct HeadAndTail: Stage {
  public var counts: ConceptCounts
  public var thresholds: Thresholds

  public init(counts: ConceptCounts, thresholds: Thresholds) {
    self.counts = counts
    self.thresholds = thresholds
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
        .integer(unmatched),
        .integer(total), total == 0 ? .empty : .number(Double(tail) / Double(total)),
        after == 0 ? .empty : .number(Double(tail) / Double(after)),
      ])
    }
    return table
  }
}

/// The most frequent entries of a language, with what balancing keeps of them.
public struct TopConcepts: Stage {
  public var counts: ConceptCounts
  public var thresholds: Thresholds
  public var language: String
  public var limit = 20

  public init(counts: ConceptCounts, thresholds: Thresholds, language: String, limit: Int = 20) {
    self.counts = counts
    self.thresholds = thresholds
    self.language = language
    self.limit = limit
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
