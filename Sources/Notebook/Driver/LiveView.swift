internal import Core
internal import Differences
internal import Foundation
package import NotebookRuntime
internal import TextFormatting

/// Running stages with bars and times at the foot of the terminal, finished ones above them.
package struct LiveView: RunView {
  private struct Active {
    var stage: String
    var started: Date
    var done = 0.0
    var total = 0.0
    var unit = ""
    var note: String?
    /// The first progress that was told, and when: a stage that goes on from a partial result does not begin at 0.
    var first: (done: Double, at: Date)?
  }

  private let write: @Sendable (String) -> Void
  private let columns: @Sendable () -> Int
  private var active: [Int: Active] = [:]
  private var cached = 0
  private var drawn = 0
  private var lastDraw = Date.distantPast

  /// - Parameters:
  ///   - columns: the terminal's present width.
  ///   - write: writes to the terminal as it is.
  package init(columns: @escaping @Sendable () -> Int, write: @escaping @Sendable (String) -> Void) {
    self.columns = columns
    self.write = write
  }

  package mutating func message(_ text: String) { print(TerminalWidth.safeLines(text)) }

  package mutating func observe(_ event: RunEvent) {
    switch event {
    case .stageStarted(let id, let stage, _, _, _):
      active[id] = Active(stage: TerminalWidth.safe(stage), started: Date())
    case .stageProgress(let id, let done, let total, let unit):
      if active[id]?.first == nil { active[id]?.first = (done, Date()) }
      active[id]?.done = done
      active[id]?.total = total
      active[id]?.unit = TerminalWidth.safe(unit)
    case .stageNote(let id, let text): active[id]?.note = TerminalWidth.safe(text)
    case .stageFinished(let id, _, let outcome):
      active[id] = nil
      switch outcome.state {
      case .failed(let message):
        print("\u{1B}[31m✗\u{1B}[0m \(TerminalWidth.safe(outcome.stage)): \(TerminalWidth.safeLines(message))")
      case .ran, .cached:
        print(
          "\u{1B}[32m✓\u{1B}[0m \(pad(TerminalWidth.safe(outcome.stage), 28)) \(TimeText.duration(outcome.seconds))\u{1B}[2m  \(TerminalWidth.safe(outcome.reason ?? ""))\u{1B}[0m"
        )
      }
    case .stagesCached(let calls): cached += calls.count
    case .message(let text): print(TerminalWidth.safeLines(text))
    default: break
    }
  }

  package mutating func tick() {
    guard !active.isEmpty, Date().timeIntervalSince(lastDraw) > 0.09 else { return }
    redraw()
  }

  package mutating func end() {
    erase()
    if cached > 0 { write("\u{1B}[2m\(cached) stage\(cached == 1 ? "" : "s") taken from the store\u{1B}[0m\n") }
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
    let now = Date()
    let lines = active.sorted { $0.key < $1.key }.map { line($0.value, now: now, width: width) }
    erase()
    write(lines.map { $0 + "\n" }.joined())
    drawn = lines.count
    lastDraw = now
  }

  private func line(_ stage: Active, now: Date, width: Int) -> String {
    let elapsed = now.timeIntervalSince(stage.started)
    var text = "● \(pad(stage.stage, 28)) "
    if stage.total > 0 {
      let ratio = stage.done / stage.total
      let share = ratio.isFinite ? min(max(ratio, 0), 1) : 0
      let cells = width >= 100 ? 24 : 12
      let full = Int(share * Double(cells))
      text += String(repeating: "━", count: full) + String(repeating: "╌", count: cells - full)
      text += " \(Int(share * 100)) % \(amount(stage.done))/\(amount(stage.total)) \(stage.unit)"
      text += " · \(TimeText.duration(elapsed))"
      if let first = stage.first, share < 1, stage.done - first.done > 0.01 * stage.total {
        let left = now.timeIntervalSince(first.at) / (stage.done - first.done) * (stage.total - stage.done)
        text += ", \(TimeText.duration(left)) left"
      }
    } else {
      text += TimeText.duration(elapsed)
    }
    if let note = stage.note { text += " · \(note)" }
    return String(text.prefix(width - 1))
  }

  private func amount(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - TerminalWidth.of(text)))
  }
}
