internal import ArtifactStore
internal import Core
internal import Differences
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Report

/// Compares the outputs of a verification with the recorded ones.
struct VerificationJudge {
  /// The notebook that is verified.
  let document: NotebookDocument
  /// The places of its cells in the file.
  let lines: LineMap
  /// The lock that is the reference, with its bytes.
  let recorded: RecordedOutputs
  /// The names of the outputs that are executed again; `nil` for all.
  let chosen: Set<String>?

  /// The outputs so far, those that are missing after the others.
  private(set) var stages: [Verdict.Stage] = []
  /// The findings about stages, each with the notebook's line.
  private(set) var findings: [Verdict.Finding] = []
  /// The facts of the environment that are not those of the records, each once.
  private(set) var environmentChanges: [Verdict.EnvironmentChange] = []
  /// For each call, the position of its entry in the lock.
  private(set) var positions: [StageCallReport: Int] = [:]
  /// The number of different keys that were computed.
  private(set) var executed = 0
  /// For each name of an output, the position of its first entry in the lock.
  private let entryPositions: [String: Int]

  /// A judge that has seen no output yet.
  init(document: NotebookDocument, lines: LineMap, recorded: RecordedOutputs, chosen: Set<String>?) {
    self.document = document
    self.lines = lines
    self.recorded = recorded
    self.chosen = chosen
    entryPositions = Dictionary(recorded.lock.stages.enumerated().map { ($1.artifact, $0) }) { first, _ in first }
  }

  /// True when an output differs whose inputs differ too: only a run on the recorded inputs shows the stage's own part.
  var needsRecordedInputs: Bool { stages.contains { !$0.outcome.isGood && $0.inputsDiffer } }

  /// Takes the outputs that were computed on the inputs of this run.
  /// - Parameters:
  ///   - record: the stage calls of the notebook.
  ///   - server: the server that answered them.
  mutating func take(_ record: RunRecord, computedBy server: StageServer) {
    let calls = Dictionary(server.answered.map { ($0.key, $0.call) }) { first, _ in first }
    var seen: Set<Int> = []
    var counted: Set<Digest> = []

    for outcome in record.stages {
      let call = calls[outcome.key]
      let position = position(of: outcome, call: call)
      if let position { seen.insert(position) }
      let entry = position.map { recorded.lock.stages[$0] }
      if let entry, !isChosen(entry) { continue }

      if let call, let position { positions[call] = position }
      stages.append(stage(outcome, recordedAs: entry, server: server))

      // Equal calls run once.
      guard counted.insert(outcome.key).inserted else { continue }
      executed += 1
      let line = line(of: outcome.place)
      findings += server.findings(for: outcome.key).map { $0.located(at: line) }
    }

    for (position, entry) in recorded.lock.stages.enumerated() where !seen.contains(position) && isChosen(entry) {
      stages.append(missingStage(entry))
    }
  }

  /// Takes the outputs that were computed on the recorded inputs.
  mutating func takeRecordedInputs(_ server: StageServer) {
    let keys = Dictionary(
      server.answered.compactMap { answer in
        recorded.matchedEntry(of: answer.call).map { ($0.artifact, answer.key) }
      }
    ) { first, _ in first }

    for index in stages.indices where !stages[index].outcome.isGood && stages[index].inputsDiffer {
      let artifact = stages[index].artifact
      guard let key = keys[artifact], let reply = server.reply(for: key), let position = entryPositions[artifact]
      else { continue }
      let result = compare(reply, with: recorded.lock.stages[position], cell: stages[index].cell)
      stages[index].onRecordedInputs = result.outcome
      stages[index].onRecordedInputsDetail = result.detail
    }
  }

  // MARK: Entries of the lock

  private func isChosen(_ entry: LockFile.Entry) -> Bool { chosen?.contains(entry.artifact) ?? true }

  /// The position of a call's entry in the lock: by the output's name, or in a partial verification, where outputs
  /// have other names, as the server has matched the call.
  private func position(of outcome: StageOutcome, call: StageCallReport?) -> Int? {
    // Names of what stages call depend on which others they call: the key is the better sign.
    if call?.caller != nil, let position = recorded.position(of: outcome.key) { return position }
    guard chosen != nil else { return entryPositions[outcome.artifact] }
    return call.flatMap { recorded.matchedEntry(of: $0) }.flatMap { entryPositions[$0.artifact] }
  }

  private func missingStage(_ entry: LockFile.Entry) -> Verdict.Stage {
    var stage = Verdict.Stage(
      artifact: entry.artifact, stage: entry.stage, cell: entry.cell, line: nil, outcome: .missing)
    stage.recorded = entry.output
    stage.detail = "the notebook did not come to it, or does not make it any more"
    return stage
  }

