internal import Core
internal import Notebook
internal import NotebookRuntime
internal import TextFormatting

/// The stages that a run would and would not execute.
package struct Plan: Codable, Sendable {
  /// One stage call.
  package struct Step: Codable, Sendable {
    /// The answer to the question whether the stage would run.
    package enum Verdict: String, Codable, Sendable {
      /// Its output is in the store.
      case current
      /// It would run.
      case runs
      /// It would run if an input comes out differently.
      case mayRun = "may run"
      /// It comes after a stage whose output is not known.
      case waits
    }
    /// The stage's name.
    package var stage: String
    /// The answer for this call.
    package var verdict: Verdict
    /// The reason in words; empty for a current stage.
    package var reason: String
    /// The notebook's line of the call.
    package var line: Int
  }

  /// All calls in the order of their lines.
  package var steps: [Step]

  /// The plan for people. Current stages are only counted.
  package var text: String {
    let current = steps.count { $0.verdict == .current }
    let open = steps.filter { $0.verdict != .current }
    guard !open.isEmpty else { return "nothing would run: all \(NumberText.integer(current)) stages are current" }
    let width = open.map { $0.stage.count }.max() ?? 0
    let lines = open.map { step in
      let reason = step.reason.isEmpty ? "" : "  (\(step.reason))"
      return "\(pad(step.verdict.rawValue, 8)) \(pad(step.stage, width))  line \(step.line)\(reason)"
    }
    let total = "\(NumberText.integer(current)) of \(NumberText.integer(steps.count)) stages are current"
    return (lines + [total]).joined(separator: "\n")
  }

  private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}

extension NotebookRunner {
  /// Finds the stages that would run, without running any.
  /// - Parameter view: takes the compiler's messages.
  /// - Throws: the errors of ``run(view:)``.
  package func plan(view: inout some RunView) throws -> Plan {
    let variant = try parse()
    let document = variant.document
    try readLock(of: variant, view: &view)
    let compiled = try compile(document)
    for diagnostic in variant.warnings + compiled.diagnostics { view.message("\(diagnostic)") }
    let lines = LineMap(document)
    let collector = try supervise(compiled, variant, mode: .plan, lines: lines, view: &view).collector
    view.end()

    func line(_ place: CellPlace) -> Int { lines.locate(.cell(place.cell), line: place.line)?.line ?? 0 }
    var steps = collector.cached.map {
      Plan.Step(stage: $0.call.stage, verdict: .current, reason: "", line: line($0.call.place))
    }
    steps += collector.planned.map {
      Plan.Step(
        stage: $0.call.stage, verdict: $0.verdict == .runs ? .runs : .mayRun, reason: $0.reason,
        line: line($0.call.place))
    }
    // The calls of a stage are known only when it runs: those of its last run are the best guess.
    for planned in collector.planned {
      steps += planned.calls.map {
        Plan.Step(
          stage: $0, verdict: .mayRun, reason: "\(planned.call.stage) called it when it ran last",
          line: line(planned.call.place))
      }
    }
    for (call, outcome) in collector.ran {
      if case .failed(let message) = outcome.state {
        steps.append(Plan.Step(stage: call.stage, verdict: .waits, reason: message, line: line(call.place)))
      }
    }

    // Calls that the program did not come to, because a cell before them waits.
    let seen = Set(steps.map { "\($0.stage) \($0.line)" })
    for call in compiled.manifest.stageCalls {
      let place = line(CellPlace(cell: call.cell, line: call.line))
      guard !seen.contains("\(call.name) \(place)"), !isDone(collector.cells[call.cell]) else { continue }
      steps.append(
        Plan.Step(stage: call.name, verdict: .waits, reason: "for an output that is not known yet", line: place))
    }
    return Plan(steps: steps.sorted { ($0.line, $0.stage) < ($1.line, $1.stage) })
  }

  private func isDone(_ report: CellReport?) -> Bool {
    if case .done = report?.ending { true } else { false }
  }
}
