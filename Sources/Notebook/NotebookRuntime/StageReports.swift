internal import Core
internal import Foundation
internal import Synchronization

/// Collects the reports of a running stage, and sends progress and notes to the supervisor at once.
final class StageReports: Sendable {
  private struct State {
    var measurements: [Core.Measurement] = []
    var notes: [String] = []
    var findings: Set<String> = []
    var lastProgress: ContinuousClock.Instant?
  }

  /// The number of the stage's events.
  let id: Int
  /// The stage's name.
  let stage: String
  private let channel: RunChannel
  private let state = Mutex(State())

  init(id: Int, stage: String, channel: RunChannel) {
    self.id = id
    self.stage = stage
    self.channel = channel
  }

  var measurements: [Core.Measurement] { state.withLock(\.measurements) }
  var notes: [String] { state.withLock(\.notes) }

  /// Takes a report. Progress is sent at most ten times a second, but always at its end.
  func take(_ report: StageContext.Report) {
    switch report {
    case .progress(let done, let total, let unit):
      let now = ContinuousClock.now
      let due = state.withLock { state in
        guard done >= total || state.lastProgress.map({ now - $0 >= .milliseconds(100) }) != false else { return false }
        state.lastProgress = now
        return true
      }
      if due { channel.send(.stageProgress(id: id, done: done, total: total, unit: unit)) }
    case .measurement(let name, let value, let unit):
      state.withLock { $0.measurements.append(Core.Measurement(name: name, value: value, unit: unit)) }
    case .note(let text):
      let text = Secrets.redacted(text)
      state.withLock { $0.notes.append(text) }
      channel.send(.stageNote(id: id, text: text))
    }
  }

  /// Takes a finding about the stage's own code: a note of its record, reported once.
  func find(_ text: String) {
    let isNew = state.withLock { state in
      guard state.findings.insert(text).inserted else { return false }
      state.notes.append(text)
      return true
    }
    if isNew { channel.send(.message("note    \(stage): \(text)")) }
  }
}
