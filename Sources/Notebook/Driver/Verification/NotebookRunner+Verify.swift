internal import ArtifactStore
internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Processes
package import Report

extension NotebookRunner {
  /// Executes a notebook's stages again and compares the outputs with its lock file.
  ///
  /// Everything is computed from scratch, each stage in a process and a sandbox of its own. Where outputs differ, the
  /// notebook runs a second time on the recorded inputs: a stage that still differs diverges by itself. The project
  /// stays unchanged.
  /// - Parameters:
  ///   - options: the stages to execute, and the limits of each.
  ///   - view: takes messages and events of both passes.
  /// - Throws: ``OperationError`` when there is no lock file or nothing can be compared, ``Interrupted``,
  ///   ``InvalidNotebook``, ``OperationError`` when no sandbox can be made.
  package func verify(_ options: VerificationOptions, view: inout some RunView) throws -> Verdict {
    let started = Date()
    let clock = SuspendingClock.now
    let variant = try parse()
    let lock = try lockToVerify(variant, options)

    // The sandbox is looked for before the notebook is compiled: without one there is nothing to wait for.
    let toolchain = try Toolchain()
    let sandbox = options.isSandboxed ? try Sandbox(library: toolchain.library) : nil
    let compiled = try compile(variant.document)
    guard let program = compiled.program else { throw InvalidNotebook(diagnostics: compiled.diagnostics) }

    let store = try ArtifactStore(project: project)
    var limits = options.limits
    if limits.memoryBytes == nil { limits.memoryBytes = FreeMemory()?.limit }
    let workspace = try VerificationWorkspace(
      project: project, program: program, toolchain: toolchain, sandbox: sandbox, limits: limits,
      threads: threads, environment: ProgramEnvironment(variant.document))
    let recorded = RecordedOutputs(lock: lock, store: store)
    let digests = InputDigests(store: store, project: project.root)
    let verification = Verification(
      variant: variant, compiled: compiled, lines: LineMap(variant.document), options: options, started: started,
      clock: clock)

    // Outputs that are not chosen are taken from the records.
    let chosen = Self.chosen(options, lock)
    let first = StageServer(workspace: workspace, digests: digests, jobs: jobs) { request in
      guard options.isPartial, let entry = recorded.entry(for: request) else { return nil }
      return recorded.content(of: entry).map { .init(content: $0, isChecked: chosen.contains(entry.artifact)) }
    }
    let result = try pass(verification, workspace, server: first, view: &view)
    let builder = RunRecordBuilder(
      document: variant.document, lines: verification.lines, store: store, result: result,
      uncompiled: compiled.uncompiled, leftOut: compiled.leftOut, others: first.nested)
    let (record, _) = try builder.assemble(
      notebook: lock.notebook, parameters: variant.lockedValues, started: started.timeIntervalSince1970, seconds: 0)
    var judge = VerificationJudge(
      document: variant.document, lines: verification.lines, recorded: recorded,
      chosen: options.isPartial ? chosen : nil)
    judge.take(record, computedBy: first)

    if !options.isPartial, judge.needsRecordedInputs {
      view.message("some outputs are not the recorded ones: their stages are computed again, on the recorded inputs")
      recorded.expect(judge.positions)
      let second = StageServer(workspace: workspace, digests: digests, jobs: jobs) { request in
        guard let entry = recorded.entry(for: request) else { return nil }
        return recorded.content(of: entry).map { .init(content: $0, isChecked: true) }
      }
      second.inherit(from: first)
      _ = try pass(verification, workspace, server: second, view: &view)
      judge.takeRecordedInputs(second)
    }
    view.end()
    return verdict(verification, judge, record: record, accesses: result.accesses)
  }

  /// The parts of a verification that its passes and its verdict share.
  private struct Verification {
    let variant: NotebookVariant
    let compiled: CompiledNotebook
    let lines: LineMap
    let options: VerificationOptions
    let started: Date
    /// The same time by the clock that measures durations.
    let clock: SuspendingClock.Instant
  }

  /// Goes through the notebook once; the server answers its stage calls.
  private func pass(
    _ verification: Verification, _ workspace: VerificationWorkspace, server: StageServer, view: inout some RunView
  ) throws -> Supervisor.Result {
    var serving = ServingView(base: view, server: server)
    defer { view = serving.base }
    do {
      return try supervise(
        verification.compiled, verification.variant, mode: .verify, lines: verification.lines,
        isolation: .init(workspace: workspace, server: server), view: &serving)
    } catch var error as Interrupted {
      error.keepsStages = false
      throw error
    }
  }

  // MARK: The verdict

