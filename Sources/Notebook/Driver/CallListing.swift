internal import ArtifactStore
internal import Core
internal import NotebookRuntime

/// The stage calls of a run as its record and its lock list them: those of cells in the order of their places, each
/// after the stages that it called while it ran.
///
/// A stage that comes from the store calls nothing: what it called when it ran is in its record, so that the list is
/// the same whether stages ran or not.
struct CallListing {
  /// A stage call with the name of its output.
  struct Call {
    /// The call. One of a stage has the place of the cell's call that led to it.
    var report: StageCallReport
    /// The output's name, unique among the calls.
    var artifact = ""
    var key: Digest
    var output: OutputSummary?
    /// Its outcome when it ran in this run.
    var outcome: StageOutcome?
    /// The outputs of the stages that it called while it ran.
    var calls: [DynamicInput] = []
    /// False for one that no stage with an output has called: its caller failed, or continued after its failure.
    var isLocked = true
  }

  /// All calls.
  private(set) var calls: [Call] = []

  private let store: ArtifactStore
  /// The outcomes of stages that other stages called in this run, by key.
  private let nested: [Digest: StageOutcome]
  private var seen: Set<Digest> = []
  private var counts: [String: Int] = [:]
  private var used: Set<String> = []

  /// Lists the calls of a run.
  /// - Parameters:
  ///   - collector: the events of the notebook's program.
  ///   - others: calls of stages that the program has not reported itself, as in a verification.
  ///   - store: the records of stages that did not run.
  /// - Throws: `StoreError` when a record cannot be read.
  init(
    _ collector: RunCollector, others: [(call: StageCallReport, outcome: StageOutcome)], store: ArtifactStore
  ) throws {
    self.store = store
    let ofStages = collector.ran.filter { $0.call.caller != nil } + others
    nested = Dictionary(
      ofStages.filter { $0.outcome.output != nil }.map { ($0.outcome.key, $0.outcome) }
    ) { first, _ in first }

    // The names of cells' calls do not depend on what the stages called.
    var roots = try Self.callsOfCells(collector, nested: nested, store: store)
    for position in roots.indices {
      roots[position].artifact = name(for: roots[position].report)
      seen.insert(roots[position].key)
    }
    for root in roots { try append(root) }

    for (call, outcome) in ofStages where seen.insert(outcome.key).inserted {
      calls.append(
        Call(
          report: call, artifact: name(for: call), key: outcome.key, output: outcome.output, outcome: outcome,
          calls: outcome.calls, isLocked: false))
    }
  }

  /// The calls of cells in the order of their places.
  private static func callsOfCells(
    _ collector: RunCollector, nested: [Digest: StageOutcome], store: ArtifactStore
  ) throws -> [Call] {
    // A stage that another has called before ran in this run, although its own call found it in the store.
    var calls = collector.cached.filter { $0.call.caller == nil }.map {
      Call(report: $0.call, key: $0.key, output: $0.output, outcome: nested[$0.key])
    }
    calls += collector.ran.filter { $0.call.caller == nil }.map {
      Call(report: $0.call, key: $0.outcome.key, output: $0.outcome.output, outcome: $0.outcome)
    }
    calls.sort { first, second in
      let (a, b) = (first.report, second.report)
      return (a.place.cell, a.place.line, a.sequence, a.stage) < (b.place.cell, b.place.line, b.sequence, b.stage)
    }

    let records = try store.recordsWithCalls(calls.filter { $0.outcome == nil }.map(\.key))
    for position in calls.indices {
      calls[position].calls = calls[position].outcome?.calls ?? records[calls[position].key]?.calls ?? []
    }
    return calls
  }

  /// Appends a call of a cell after all that its stage called, and what those called in turn.
  private mutating func append(_ root: Call) throws {
    // No recursion here: the stages' own may be as deep as they like.
    var path = [(call: root, rest: root.calls[...])]
    while let (call, inputs) = path.popLast() {
      var rest = inputs
      guard let input = rest.popFirst() else {
        calls.append(call)
        continue
      }
      path.append((call, rest))
      guard seen.insert(input.key).inserted else { continue }
      let outcome = nested[input.key]
      let report = StageCallReport(
        place: root.report.place, sequence: 0, stage: input.stage, name: input.name, caller: call.key)
      let child = Call(
        report: report, artifact: name(for: report), key: input.key, output: input.output, outcome: outcome,
        calls: try outcome?.calls ?? store.record(for: input.key)?.calls ?? [])
      path.append((child, child.calls[...]))
    }
  }

  /// The name that the notebook gives, else the stage's, followed by `-2`, `-3` … from the second call on.
  private mutating func name(for report: StageCallReport) -> String {
    let base = report.name ?? report.stage
    var name: String
    repeat {
      let count = counts[base, default: 0] + 1
      counts[base] = count
      name = count == 1 ? base : "\(base)-\(count)"
      // A name that the notebook gives can look like one that was counted.
    } while !used.insert(name).inserted
    return name
  }
}
