package import Core

/// What a notebook program tells the command that supervises it.
package enum RunEvent: Codable, Sendable {
  case cellStarted(Int)
  /// - printedEnd: the size of the file of printed output when the cell ended.
  case cellFinished(CellReport, printedEnd: Int64)
  case inline(InlineOutcome)
  /// A stage begins to run.
  case stageStarted(id: Int, stage: String, key: Digest, place: CellPlace, reason: String)
  case stageProgress(id: Int, done: Double, total: Double, unit: String)
  case stageNote(id: Int, text: String)
  /// A stage ended, well or not; `id` is that of its start.
  case stageFinished(id: Int, call: StageCallReport, outcome: StageOutcome)
  /// Stages that were in the store.
  case stagesCached([CachedCall])
  /// A stage that a plan found missing, or that depends on one.
  case stagePlanned(PlannedCall)
  /// Stored bytes are damaged: what made them has to run again.
  case damaged(String, digest: Digest?)
  /// A message for people: an index rebuilt, an output that cannot be used.
  case message(String)
  /// In a verification: the command shall say what this stage makes.
  case stageAsked(id: Int, StageRequest)
  /// In a verification: the command shall hash what this program does not see.
  case digestAsked(id: Int, StageRequest.DeclaredInput)
  /// The program came to its end.
  case finished
}

/// How a cell ended, as the program sees it.
package struct CellReport: Codable, Sendable {
  package enum Ending: Codable, Sendable {
    case done
    case failed(message: String, place: CellPlace)
    case skipped(because: Int)
    /// A plan cannot go on here: a value is not known.
    case planned
  }
  package var cell: Int
  package var ending: Ending
  package var shown: [Presentation]
  package var seconds: Double

  package init(cell: Int, ending: Ending, shown: [Presentation], seconds: Double) {
    self.cell = cell
    self.ending = ending
    self.shown = shown
    self.seconds = seconds
  }
}

/// Where a stage call stands and how its output is to be named.
package struct StageCallReport: Codable, Sendable, Hashable {
  package var place: CellPlace
  /// How many calls came before it from the same place.
  package var sequence: Int
  package var stage: String
  /// The name that the notebook gives, `as:`.
  package var name: String?

  package init(place: CellPlace, sequence: Int, stage: String, name: String?) {
    self.place = place
    self.sequence = sequence
    self.stage = stage
    self.name = name
  }
}

/// A call whose output was in the store.
package struct CachedCall: Codable, Sendable {
  package var call: StageCallReport
  package var key: Digest
  package var output: OutputSummary

  package init(call: StageCallReport, key: Digest, output: OutputSummary) {
    self.call = call
    self.key = key
    self.output = output
  }
}

/// What a plan says of a call.
package struct PlannedCall: Codable, Sendable {
  package enum Verdict: String, Codable, Sendable {
    /// It would run: its key is not in the store.
    case runs
    /// It depends on a stage that would run, and is current if that stage's output stays as it was.
    case mayRun
  }
  package var call: StageCallReport
  package var verdict: Verdict
  package var key: Digest
  package var reason: String
  package var components: [KeyComponent]

  package init(call: StageCallReport, verdict: Verdict, key: Digest, reason: String, components: [KeyComponent]) {
    self.call = call
    self.verdict = verdict
    self.key = key
    self.reason = reason
    self.components = components
  }
}