  private func verdict(
    _ verification: Verification, _ judge: VerificationJudge, record: RunRecord, accesses: [SandboxAccess]
  ) -> Verdict {
    let variant = verification.variant
    let isSandboxed = verification.options.isSandboxed
    let prose = compareProse(of: variant, inlines: record.inlines)

    var findings = judge.findings
    findings += Self.findings(about: accesses)
    findings += Self.findings(aboutFailed: record.cells)
    if !isSandboxed {
      findings.append(
        .init(
          kind: .sandbox, stage: "", subject: "",
          message: "the stages saw the whole machine; what they read was not watched"))
    }
    findings += prose.findings

    return Verdict(
      notebook: relativePath, name: variant.name, started: verification.started.timeIntervalSince1970,
      seconds: (SuspendingClock.now - verification.clock) / .seconds(1), isSandboxed: isSandboxed,
      executed: judge.executed,
      isSample: verification.options.isPartial, stages: judge.stages, findings: findings,
      agreeingProse: prose.agreeing, environment: RunEnvironment.current,
      environmentChanges: judge.environmentChanges)
  }

  /// The findings about the notebook program itself.
  private static func findings(about accesses: [SandboxAccess]) -> [Verdict.Finding] {
    Set(accesses).map { access in
      var finding = StageRun.finding(access)
      finding.stage = "a cell"
      return finding
    }.sorted { $0.subject < $1.subject }
  }

  private static func findings(aboutFailed cells: [CellOutcome]) -> [Verdict.Finding] {
    cells.compactMap { cell in
      guard case .failed(let diagnostic) = cell.state else { return nil }
      return .init(
        kind: .cell, stage: "cell \(cell.id)", subject: "", message: diagnostic.message, line: diagnostic.line)
    }
  }

  /// Compares the values in the prose with those of the recorded report.
  /// - Returns: the number of blocks that agree, `nil` without a report; and a finding for each that does not.
  private func compareProse(
    of variant: NotebookVariant, inlines: [InlineOutcome]
  ) -> (agreeing: Int?, findings: [Verdict.Finding]) {
    let path = project.markdownReport(named: variant.name)
    func finding(_ reason: String) -> Verdict.Finding {
      .init(
        kind: .reference, stage: "", subject: path, message: "the prose cannot be compared, \(reason)")
    }
    guard let text = FileManager.default.contents(atPath: path) else { return (nil, [finding("there is no report")]) }
    let prose = ReportedProse(variant.document, inlines: inlines)
    let compared = prose.compare(with: String(decoding: text, as: UTF8.self))
    // The marks alone prove nothing: a report may be about conflicts.
    if !compared.findings.isEmpty, LockConflict.isIn(text) {
      return (nil, [finding("git has left a conflict in the report; run the notebook again")])
    }
    return (compared.agreeing, compared.findings)
  }

  // MARK: The lock

  /// The lock file of the notebook.
  /// - Throws: ``OperationError`` when there is none, or when it has nothing that the options name.
  private func lockToVerify(_ variant: NotebookVariant, _ options: VerificationOptions) throws -> LockFile {
    let path = project.lock(named: variant.name)
    guard let lock = try LockFile(path: path) else {
      throw OperationError(
        operation: "verify the notebook", subject: path, reason: "there is no such lock file",
        advice: "run the notebook first, or get its lock file from the author")
    }
    for name in options.stages where !lock.stages.contains(where: { $0.artifact == name || $0.stage == name }) {
      let known = Set(lock.stages.map(\.artifact)).sorted().prefix(20).joined(separator: ", ")
      throw OperationError(
        operation: "verify the notebook", subject: path, cause: "the lock file has no stage \(name); it has \(known)")
    }
    if lock.stages.isEmpty {
      throw OperationError(operation: "verify the notebook", subject: path, cause: "the lock file has no stages")
    }
    return lock
  }

  /// The outputs, and those of all stages that called theirs: what only another stage calls is executed with it.
  private static func withCallers(_ artifacts: Set<String>, _ lock: LockFile) -> Set<String> {
    var chosen = artifacts
    var keys = Set(lock.stages.filter { chosen.contains($0.artifact) }.map(\.key))
    var isComplete = false
    while !isComplete {
      isComplete = true
      for entry in lock.stages where !chosen.contains(entry.artifact) && !keys.isDisjoint(with: entry.calls ?? []) {
        chosen.insert(entry.artifact)
        keys.insert(entry.key)
        isComplete = false
      }
    }
    return chosen
  }

  /// The names of the outputs that are executed again.
  static func chosen(_ options: VerificationOptions, _ lock: LockFile) -> Set<String> {
    var artifacts = lock.stages.filter { entry in
      options.stages.isEmpty || options.stages.contains(entry.artifact) || options.stages.contains(entry.stage)
    }.map(\.artifact)
    if let sample = options.sample {
      var generator = SeededGenerator(seed: options.seed)
      artifacts.shuffle(using: &generator)
      artifacts = Array(artifacts.prefix(sample))
    }
    return withCallers(Set(artifacts), lock)
  }
}

/// SplitMix64: the same sample for the same seed on every machine. Source: Steele, Lea and Flood, “Fast Splittable
/// Pseudorandom Number Generators”, OOPSLA 2014.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
