internal import ArtifactStore
internal import Core
internal import Differences
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Report

/// Holds what a verification computed against what was recorded.
struct VerificationJudge {
  let document: NotebookDocument
  let lines: LineMap
  let recorded: RecordedOutputs
  /// The outputs that are executed again; `nil` for all.
  let chosen: Set<String>?

  private(set) var stages: [Verdict.Stage] = []
  private(set) var findings: [Verdict.Finding] = []
  private(set) var environmentChanges: [Verdict.EnvironmentChange] = []
  /// The lock's entry of each call, by its position.
  private(set) var positions: [StageCallReport: Int] = [:]
  private var keys: [String: Digest] = [:]
  private(set) var executed = 0

  init(document: NotebookDocument, lines: LineMap, recorded: RecordedOutputs, chosen: Set<String>?) {
    self.document = document
    self.lines = lines
    self.recorded = recorded
    self.chosen = chosen
  }

  /// Whether something differs whose inputs differ too, so that its own part in it is still to be found.
  var needsRecordedInputs: Bool { stages.contains { !$0.outcome.isGood && $0.inputsDiffer } }

  /// Takes what was computed on the inputs of this run.
  mutating func take(_ record: RunRecord, _ fresh: LockFile, computedBy broker: StageServer) {
    let entries = Dictionary(recorded.lock.stages.enumerated().map { ($1.artifact, $0) }) { first, _ in first }
    var seen: Set<Int> = []
    let calls = Dictionary(broker.answered.map { ($0.key, $0.call) }) { first, _ in first }
    var told: Set<Digest> = []
    for outcome in record.stages {
      let call = calls[outcome.key]
      let position =
        chosen == nil
        ? entries[outcome.artifact] : call.flatMap { recorded.matchedEntry(of: $0) }.flatMap { entries[$0.artifact] }
      if let position { seen.insert(position) }
      let entry = position.map { recorded.lock.stages[$0] }
      if let chosen, let entry, !chosen.contains(entry.artifact) { continue }
      if let call, let position { positions[call] = position }
      stages.append(stage(outcome, entry, broker))
      if told.insert(outcome.key).inserted {
        executed += 1
        findings += broker.findings(for: outcome.key).map { finding in
          var finding = finding
          finding.line = line(of: outcome.place)
          return finding
        }
      }
    }
    for (position, entry) in recorded.lock.stages.enumerated() where !seen.contains(position) {
      if let chosen, !chosen.contains(entry.artifact) { continue }
      var missing = Verdict.Stage(
        artifact: entry.artifact, stage: entry.stage, cell: entry.cell, line: nil, outcome: .missing)
      missing.recorded = entry.output
      missing.detail = "the notebook did not come to it, or does not make it any more"
      stages.append(missing)
    }
  }

  /// Takes what was computed on the recorded inputs.
  mutating func takeRecordedInputs(_ broker: StageServer) {
    let again = Dictionary(
      broker.answered.compactMap { answer in recorded.matchedEntry(of: answer.call).map { ($0.artifact, answer.key) } }
    ) { first, _ in first }
    for index in stages.indices where !stages[index].outcome.isGood && stages[index].inputsDiffer {
      let artifact = stages[index].artifact
      guard let key = again[artifact], let reply = broker.reply(for: key), let output = stages[index].recorded,
        let entry = recorded.lock.stages.first(where: { $0.artifact == artifact })
      else { continue }
      let (outcome, detail, _, _) = compare(reply, with: entry, output, cell: stages[index].cell)
      stages[index].onRecordedInputs = outcome
      stages[index].onRecordedInputsDetail = detail
    }
  }

  private mutating func stage(_ outcome: StageOutcome, _ entry: LockFile.Entry?, _ broker: StageServer) -> Verdict.Stage
  {
    let cell = document.cells.first { $0.id == outcome.place.cell }.map { $0.options.label ?? String($0.id) }
    var stage = Verdict.Stage(
      artifact: entry?.artifact ?? outcome.artifact, stage: outcome.stage, cell: cell ?? String(outcome.place.cell),
      line: line(of: outcome.place), outcome: .unrecorded)
    stage.recorded = entry?.output
    let reply = broker.reply(for: outcome.key)
    stage.seconds = reply?.seconds ?? outcome.seconds
    stage.fresh = reply?.content.map { content in
      OutputSummary(
        format: broker.request(for: outcome.key)?.format ?? "", digest: content.digest, byteCount: content.byteCount)
    }
    if let entry { compareKeys(&stage, outcome, entry) }
    guard let reply else {
      stage.outcome = .failed
      if case .failed(let message) = outcome.state { stage.detail = message }
      return stage
    }
    guard let entry else {
      stage.outcome = reply.failure == nil ? .unrecorded : .failed
      stage.detail = reply.failure ?? "the lock file has no such output"
      return stage
    }
    (stage.outcome, stage.detail, stage.largestDifference, stage.tolerance) = compare(
      reply, with: entry, entry.output, cell: stage.cell)
    return stage
  }

  private mutating func compareKeys(_ stage: inout Verdict.Stage, _ outcome: StageOutcome, _ entry: LockFile.Entry) {
    let record = recorded.record(of: entry)
    stage.recordedSeconds = record?.seconds
    if let record { note(record.environment) }
    guard outcome.key != entry.key else { return }
    guard let record else {
      stage.inputsDiffer = true
      stage.keyChanges = ["its key is another one; the record that would say why is not in the store"]
      return
    }
    let changes = KeyChange.between(record.components, outcome.components)
    stage.keyChanges = changes.map(\.summary)
    // A value that a cell took from an output and passed on counts as a parameter.
    stage.inputsDiffer = changes.contains { $0.kind == .artifact || $0.kind == .parameter }
  }

  /// Remembers what of the surroundings differs from a record's.
  private mutating func note(_ environment: [String: String]) {
    let now = RunEnvironment.current
    for name in Set(environment.keys).union(now.keys).sorted() where environment[name] != now[name] {
      let change = Verdict.EnvironmentChange(name: name, recorded: environment[name], now: now[name])
      if !environmentChanges.contains(change) { environmentChanges.append(change) }
    }
  }

  private func compare(
    _ reply: StageReply, with entry: LockFile.Entry, _ output: OutputSummary, cell: String
  ) -> (Verdict.Outcome, detail: String?, largest: Double?, tolerance: Double?) {
    guard let content = reply.content else { return (.failed, reply.failure ?? "it has no output", nil, nil) }
    if content.digest == output.digest { return (.identical, nil, nil, nil) }
    guard let before = recorded.content(of: entry) else {
      return (
        .diverged,
        "\(content.byteCount) bytes \(content.digest.short) instead of \(output.byteCount) bytes \(output.digest.short); the recorded bytes are not in the store, so what differs cannot be told: `colophon pull` gets them",
        nil, nil
      )
    }
    let tolerance = document.cells.first { ($0.options.label ?? String($0.id)) == cell }?.options.tolerance
    do {
      switch try Comparison.equivalence(recorded: before, fresh: content, format: output.format, tolerance: tolerance) {
      case .identical: return (.identical, nil, nil, nil)
      case .equivalent(let largest, let allowed): return (.equivalent, nil, largest, allowed)
      case .diverged(let first): return (.diverged, first, nil, nil)
      }
    } catch {
      return (.diverged, "the bytes differ and cannot be compared: \(error)", nil, nil)
    }
  }

  private func line(of place: CellPlace) -> Int? { lines.locate(.cell(place.cell), line: place.line)?.line }
}
