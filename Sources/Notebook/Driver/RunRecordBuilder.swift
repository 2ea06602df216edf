internal import ArtifactStore
internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime

/// Makes the run record and the lock file from the events of a notebook program.
struct RunRecordBuilder {
  /// The notebook.
  let document: NotebookDocument
  /// The places of its cells in the file.
  let lines: LineMap
  /// The records of stages that did not run.
  let store: ArtifactStore
  /// The outcome of the program.
  let result: Supervisor.Result
  /// The cells that are not in the program because they do not compile, with the compiler's errors.
  let uncompiled: [Int: Diagnostic]
  /// The cells that are not in the program, each with the cell that it depends on and that is not in it either.
  let leftOut: [Int: Int]
  /// In a verification, the calls of stages, which the program does not report itself.
  var others: [(call: StageCallReport, outcome: StageOutcome)] = []

  /// Makes both.
  /// - Parameters:
  ///   - notebook: the notebook's path from the project's folder.
  ///   - parameters: the values of the run's parameters, for the lock.
  ///   - started: the start of the run, in seconds since 1970.
  ///   - seconds: the duration of the run.
  /// - Returns: the record; the lock with the stages that have an output.
  func assemble(
    notebook: String, parameters: [String: String], started: Double, seconds: Double
  ) throws -> (record: RunRecord, lock: LockFile) {
    let calls = try CallListing(result.collector, others: others, store: store).calls
    let outcomes = try stageOutcomes(calls)
    let labels = Dictionary(uniqueKeysWithValues: document.cells.map { ($0.id, $0.lockName) })
    let lock = LockFile(
      notebook: notebook, parameters: parameters,
      stages: calls.filter(\.isLocked).compactMap { call in
        call.output.map {
          LockFile.Entry(
            artifact: call.artifact, stage: call.report.stage,
            cell: labels[call.report.place.cell] ?? String(call.report.place.cell), key: call.key, output: $0,
            calls: call.calls.map(\.key))
        }
      })

    // A failed run has a record too: with cells that failed, and inline expressions without a value.
    let record = RunRecord(
      notebook: notebook, started: started, seconds: seconds, environment: RunEnvironment.current,
      cells: cellOutcomes(),
      inlines: document.inlines.map {
        result.collector.inlines[$0.id] ?? InlineOutcome(id: $0.id, text: nil, failure: "it was not reached")
      }, stages: outcomes)
    return (record, lock)
  }

  private func stageOutcomes(_ calls: [CallListing.Call]) throws -> [StageOutcome] {
    let wanted = calls.filter { $0.outcome == nil }
    // The report of a very long run groups its calls: it reads the records of some of each stage.
    var perStage: [String: Int] = [:]
    var records: [Digest: StageRecord] = [:]
    for call in wanted {
      perStage[call.report.stage, default: 0] += 1
      if wanted.count <= 500 || perStage[call.report.stage, default: 0] <= 3 {
        records[call.key] = try store.record(for: call.key)
      }
    }

    return calls.map { call in
      if var outcome = call.outcome {
        outcome.artifact = call.artifact
        if call.isLocked { outcome.place = call.report.place }
        return outcome
      }
      let record = records[call.key]
      return StageOutcome(
        place: call.report.place, stage: call.report.stage, artifact: call.artifact, key: call.key,
        components: record?.components ?? [], state: .cached, output: call.output,
        computed: record?.started ?? 0, cost: record?.cost ?? .none, calls: call.calls)
    }
  }

  private func cellOutcomes() -> [CellOutcome] {
    document.cells.map { cell in
      CellOutcome(
        id: cell.id, state: state(of: cell), printed: result.printed[cell.id] ?? "",
        shown: result.collector.cells[cell.id]?.shown ?? [], seconds: result.collector.cells[cell.id]?.seconds ?? 0)
    }
  }

  private func state(of cell: Cell) -> CellOutcome.State {
    if !cell.options.eval { return .notEvaluated }
    if let diagnostic = uncompiled[cell.id] { return .failed(diagnostic) }
    if let need = leftOut[cell.id] { return .skipped(because: need) }
    switch result.collector.cells[cell.id]?.ending {
    case .done: return .done
    case .skipped(let because): return .skipped(because: because)
    case .failed(let message, let place):
      let line = lines.locate(.cell(place.cell), line: place.line)?.line ?? cell.lines.lowerBound
      return .failed(Diagnostic(.error, message, file: document.file, line: line))
    case .planned, nil: return .notReached
    }
  }
}

extension Cell {
  /// The cell's label, or its number, as lock files and verdicts name it.
  var lockName: String { options.label ?? String(id) }
}
