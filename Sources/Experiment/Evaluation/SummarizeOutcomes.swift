public import ArtifactTypes
public import Core

/// Recalls and accuracies with bootstrap intervals, per language and as the mean over languages.
///
/// Output: a table with a row for each task and language, and one named `mean` for each task of several languages; columns task,
/// language, runs, pictures, items, `at k` for each of ``limits`` (the share of items whose right answer is among the first k), `per class`
/// (the mean over classes of that share for the first limit; empty where items have no class) and chance (for the first limit). Intervals
/// come from drawing pictures again, so that several captions of one picture are not taken for independent, and the languages of the mean
/// share the drawn pictures. Of several runs, trainings that differ in their seed alone, the table has the means, and runs are drawn
/// again too: the interval then says how another seed on other pictures would come out, as far as so few runs tell; three of them still
/// make it a little too narrow.
public struct SummarizeOutcomes: Stage {
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// The outcomes of each run, on the same items.
  public var runs: [Outcomes]
  /// The k of `at k`, each at least 1.
  public var limits = [1, 5, 10]
  /// How often pictures are drawn again.
  public var resamples = 2000
  public var seed = 0

  public init(_ outcomes: Outcomes) { runs = [outcomes] }

  public init(runs: [Outcomes]) { self.runs = runs }

  public func run(_ context: StageContext) async throws -> Table {
    let operation = "summarize outcomes"
    guard let first = limits.first, limits.allSatisfy({ $0 > 0 }), resamples > 0 else {
      throw OperationError(
        operation: operation, subject: "limits \(limits), \(resamples) resamples",
        cause: "there have to be some, each above 0")
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
        table.append(row(group[0].language, [group], first, bootstrap))
        done += 1
        context.progress(done, of: groups.count, "languages")
      }
      if task.count > 1 { table.append(row("mean", task, first, bootstrap)) }
    }
    return table
  }

  /// - Parameter groups: for each language the runs' groups.
  private func row(_ language: String, _ groups: [[OutcomeGroup]], _ first: Int, _ bootstrap: Bootstrap) -> [Table.Cell]
  {
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
