internal import Core
internal import Foundation
package import NotebookRuntime
internal import TextFormatting

/// What people see of a run while it runs.
package protocol RunView {
  /// A line of its own, for good.
  mutating func message(_ text: String)
  mutating func observe(_ event: RunEvent)
  /// Time has passed: called several times a second.
  mutating func tick()
  /// The run is over: whatever is drawn temporarily goes.
  mutating func end()
}

/// One line for each thing that happened, for logs and pipes.
package struct PlainView: RunView {
  private let write: @Sendable (String) -> Void
  private var names: [Int: String] = [:]
  private var cached = 0

  /// - Parameter write: takes whole lines without a line break.
  package init(write: @escaping @Sendable (String) -> Void) { self.write = write }

  package mutating func message(_ text: String) { write(text) }

  package mutating func observe(_ event: RunEvent) {
    switch event {
    case .stageStarted(let id, let stage, _, _, let reason):
      names[id] = stage
      write("run     \(stage) (\(reason))")
    case .stageFinished(_, _, let outcome):
      if case .failed(let message) = outcome.state {
        write("failed  \(outcome.stage): \(message)")
      } else {
        write("done    \(outcome.stage) in \(TimeText.duration(outcome.seconds))")
      }
    case .stageNote(let id, let text): write("note    \(names[id] ?? "stage"): \(text)")
    case .stagesCached(let calls): cached += calls.count
    case .message(let text): write(text)
    default: break
    }
  }

  package mutating func tick() {}

  package mutating func end() {
    if cached > 0 { write("store   \(cached) stage\(cached == 1 ? "" : "s") taken from the store") }
  }
}
