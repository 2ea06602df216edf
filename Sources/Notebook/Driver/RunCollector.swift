package import Core
package import NotebookRuntime

/// What one attempt at running a notebook program has told so far.
package struct RunCollector: Sendable {
  package struct Running: Sendable {
    package var stage: String
    package var key: Digest
    package var place: CellPlace
  }

  package private(set) var cells: [Int: CellReport] = [:]
  /// For each finished cell, where its printed output ends in the file of printed output.
  package private(set) var printedEnds: [(cell: Int, end: Int64)] = []
  package private(set) var inlines: [Int: InlineOutcome] = [:]
  package private(set) var cached: [CachedCall] = []
  package private(set) var ran: [(call: StageCallReport, outcome: StageOutcome)] = []
  package private(set) var planned: [PlannedCall] = []
  package private(set) var running: [Int: Running] = [:]
  package private(set) var currentCell: Int?
  /// Contents that are damaged, with the store's words.
  package private(set) var damages: [(text: String, digest: Digest?)] = []
  package private(set) var finished = false

  package init() {}

  package mutating func take(_ event: RunEvent) {
    switch event {
    case .cellStarted(let cell): currentCell = cell
    case .cellFinished(let report, let printedEnd):
      cells[report.cell] = report
      printedEnds.append((report.cell, printedEnd))
      currentCell = nil
    case .inline(let outcome): inlines[outcome.id] = outcome
    case .stageStarted(let id, let stage, let key, let place, _):
      running[id] = Running(stage: stage, key: key, place: place)
    case .stageFinished(let id, let call, let outcome):
      running[id] = nil
      ran.append((call, outcome))
    case .stagesCached(let calls): cached += calls
    case .stagePlanned(let call): planned.append(call)
    case .damaged(let text, let digest): damages.append((text, digest))
    case .finished: finished = true
    case .stageProgress, .stageNote, .message, .stageAsked, .digestAsked: break
    }
  }
}
