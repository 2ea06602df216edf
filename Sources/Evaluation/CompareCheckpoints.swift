public import ArtifactTypes
public import Provenance

/// Whether one checkpoint is better than another on the same items, per language and over all.
///
/// Output: a table with a row for each task and language, and one named `mean` for each task of several languages; columns task, language,
/// items, first and second (the shares of items whose right answer is among the first ``limit``), difference (second less first, with a
/// 95 % interval from drawing pictures again, the same for both checkpoints), only first and only second (how many items just one has
/// right), p (McNemar's exact test) and corrected p (Holm's, for the number of the task's languages). The test takes items for
/// independent; where a picture has several, the interval is the better guide. The mean has no test.
public struct CompareCheckpoints: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// What came of the first checkpoint.
  public var first: Outcomes
  /// What came of the second on the same items.
  public var second: Outcomes
  /// How many first places count as right, at least 1.
  public var limit = 1
  /// How often pictures are drawn again.
  public var resamples = 2000
  public var seed = 0

  public init(_ first: Outcomes, _ second: Outcomes) {
    self.first = first
    self.second = second
  }

  private static let operation = "compare checkpoints"

  /// The same items as both checkpoints have them.
  private struct Matched {
    let group: OutcomeGroup
    /// Whether each item is right, by the first and by the second.
    let hits: [(first: Bool, second: Bool)]
  }

  public func run(_ context: StageContext) async throws -> Table {
    guard limit > 0, resamples > 0 else {
      throw EvaluationError(
        operation: Self.operation, subject: "limit \(limit), \(resamples) resamples", cause: "each has to be above 0")
    }
    let matched = try match()
    let bootstrap = Bootstrap(seed: seed, resamples: resamples)
    var table = Table(columns: [
      .init("task"), .init("language"), .init("items"), .init("first", style: .percent(1)), .init("second", style: .percent(1)),
      .init("difference", style: .percent(1)), .init("only first"), .init("only second"), .init("p", style: .decimals(4)),
      .init("corrected p", style: .decimals(4)),
    ])
    var start = 0
    while start < matched.count {
      let task = Array(matched[start...].prefix { $0.group.task == matched[start].group.task })
      start += task.count
      let probabilities = task.map { McNemar.exact(only($0) { $0 && !$1 }, only($0) { !$0 && $1 }) }
      let corrected = McNemar.holm(probabilities)
      for (place, language) in task.enumerated() {
        try Task.checkCancellation()
        table.append(
          row(language.group.language, [language], bootstrap) + [.number(probabilities[place]), .number(corrected[place])])
      }
      if task.count > 1 { table.append(row("mean", task, bootstrap) + [.empty, .empty]) }
      context.progress(start, of: matched.count, "languages")
    }
    return table
  }

  /// - Throws: ``EvaluationError`` that names what only one of the two has.
  private func match() throws -> [Matched] {
    let left = try OutcomeGroup.collect(first, operation: Self.operation)
    let right = try OutcomeGroup.collect(second, operation: Self.operation)
    func name(_ group: OutcomeGroup) -> String { "\(group.task), \(group.language)" }
    func difference(_ subject: String, _ one: [String], _ other: [String]) -> EvaluationError? {
      let (onlyFirst, onlySecond) = (Set(one).subtracting(other), Set(other).subtracting(one))
      guard !onlyFirst.isEmpty || !onlySecond.isEmpty else { return nil }
      let example = onlyFirst.min() ?? onlySecond.min() ?? ""
      return EvaluationError(
        operation: Self.operation, subject: subject,
        cause: "\(onlyFirst.count) are only in the first and \(onlySecond.count) only in the second, for instance “\(example)”: "
          + "both have to come from the same evaluation")
    }
    if let error = difference("tasks and languages", left.map(name), right.map(name)) { throw error }
    return try zip(left, right).map { one, other in
      if let error = difference("items of \(name(one))", one.outcomes.map(\.item), other.outcomes.map(\.item)) { throw error }
      let places = Dictionary(uniqueKeysWithValues: other.outcomes.map { ($0.item, $0) })
      let hits = try one.outcomes.map { outcome in
        guard let counterpart = places[outcome.item], counterpart.candidates == outcome.candidates,
          counterpart.picture == outcome.picture
        else {
          throw EvaluationError(
            operation: Self.operation, subject: "the item “\(outcome.item)” of \(name(one))",
            cause:
              "the two have another picture or another number of candidates for it: both have to come from the same evaluation")
        }
        return (outcome.place < limit, counterpart.place < limit)
      }
      return Matched(group: one, hits: hits)
    }
  }

  private func only(_ matched: Matched, _ condition: (Bool, Bool) -> Bool) -> Int {
    matched.hits.count { condition($0.first, $0.second) }
  }

  private func row(_ language: String, _ groups: [Matched], _ bootstrap: Bootstrap) -> [Table.Cell] {
    var numbers = PictureNumbers()
    let terms = groups.map { group in
      numbers.terms(group.group.outcomes) { (group.hits[$0].second ? 1 : 0) - (group.hits[$0].first ? 1 : 0) }
    }
    func mean(_ isRight: ((first: Bool, second: Bool)) -> Bool) -> Double {
      groups.reduce(0) { $0 + Double($1.hits.count(where: isRight)) / Double($1.hits.count) } / Double(groups.count)
    }
    return [
      .text(groups[0].group.task), .text(language), .integer(groups.reduce(0) { $0 + $1.hits.count }),
      .number(mean { $0.first }), .number(mean { $0.second }), bootstrap.cell(terms, units: numbers.count),
      .integer(groups.reduce(0) { $0 + only($1) { $0 && !$1 } }), .integer(groups.reduce(0) { $0 + only($1) { !$0 && $1 } }),
    ]
  }
}
