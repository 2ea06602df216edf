public import ArtifactTypes
public import Core

/// Compares two checkpoints on the same items, per language and over all.
///
/// Output: a table with a row for each task and language, and one named `mean` for each task of several languages;
/// columns task, language, items, first and second (the shares of items whose right answer is among the first
/// ``limit``), difference (second less first, with a 95 % interval from drawing pictures again, the same for both
/// checkpoints), only first and only second (the numbers of items that just one has right), p (McNemar's exact test)
/// and corrected p (Holm's, for the number of the task's languages). The test takes items for independent; where a
/// picture has several, the interval is the better guide. The mean has no test.
///
/// Two ways of training, each with several seeds, are compared run by run: the first of the one with the first of the
/// other. Runs are then drawn again too, and `smallest` and `largest` are the smallest and the largest difference of a
/// pair of runs; the test, which is made for one run each, is left out.
public struct CompareCheckpoints: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The outcomes of the first checkpoint, or of the runs of the first training.
  public var first: [Outcomes]
  /// The outcomes of the second on the same items; as many runs.
  public var second: [Outcomes]
  /// The number of first places that count as right, at least 1.
  public var limit = 1
  /// The number of times that pictures are drawn again.
  public var resamples = 2000
  /// Decides the draws.
  public var seed = 0

  /// Compares two checkpoints.
  public init(_ first: Outcomes, _ second: Outcomes) { (self.first, self.second) = ([first], [second]) }

  /// Compares two ways of training, each with as many runs.
  public init(runs first: [Outcomes], _ second: [Outcomes]) { (self.first, self.second) = (first, second) }

  private static let operation = "compare checkpoints"

  /// The same items as both checkpoints have them, in each pair of runs.
  private struct Matched {
    let group: OutcomeGroup
    /// For each pair of runs and each item: true when the first has it right, and the same for the second.
    let hits: [[(first: Bool, second: Bool)]]
  }

  /// Matches the items and compares the shares.
  /// - Throws: ``OperationError`` when the runs do not have the same items, or a setting is impossible;
  ///   `CancellationError`.
  public func run(_ context: StageContext) async throws -> Table {
    guard limit > 0, resamples > 0 else {
      throw OperationError(
        operation: Self.operation, subject: "limit \(limit), \(resamples) resamples", cause: "each must be above 0")
    }
    guard !first.isEmpty, first.count == second.count else {
      throw OperationError(
        operation: Self.operation, subject: "\(first.count) and \(second.count) runs",
        cause: "runs are compared in pairs: give at least one, and as many of the one training as of the other")
    }

    let matched = try match()
    let bootstrap = Bootstrap(seed: seed, resamples: resamples)
    var table = Table(columns: [
      .init("task"), .init("language"), .init("items"), .init("first", style: .percent(1)),
      .init("second", style: .percent(1)), .init("difference", style: .percent(1)),
      .init("smallest", style: .percent(1)), .init("largest", style: .percent(1)), .init("only first"),
      .init("only second"), .init("p", style: .decimals(4)), .init("corrected p", style: .decimals(4)),
    ])

    var start = 0
    while start < matched.count {
      // A task's languages follow one another; the correction is for their number.
      let task = Array(matched[start...].prefix { $0.group.task == matched[start].group.task })
      start += task.count
      let probabilities = task.map { McNemar.exact(only($0) { $0 && !$1 }, only($0) { !$0 && $1 }) }
      let corrected = McNemar.holm(probabilities)
      for (position, language) in task.enumerated() {
        try Task.checkCancellation()
        let test: [Table.Cell] =
          first.count == 1 ? [.number(probabilities[position]), .number(corrected[position])] : [.empty, .empty]
        table.append(row(language.group.language, [language], bootstrap: bootstrap) + test)
      }
      if task.count > 1 { table.append(row("mean", task, bootstrap: bootstrap) + [.empty, .empty]) }
      context.progress(start, of: matched.count, "languages")
    }
    return table
  }

  /// Brings the items of all runs into one order.
  /// - Throws: ``OperationError`` that names an item that only one of the two has.
  private func match() throws -> [Matched] {
    let left = try OutcomeGroup.collect(first, operation: Self.operation)
    let right = try OutcomeGroup.collect(second, operation: Self.operation)
    let aligned = try second.indices.map { run in
      try OutcomeGroup.match(
        left.map { $0[0] }, right.map { $0[run] }, operation: Self.operation, names: ("the first", "the second"))
    }
    return left.enumerated().map { position, group in
      Matched(
        group: group[0],
        hits: group.indices.map { run in
          zip(group[run].outcomes, aligned[run][position].outcomes).map { ($0.place < limit, $1.place < limit) }
        })
    }
  }

  /// The number of items, over all pairs of runs, that meet a condition.
  private func only(_ matched: Matched, _ condition: (Bool, Bool) -> Bool) -> Int {
    matched.hits.reduce(0) { $0 + $1.count { condition($0.first, $0.second) } }
  }

  /// The cells of a row, without the test.
  /// - Parameter groups: one language, or all of a task.
  private func row(_ language: String, _ groups: [Matched], bootstrap: Bootstrap) -> [Table.Cell] {
    var numbers = PictureNumbers()
    let terms = groups.map { group in
      group.hits.enumerated().flatMap { run, hits in
        numbers.terms(group.group.outcomes, run: run) { (hits[$0].second ? 1 : 0) - (hits[$0].first ? 1 : 0) }
      }
    }

    // The mean over languages in one pair of runs.
    func mean(_ run: Int, _ isRight: ((first: Bool, second: Bool)) -> Bool) -> Double {
      groups.reduce(0) { $0 + Double($1.hits[run].count(where: isRight)) / Double($1.hits[run].count) }
        / Double(groups.count)
    }
    let shares = first.indices.map { run in (first: mean(run) { $0.first }, second: mean(run) { $0.second }) }
    let differences = shares.map { $0.second - $0.first }
    func number(_ value: Double?) -> Table.Cell { value.map { .number($0) } ?? .empty }

    return [
      .text(groups[0].group.task), .text(language), .integer(groups.reduce(0) { $0 + $1.group.outcomes.count }),
      .number(shares.reduce(0) { $0 + $1.first } / Double(shares.count)),
      .number(shares.reduce(0) { $0 + $1.second } / Double(shares.count)),
      bootstrap.cell(terms, units: numbers.count, runs: first.count),
      number(differences.min()), number(differences.max()),
      .integer(groups.reduce(0) { $0 + only($1) { $0 && !$1 } }),
      .integer(groups.reduce(0) { $0 + only($1) { !$0 && $1 } }),
    ]
  }
}