  // MARK: One output

  private mutating func stage(
    _ outcome: StageOutcome, recordedAs entry: LockFile.Entry?, server: StageServer
  ) -> Verdict.Stage {
    let cell = document.cells.first { $0.id == outcome.place.cell }?.lockName ?? String(outcome.place.cell)
    var stage = Verdict.Stage(
      artifact: entry?.artifact ?? outcome.artifact, stage: outcome.stage, cell: cell,
      line: line(of: outcome.place), outcome: .unrecorded)
    let reply = server.reply(for: outcome.key)
    stage.recorded = entry?.output
    stage.seconds = reply?.cost.seconds ?? outcome.cost.seconds
    stage.fresh = reply?.content.map { content in
      OutputSummary(of: content, format: server.request(for: outcome.key)?.format ?? "")
    }
    if let entry { compareKeys(of: outcome, with: entry, into: &stage) }
    if let entry, let reply { compareCalls(reply.calls, with: entry, into: &stage) }

    // Neither computed nor recorded: the notebook itself could not make the call.
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
    let result = compare(reply, with: entry, cell: stage.cell)
    stage.outcome = result.outcome
    stage.detail = result.detail
    stage.largestDifference = result.largestDifference
    stage.tolerance = result.tolerance
    return stage
  }

  /// Notes the components of the key that are not those of the record.
  private mutating func compareKeys(
    of outcome: StageOutcome, with entry: LockFile.Entry, into stage: inout Verdict.Stage
  ) {
    let record = recorded.record(of: entry)
    stage.recordedSeconds = record?.cost.seconds
    if let record { noteChanges(since: record.environment) }
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

  /// Notes the stages that it called and that have other outputs than the recorded ones.
  private func compareCalls(_ calls: [DynamicInput], with entry: LockFile.Entry, into stage: inout Verdict.Stage) {
    // A lock of an older Colophon lists no calls.
    guard entry.calls != nil else { return }
    for call in calls {
      guard let position = recorded.position(of: call.key),
        recorded.lock.stages[position].output.digest != call.output.digest
      else { continue }
      stage.inputsDiffer = true
      stage.keyChanges.append("\(call.stage), which it called, changed")
    }
  }

  private mutating func noteChanges(since environment: [String: String]) {
    let now = RunEnvironment.current
    for name in Set(environment.keys).union(now.keys).sorted() where environment[name] != now[name] {
      let change = Verdict.EnvironmentChange(name: name, recorded: environment[name], now: now[name])
      if !environmentChanges.contains(change) { environmentChanges.append(change) }
    }
  }

  private func line(of place: CellPlace) -> Int? { lines.locate(.cell(place.cell), line: place.line)?.line }

  // MARK: Contents

  /// The result of comparing one computed output with the recorded one.
  private struct Result {
    var outcome: Verdict.Outcome
    /// The first difference, or the reason that there is no output.
    var detail: String?
    /// For an equivalent output, the largest difference of a number.
    var largestDifference: Double?
    /// For an equivalent output, the largest difference that is allowed.
    var tolerance: Double?
  }

  private func compare(_ reply: StageReply, with entry: LockFile.Entry, cell: String) -> Result {
    guard let fresh = reply.content else {
      return Result(outcome: .failed, detail: reply.failure ?? "it has no output")
    }
    let output = entry.output
    if fresh.digest == output.digest { return Result(outcome: .identical) }
    guard let before = recorded.content(of: entry) else {
      let sizes = """
        \(fresh.byteCount) bytes \(fresh.digest.short) instead of \
        \(output.byteCount) bytes \(output.digest.short)
        """
      return Result(
        outcome: .diverged,
        detail: "\(sizes); the recorded bytes are not in the store and cannot be compared: `colophon pull` gets them")
    }

    // A tolerance is an option of the cell that the output is made in.
    let tolerance = document.cells.first { $0.lockName == cell }?.options.tolerance
    do {
      switch try Comparison.equivalence(recorded: before, fresh: fresh, format: output.format, tolerance: tolerance) {
      case .identical: return Result(outcome: .identical)
      case .equivalent(let largest, let allowed):
        return Result(outcome: .equivalent, largestDifference: largest, tolerance: allowed)
      case .diverged(let first): return Result(outcome: .diverged, detail: first)
      }
    } catch {
      return Result(outcome: .diverged, detail: "the bytes differ and cannot be compared: \(error)")
    }
  }
}

extension Verdict.Finding {
  /// The same finding at a line of the notebook.
  fileprivate func located(at line: Int?) -> Verdict.Finding {
    var finding = self
    finding.line = line
    return finding
  }
}
