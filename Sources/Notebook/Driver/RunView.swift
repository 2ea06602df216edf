internal import Core
internal import Foundation
package import NotebookRuntime
internal import TextFormatting

/// The part of a run that people see while it runs.
package protocol RunView {
  /// Prints a line that stays.
  mutating func message(_ text: String)
  /// Takes an event of the notebook's program.
  mutating func observe(_ event: RunEvent)
  /// Updates what depends on time; called several times a second.
  mutating func tick()
  /// Removes what is drawn temporarily; called once, after the run.
  mutating func end()
}

/// A line for each event, for logs and pipes.
package struct PlainView: RunView {
  private let write: @Sendable (String) -> Void
  private var names: [Int: String] = [:]
  private var cached = 0

  /// A view that has seen no event.
  /// - Parameter write: takes whole lines without a line break.
  package init(write: @escaping @Sendable (String) -> Void) { self.write = write }

  /// Writes a line.
  package mutating func message(_ text: String) { write(text) }

  /// Writes a line for a start, an end or a note of a stage, and for a message.
  package mutating func observe(_ event: RunEvent) {
    switch event {
    case .stageStarted(let id, let stage, _, _, let reason):
      names[id] = stage
      write("run     \(stage) (\(reason))")
    case .stageFinished(_, _, let outcome):
      if case .failed(let message) = outcome.state {
        write("failed  \(outcome.stage): \(message)")
      } else {
        write("done    \(outcome.stage) in \(NumberText.duration(outcome.cost.seconds))")
      }
    case .stageNote(let id, let text): write("note    \(names[id] ?? "stage"): \(text)")
    case .stagesCached(let calls): cached += calls.count
    case .message(let text), .lost(let text): write(text)
    default: break
    }
  }

  /// Does nothing.
  package mutating func tick() {}

  /// Writes the number of stored results that were used.
  package mutating func end() {
    if cached > 0 { write("store   \(NumberText.count(cached, "stage")) taken from the store") }
  }
}
