internal import Core
internal import Foundation
internal import Synchronization

/// Collects what a running stage tells, and passes on what people want to see now.
final class StageReports: Sendable {
  private struct State {
    var measurements: [Core.Measurement] = []
    var notes: [String] = []
    var lastProgress = Date.distantPast
  }

  private let id: Int
  private let channel: RunChannel
  private let state = Mutex(State())

  init(id: Int, channel: RunChannel) {
    self.id = id
    self.channel = channel
  }

  var measurements: [Core.Measurement] { state.withLock(\.measurements) }
  var notes: [String] { state.withLock(\.notes) }

  /// Progress goes on at most ten times a second, its end always.
  func take(_ report: StageContext.Report) {
    switch report {
    case .progress(let done, let total, let unit):
      let now = Date()
      let due = state.withLock { state in
        guard done >= total || now.timeIntervalSince(state.lastProgress) >= 0.1 else { return false }
        state.lastProgress = now
        return true
      }
      if due { channel.send(.stageProgress(id: id, done: done, total: total, unit: unit)) }
    case .measurement(let name, let value, let unit):
      state.withLock { $0.measurements.append(Core.Measurement(name: name, value: value, unit: unit)) }
    case .note(let text):
      state.withLock { $0.notes.append(text) }
      channel.send(.stageNote(id: id, text: text))
    }
  }
}
