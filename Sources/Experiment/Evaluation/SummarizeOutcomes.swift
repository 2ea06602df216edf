public import ArtifactTypes
public import Core

/// Computes recalls and accuracies with bootstrap intervals, per language and as the mean over languages.
///
/// Output: a table with a row for each task and language, and one named `mean` for each task of several languages;
/// columns task, language, runs, pictures, items, `at k` for each of ``limits`` (the share of items whose right answer
/// is among the first k), `per class` (the mean over classes of that share for the first limit; empty where items have
/// no class) and chance (for the first limit). Intervals come from drawing pictures again, so that several captions of
/// one picture are not taken for independent, and the languages of the mean share the drawn pictures. Of several runs,
/// trainings that differ only in their seed, the table has the means, and runs are drawn again too: the interval is
/// then that of another seed on other pictures, as far as so few runs show it; with three of them it is still a little
/// too narrow.
public struct SummarizeOutcomes: Stage {
  /// The digest of this module's sources and of what they depend on.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The outcomes of each run, on the same items.
  public var runs: [Outcomes]
  /// The k of `at k`, each at least 1.
  public var limits = [1, 5, 10]
  /// The number of times that pictures are drawn again.
  public var resamples = 2000
  /// Decides the draws.
  public var seed = 0

  /// Summarizes one run.
  public init(_ outcomes: Outcomes) { runs = [outcomes] }

  /// Summarizes several runs on the same items.
  public init(runs: [Outcomes]) { self.runs = runs }

  /// Draws pictures and runs again and computes the shares.
  /// - Throws: ``OperationError`` when the runs do not have the same items, or a setting is impossible;
  ///   `CancellationError`.
  public func run(_ context: StageContext) async throws -> Table {
    let operation = "summarize outcomes"
    guard let first = limits.first, limits.allSatisfy({ $0 > 0 }), resamples > 0 else {
      throw OperationError(
        operation: operation, subject: "limits \(limits), \(resamples) resamples",
        cause: "there must be at least one limit, and each number must be above 0")
    }
    guard !runs.isEmpty else {
      throw OperationError(operation: operation, subject: "no runs", cause: "there is nothing to summarize")
    }

    let groups = try OutcomeGroup.collect(runs, operation: operation)
    let bootstrap = Bootstrap(seed: seed, resamples: resamples)
    var table = Table(
      columns: [.init("task"), .init("language"), .init("runs"), .init("pictures"), .init("items")]
        + limits.map { .init("at \($0)", style: .percent(1)) }
        + [.init("per class", style: .percent(1)), .init("chance", style: .percent(2))])
    var done = 0
    for task in OutcomeGroup.byTask(groups) {
      for group in task {
        try Task.checkCancellation()
        table.append(row(group[0].language, [group], first: first, bootstrap: bootstrap))
        done += 1
        context.progress(done, of: groups.count, "languages")
      }
      // Over a single language, the mean would repeat its row.
      if task.count > 1 { table.append(row("mean", task, first: first, bootstrap: bootstrap)) }
    }
    return table
  }

  /// The cells of a row.
  /// - Parameters:
  ///   - groups: for each language the runs' groups.
  ///   - first: the first limit.
  private func row(
    _ language: String, _ groups: [[OutcomeGroup]], first: Int, bootstrap: Bootstrap
  ) -> [Table.Cell] {
    // Numbered over all groups, so that languages share the drawn pictures.
    var numbers = PictureNumbers()
    func hit(_ group: OutcomeGroup, _ limit: Int) -> (Int) -> Double { { group.outcomes[$0].place < limit ? 1 : 0 } }
    let shares = limits.map { limit in
      let terms = groups.map { runs in
        runs.enumerated().flatMap { numbers.terms($1.outcomes, run: $0, hit($1, limit)) }
      }
      return bootstrap.cell(terms, units: numbers.count, runs: runs.count)
    }

    let haveClasses = groups.joined().allSatisfy { $0.outcomes.allSatisfy { $0.group != nil } }
    let perClass =
      haveClasses
      ? groups.map { runs in
        runs.enumerated().flatMap { numbers.termsPerClass($1.outcomes, run: $0, hit($1, first)) }
      } : []

    let chances = groups.map { group in
      group[0].outcomes.reduce(0) { $0 + min(1, Double(first) / Double($1.candidates)) }
        / Double(group[0].outcomes.count)
    }
    return [
      .text(groups[0][0].task), .text(language), .integer(runs.count), .integer(numbers.count),
      .integer(groups.reduce(0) { $0 + $1[0].outcomes.count }),
    ] + shares + [
      haveClasses ? bootstrap.cell(perClass, units: numbers.count, runs: runs.count) : .empty,
      .number(chances.reduce(0, +) / Double(chances.count)),
    ]
  }
}
