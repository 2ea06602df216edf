package import Core

/// A message of a notebook program to the command that supervises it.
package enum RunEvent: Codable, Sendable {
  /// The cell of this number begins.
  case cellStarted(Int)
  /// A cell ended. `printedEnd` is the size of the file of printed output when the cell ended.
  case cellFinished(CellReport, printedEnd: Int64)
  /// An inline expression has a value, or failed.
  case inline(InlineOutcome)
  /// A stage begins to run; later events of it have the same `id`.
  case stageStarted(id: Int, stage: String, key: Digest, place: CellPlace, reason: String)
  /// A running stage has done an amount of a total, in a unit that may be empty.
  case stageProgress(id: Int, done: Double, total: Double, unit: String)
  /// A running stage noted a sentence for the report.
  case stageNote(id: Int, text: String)
  /// A stage ended, with or without success; `id` is 0 for one that failed before it could run.
  case stageFinished(id: Int, call: StageCallReport, outcome: StageOutcome)
  /// Stages whose outputs were in the store.
  case stagesCached([CachedCall])
  /// A running stage begins to wait for a stage that it called; others may run meanwhile.
  case stageWaits(id: Int)
  /// A running stage that waited continues.
  case stageContinues(id: Int)
  /// A stage that a plan found missing, or that depends on one.
  case stagePlanned(PlannedCall)
  /// Stored bytes are damaged, and the stage that made them has to run again. The digest is that of the file, if it is
  /// known.
  case damaged(String, digest: Digest?)
  /// A message for people: an index rebuilt, an output that cannot be used.
  case message(String)
  /// In a verification: the program asks the command for the output of a stage.
  case stageAsked(id: Int, StageRequest)
  /// In a verification: the program asks the command for the digest of an input that it cannot read itself.
  case digestAsked(id: Int, StageRequest.DeclaredInput)
  /// An event could not be sent, and is not one of a cell or stage that could fail instead: the run has failed.
  case lost(reason: String)
  /// The program reached its end, and everything is stored.
  case finished
}

extension RunEvent {
  /// The cell or stage that the event is about, in words.
  var subject: String {
    switch self {
    case .cellStarted(let cell): "cell \(cell)"
    case .cellFinished(let report, _): "the value of cell \(report.cell)"
    case .inline(let outcome): "inline expression \(outcome.id)"
    case .stageStarted(_, let stage, _, _, _): "the start of \(stage)"
    case .stageFinished(_, let call, _): "the outcome of \(call.stage)"
    case .stagePlanned(let planned): "the plan of \(planned.call.stage)"
    case .stageAsked(_, let request): "the call of \(request.call.stage)"
    case .digestAsked(_, let input): input.path
    case .stageProgress, .stageNote, .stageWaits, .stageContinues: "a report of a stage"
    case .stagesCached, .damaged, .message, .lost, .finished: "a message"
    }
  }

  /// The event that takes the place of this one when it cannot be sent: its cell, value or stage has failed.
  func fault(_ error: any Error) -> RunEvent {
    let reason = Display.message(of: error)
    switch self {
    case .cellFinished(let report, let printedEnd):
      let ending: CellReport.Ending =
        if case .failed = report.ending { report.ending } else {
          .failed(message: reason, place: CellPlace(cell: report.cell, line: 1))
        }
      return .cellFinished(
        CellReport(cell: report.cell, ending: ending, shown: [], seconds: report.seconds), printedEnd: printedEnd)
    case .inline(let outcome): return .inline(InlineOutcome(id: outcome.id, text: nil, failure: reason))
    case .stageFinished(let id, let call, let outcome):
      return .stageFinished(
        id: id, call: call,
        outcome: StageOutcome(
          of: call, key: outcome.key, components: outcome.components, state: .failed(message: reason)))
    default: return .lost(reason: reason)
    }
  }
}

/// The outcome of a cell, as the program reports it.
package struct CellReport: Codable, Sendable {
  /// The end that a cell came to.
  package enum Ending: Codable, Sendable {
    /// The cell ran to its end.
    case done
    /// The cell threw; the place is that of the statement, or of the stage call that failed.
    case failed(message: String, place: CellPlace)
    /// The cell did not run, because this one, which it uses, did not succeed.
    case skipped(because: Int)
    /// A plan cannot continue here, because a value is not known.
    case planned
  }

  /// The cell's number in document order, from 1.
  package var cell: Int
  /// The end of the cell.
  package var ending: Ending
  /// The value of its last expression; empty without one.
  package var shown: [Presentation]
  /// The time that the cell took with the stages that it called, in seconds.
  package var seconds: Double

  /// A report of known values.
  package init(cell: Int, ending: Ending, shown: [Presentation], seconds: Double) {
    self.cell = cell
    self.ending = ending
    self.shown = shown
    self.seconds = seconds
  }
}

/// A stage call: its place, and the name of its output.
package struct StageCallReport: Codable, Sendable, Hashable {
  /// The cell and line of the call.
  package var place: CellPlace
  /// The number of calls of the same stage from the same place before it.
  package var sequence: Int
  /// The stage's name.
  package var stage: String
  /// The output's name that the notebook gives with `as:`; `nil` without one.
  package var name: String?
  /// The key of the running stage that made the call; `nil` for a call of a cell.
  package var caller: Digest?

  /// A call of known values, of a cell unless a caller is given.
  package init(place: CellPlace, sequence: Int, stage: String, name: String?, caller: Digest? = nil) {
    self.place = place
    self.sequence = sequence
    self.stage = stage
    self.name = name
    self.caller = caller
  }
}

/// A call whose output was in the store.
package struct CachedCall: Codable, Sendable {
  /// The call.
  package var call: StageCallReport
  /// The digest of everything that the result depends on.
  package var key: Digest
  /// The output in the store.
  package var output: OutputSummary

  /// A call with the output that was found for its key.
  package init(call: StageCallReport, key: Digest, output: OutputSummary) {
    self.call = call
    self.key = key
    self.output = output
  }
}

/// A call in a plan, with the reason for running its stage.
package struct PlannedCall: Codable, Sendable {
  /// The certainty with which a stage would run.
  package enum Verdict: String, Codable, Sendable {
    /// The stage would run: its key is not in the store.
    case runs
    /// The stage depends on one that would run, and is current if the output of that one stays the same.
    case mayRun
  }

  /// The call.
  package var call: StageCallReport
  /// The certainty with which it would run.
  package var verdict: Verdict
  /// The key under the assumption that stages which would run give their last outputs again.
  package var key: Digest
  /// The reason in words: `new`, or the components that changed.
  package var reason: String
  /// The parts of ``key``.
  package var components: [KeyComponent]
  /// The names of the stages that the last run of this stage called, each once.
  package var calls: [String] = []
  /// The digests by which its last output, whole or in parts, counts in the keys of other stages; empty when it has
  /// none.
  package var traces: [Digest]

  /// A planned call of known values.
  package init(
    call: StageCallReport, verdict: Verdict, key: Digest, reason: String, components: [KeyComponent], traces: [Digest]
  ) {
    self.call = call
    self.verdict = verdict
    self.key = key
    self.reason = reason
    self.components = components
    self.traces = traces
  }
}
