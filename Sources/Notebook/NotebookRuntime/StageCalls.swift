package import Core
internal import Foundation

/// The executor of a notebook's stage calls: one with a store, or in a verification one that asks the command.
package protocol StageCalls: Sendable {
  /// The output of a stage call.
  /// - Throws: ``StageFailure``; ``PlanStop`` in a plan when the output is not known.
  func output<S: Stage>(of stage: S, place: CellPlace, name: String?) async throws -> S.Output

  /// Returns when everything is stored durably.
  func finish() async throws

  /// Reports an error to the supervisor when stored bytes are damaged; ignores any other error.
  func report(damage error: any Error)
}

extension StageOutcome {
  /// The outcome of a call that begins or fails now and has no output yet.
  /// - Parameter key: `nil` when the key could not be computed.
  init(
    of call: StageCallReport, key: Digest?, components: [KeyComponent], state: State, reason: String? = nil
  ) {
    self.init(
      place: call.place, stage: call.stage, key: key ?? CanonicalValue.null.digest, components: components,
      state: state, reason: reason, computed: Date().timeIntervalSince1970)
  }
}

/// Counts the calls of a stage from one place, so that each output has its own name.
struct CallCounter {
  private struct Site: Hashable {
    var place: CellPlace
    var stage: String
  }

  private var counts: [Site: Int] = [:]

  /// - Parameter caller: the key of the running stage that makes the call.
  mutating func next(_ stage: String, place: CellPlace, name: String?, caller: Digest?) -> StageCallReport {
    let site = Site(place: place, stage: stage)
    let sequence = counts[site, default: 0]
    counts[site] = sequence + 1
    return StageCallReport(place: place, sequence: sequence, stage: stage, name: name, caller: caller)
  }
}
