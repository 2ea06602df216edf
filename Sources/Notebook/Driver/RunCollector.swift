package import Core
package import NotebookRuntime

/// The state of one attempt at running a notebook program, from its events so far.
package struct RunCollector: Sendable {
  /// A stage that is running.
  package struct Running: Sendable {
    /// The stage's name.
    package var stage: String
    /// The key of its output.
    package var key: Digest
    /// The place of its call.
    package var place: CellPlace
    /// True while it waits for a stage that it called.
    package var isWaiting = false
  }

  /// The reports of finished cells, by the cells' numbers.
  package private(set) var cells: [Int: CellReport] = [:]
  /// For each finished cell in order, the end of its output in the file of printed output, in bytes.
  package private(set) var printedEnds: [(cell: Int, end: Int64)] = []
  /// The values of inline expressions, by their numbers.
  package private(set) var inlines: [Int: InlineOutcome] = [:]
  /// The calls whose outputs were in the store.
  package private(set) var cached: [CachedCall] = []
  /// The calls whose stages ran or failed, in the order of their ends.
  package private(set) var ran: [(call: StageCallReport, outcome: StageOutcome)] = []
  /// In a plan, the calls whose stages would or may run.
  package private(set) var planned: [PlannedCall] = []
  /// The stages that are running, by the numbers of their events.
  package private(set) var running: [Int: Running] = [:]
  /// The number of the cell that is running; `nil` between cells.
  package private(set) var currentCell: Int?
  /// The stored contents that are damaged, with the store's messages.
  package private(set) var damages: [(text: String, digest: Digest?)] = []
  /// The reasons for which events did not arrive; with one the run has failed.
  package private(set) var losses: [String] = []
  /// True when the program has come to its end and everything is stored.
  package private(set) var finished = false

  /// The state before the first event.
  package init() {}

  /// Takes the next event.
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

    case .stageWaits(let id): running[id]?.isWaiting = true
    case .stageContinues(let id): running[id]?.isWaiting = false

    case .damaged(let text, let digest): damages.append((text, digest))
    case .lost(let reason): losses.append(reason)
    case .finished: finished = true
    case .stageProgress, .stageNote, .message, .stageAsked, .digestAsked: break
    }
  }
}
