internal import ArtifactStore
internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime

/// Makes the record of a run and the lock file from what a notebook program told.
struct RunRecordBuilder {
  let document: NotebookDocument
  let lines: LineMap
  let store: ArtifactStore
  let result: Supervisor.Result
  /// Cells left out of the program because they do not compile, with the compiler's words.
  let uncompiled: [Int: Diagnostic]
  /// Cells left out because they depend on one of those.
  let leftOut: [Int: Int]

  /// A stage call with the name of its output.
  private struct Call {
    var report: StageCallReport
    var artifact: String
    var key: Digest
    var output: OutputSummary?
    /// Its outcome when it ran in this run.
    var outcome: StageOutcome?
  }

  /// - Parameters:
  ///   - notebook: its path from the project's folder.
  ///   - parameters: what the lock says of the run's parameters.
  /// - Returns: the record; the lock with the stages that have an output.
  func assemble(
    notebook: String, parameters: [String: String], started: Double, seconds: Double
  ) throws -> (record: RunRecord, lock: LockFile) {
    let calls = named()
    let outcomes = try stageOutcomes(calls)
    let labels = Dictionary(uniqueKeysWithValues: document.cells.map { ($0.id, $0.options.label ?? String($0.id)) })
    let lock = LockFile(
      notebook: notebook, parameters: parameters,
      stages: calls.compactMap { call in
        call.output.map {
          LockFile.Entry(
            artifact: call.artifact, stage: call.report.stage,
            cell: labels[call.report.place.cell] ?? String(call.report.place.cell), key: call.key, output: $0)
        }
      })
    let record = RunRecord(
      notebook: notebook, started: started, seconds: seconds, environment: RunEnvironment.current,
      cells: cellOutcomes(),
      inlines: document.inlines.map {
        result.collector.inlines[$0.id] ?? InlineOutcome(id: $0.id, text: nil, failure: "it was not reached")
      }, stages: outcomes)
    return (record, lock)
  }

  /// All calls in the order of their places, each output with a name of its own: the name that the notebook gives, else the
  /// stage's, with `-2`, `-3` … from the second on.
  private func named() -> [Call] {
    var calls = result.collector.cached.map {
      Call(report: $0.call, artifact: "", key: $0.key, output: $0.output, outcome: nil)
    }
    calls += result.collector.ran.map {
      Call(report: $0.call, artifact: "", key: $0.outcome.key, output: $0.outcome.output, outcome: $0.outcome)
    }
    calls.sort { first, second in
      let (a, b) = (first.report, second.report)
      return (a.place.cell, a.place.line, a.sequence, a.stage) < (b.place.cell, b.place.line, b.sequence, b.stage)
    }
    var counts: [String: Int] = [:]
    var used: Set<String> = []
    for position in calls.indices {
      let base = calls[position].report.name ?? calls[position].report.stage
      var name: String
      repeat {
        let count = counts[base, default: 0] + 1
        counts[base] = count
        name = count == 1 ? base : "\(base)-\(count)"
        // A name that the notebook gives can look like one that was counted.
      } while !used.insert(name).inserted
      calls[position].artifact = name
    }
    return calls
  }

  private func stageOutcomes(_ calls: [Call]) throws -> [StageOutcome] {
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
        return outcome
      }
      let record = records[call.key]
      return StageOutcome(
        place: call.report.place, stage: call.report.stage, artifact: call.artifact, key: call.key,
        components: record?.components ?? [], state: .cached, reason: nil, output: call.output,
        computed: record?.started ?? 0,
        seconds: record?.seconds ?? 0, cpuSeconds: record?.cpuSeconds ?? 0,
        peakMemoryBytes: record?.peakMemoryBytes ?? 0,
        measurements: record?.measurements ?? [], notes: record?.notes ?? [])
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
