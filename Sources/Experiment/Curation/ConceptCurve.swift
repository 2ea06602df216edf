internal import ArtifactTypes
public import Core

/// The head and the tail of languages as curves: the texts of the entry of each rank, and those that are left when the
/// head is cut at the threshold.
///
/// The cut shows the texts that an entry keeps on its own account; texts that are kept for a rarer entry in them come
/// on top. The curve of counts of the curated pairs shows the result of balancing. Ranks are spaced evenly on a
/// logarithmic axis; entries that no text matches are not on the curve. Source of the figure: MetaCLIP, arXiv
/// 2309.16671, §3.3.
public struct ConceptCurve: Stage {
  /// The entries' counts.
  public var counts: ConceptCounts
  /// The threshold of each language.
  public var thresholds: Thresholds
  /// The languages that get a curve, in the order of the table.
  public var languages: [String]
  /// The most ranks of a curve, at least 2.
  public var points = 60

  /// A stage for the curves of these languages.
  public init(counts: ConceptCounts, thresholds: Thresholds, languages: [String], points: Int = 60) {
    self.counts = counts
    self.thresholds = thresholds
    self.languages = languages
    self.points = points
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Makes a table with the columns language, curve, rank, texts, cut at t.
  /// - Throws: ``OperationError`` when `points` is below 2, or nothing was counted in a language.
  public func run(_ context: StageContext) async throws -> Table {
    guard points >= 2 else {
      throw OperationError(operation: "draw a curve", subject: "\(points) points", cause: "a curve has at least two")
    }

    var table = Table(columns: [.init("language"), .init("curve"), .init("rank"), .init("texts"), .init("cut at t")])
    for language in languages {
      try Task.checkCancellation()
      guard counts.languages.contains(where: { $0.code == language }) else {
        throw OperationError(
          operation: "draw a curve", subject: language,
          cause: "nothing was counted in it; there are \(counts.languages.map(\.code).joined(separator: ", "))")
      }

      let descending = try counts.counts(of: language).map(\.count).sorted(by: >)
      let t = thresholds.languages[language]?.t ?? 1
      for rank in Self.ranks(upTo: descending.count, points: points) {
        let count = descending[rank - 1]
        table.append([
          .text(language), .text("\(language), t = \(t)"), .integer(rank), .integer(count),
          .integer(min(count, max(t, 1))),
        ])
      }
    }
    return table
  }

  /// Distinct ranks from 1 to the last one, each larger than the one before by about the same factor.
  private static func ranks(upTo count: Int, points: Int) -> [Int] {
    var ranks: [Int] = []
    var next = 1.0
    var exponent = 1.0

    // The factor whose power `points - 1` is `count`, by bisection: sixty halvings exhaust a double.
    var (low, high) = (1.0, max(Double(count), 1))
    for _ in 0..<60 {
      let middle = (low + high) / 2
      exponent = 1
      for _ in 1..<points where exponent < Double(count) { exponent *= middle }
      if exponent < Double(count) { low = middle } else { high = middle }
    }

    while Int(next) <= count {
      if ranks.last != Int(next) { ranks.append(Int(next)) }
      next = max(next * high, next + 1)
    }
    if let last = ranks.last, last < count { ranks.append(count) }
    return ranks
  }
}
