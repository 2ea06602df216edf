package import Core

/// Who answers a notebook's stage calls: the executor with its store, or in a verification the command that the program asks.
package protocol StageCalls: Sendable {
  /// The output of a stage call.
  /// - Throws: ``StageFailure``; ``PlanStop`` in a plan when the output is not known.
  func output<S: Stage>(of stage: S, place: CellPlace, name: String?) async throws -> S.Output

  /// Waits until everything is stored.
  func finish() async throws

  /// Takes note of an error that may be that stored bytes are damaged.
  func report(damage error: any Error)
}

/// Counts the calls of a stage from one place, so that each has a name of its own.
struct CallCounter {
  private struct Site: Hashable {
    var place: CellPlace
    var stage: String
  }

  private var counts: [Site: Int] = [:]

  mutating func next(_ stage: String, place: CellPlace, name: String?) -> StageCallReport {
    let site = Site(place: place, stage: stage)
    let sequence = counts[site, default: 0]
    counts[site] = sequence + 1
    return StageCallReport(place: place, sequence: sequence, stage: stage, name: name)
  }
}
