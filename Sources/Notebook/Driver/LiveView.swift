internal import Core
internal import Differences
internal import Foundation
package import NotebookRuntime
internal import TextFormatting

/// Running stages with bars and times at the foot of the terminal, finished ones above them.
package struct LiveView: RunView {
  /// A running stage.
  private struct Active {
    var stage: String
    var started: SuspendingClock.Instant
    var done = 0.0
    var total = 0.0
    var unit = ""
    var note: String?
    /// True while it waits for stages that it called.
    var isWaiting = false
    /// The first progress, with its time: a stage that continues from a partial result does not begin at 0.
    var first: (done: Double, at: SuspendingClock.Instant)?
  }

  private let write: @Sendable (String) -> Void
  private let columns: @Sendable () -> Int
  private var active: [Int: Active] = [:]
  private var cached = 0
  private var drawn = 0
  private var lastDraw: SuspendingClock.Instant?

  /// A view without running stages.
  /// - Parameters:
  ///   - columns: the terminal's present width.
  ///   - write: writes text with control sequences to the terminal.
  package init(columns: @escaping @Sendable () -> Int, write: @escaping @Sendable (String) -> Void) {
    self.columns = columns
    self.write = write
  }

  /// Prints a line above the running stages.
  package mutating func message(_ text: String) { print(TerminalWidth.safeLines(text)) }

  /// Takes an event; only finished stages and messages are printed at once.
  package mutating func observe(_ event: RunEvent) {
    switch event {
    case .stageStarted(let id, let stage, _, _, _):
      active[id] = Active(stage: TerminalWidth.safe(stage), started: .now)
    case .stageProgress(let id, let done, let total, let unit):
      if active[id]?.first == nil { active[id]?.first = (done, .now) }
      active[id]?.done = done
      active[id]?.total = total
      active[id]?.unit = TerminalWidth.safe(unit)
    case .stageNote(let id, let text): active[id]?.note = TerminalWidth.safe(text)
    case .stageWaits(let id): active[id]?.isWaiting = true
    case .stageContinues(let id): active[id]?.isWaiting = false
    case .stageFinished(let id, _, let outcome):
      active[id] = nil
      print(Self.line(of: outcome))

    case .stagesCached(let calls): cached += calls.count
    case .message(let text), .lost(let text): print(TerminalWidth.safeLines(text))
    default: break
    }
  }

  /// Draws the running stages again, at most eleven times a second.
  package mutating func tick() {
    if let lastDraw, SuspendingClock.now - lastDraw < .milliseconds(90) { return }
    guard !active.isEmpty else { return }
    redraw()
  }

  /// Removes the running stages, and prints the number of stored results that were used.
  package mutating func end() {
    erase()
    if cached > 0 { write("\u{1B}[2m\(NumberText.count(cached, "stage")) taken from the store\u{1B}[0m\n") }
  }

  private static func line(of outcome: StageOutcome) -> String {
    let stage = TerminalWidth.safe(outcome.stage)
    if case .failed(let message) = outcome.state {
      return "\u{1B}[31m✗\u{1B}[0m \(stage): \(TerminalWidth.safeLines(message))"
    }
    let duration = NumberText.duration(outcome.cost.seconds)
    let reason = TerminalWidth.safe(outcome.reason ?? "")
    return "\u{1B}[32m✓\u{1B}[0m \(pad(stage, 28)) \(duration)\u{1B}[2m  \(reason)\u{1B}[0m"
  }

  private mutating func print(_ line: String) {
    erase()
    write(line + "\n")
  }

  private mutating func erase() {
    guard drawn > 0 else { return }
    write("\u{1B}[\(drawn)A\u{1B}[J")
    drawn = 0
  }

  private mutating func redraw() {
    let width = max(columns(), 20)
    let now = SuspendingClock.now
    var lines = active.filter { !$0.value.isWaiting }.sorted { $0.key < $1.key }
      .map { line($0.value, now: now, width: width) }
    // A deep recursion would fill the terminal with stages that do nothing.
    let waiting = active.count { $0.value.isWaiting }
    if waiting > 0 { lines.append("  \(NumberText.count(waiting, "stage")) waiting for stages that they called") }
    erase()
    write(lines.map { $0 + "\n" }.joined())
    drawn = lines.count
    lastDraw = now
  }

  private func line(_ stage: Active, now: SuspendingClock.Instant, width: Int) -> String {
    let elapsed = (now - stage.started) / .seconds(1)
    var text = "● \(Self.pad(stage.stage, 28)) "

    if stage.total > 0 {
      // A stage may report anything, also numbers that are not finite.
      let ratio = stage.done / stage.total
      let share = ratio.isFinite ? min(max(ratio, 0), 1) : 0
      let cells = width >= 100 ? 24 : 12
      let full = Int(share * Double(cells))
      text += String(repeating: "━", count: full) + String(repeating: "╌", count: cells - full)
      let (done, total) = (NumberText.plain(stage.done), NumberText.plain(stage.total))
      text += " \(Int(share * 100))\u{a0}% \(done)/\(total) \(stage.unit) · \(NumberText.duration(elapsed))"

      if let first = stage.first, share < 1, stage.done - first.done > 0.01 * stage.total {
        let left = (now - first.at) / .seconds(1) / (stage.done - first.done) * (stage.total - stage.done)
        text += ", \(NumberText.duration(left)) left"
      }
    } else {
      text += NumberText.duration(elapsed)
    }

    if let note = stage.note { text += " · \(note)" }
    return String(text.prefix(width - 1))
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - TerminalWidth.of(text)))
  }
}
