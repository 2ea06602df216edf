internal import ArtifactStore
internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Processes
package import Report

extension NotebookRunner {
  /// Executes a notebook's stages again and compares what comes out with its lock file.
  ///
  /// Everything is computed anew, each stage in a process and sandbox of its own. Where outputs differ, the notebook is gone through once
  /// more with the recorded ones: what still differs then diverges by itself. The project is left as it is.
  /// - Throws: ``DriverError`` when there is no lock file or nothing can be compared, ``Interrupted``, ``InvalidNotebook``,
  ///   ``OperationError`` when there is no sandbox to be had.
  package func verify(_ options: VerificationOptions, view: inout some RunView) throws -> Verdict {
    let started = Date()
    let variant = try parse()
    let path = project.lock(named: variant.name)
    guard let lock = try LockFile(path: path) else {
      throw DriverError(
        "there is no \(path) to verify against: run the notebook first, or get its lock file from the author")
    }
    try check(options, against: lock)
    let toolchain = try Toolchain()
    let sandbox = options.isSandboxed ? try Sandbox(library: toolchain.library) : nil
    let compiled = try compile(variant.document, view: &view)
    guard let program = compiled.program else {
      throw InvalidNotebook(diagnostics: compiled.diagnostics)
    }
    let store = try ArtifactStore(artifacts: project.artifacts, project: project.root)
    let room = try VerificationWorkspace(
      project: project, program: program, toolchain: toolchain, sandbox: sandbox, limits: options.limits,
      threads: threads)
    let recorded = RecordedOutputs(lock: lock, store: store)
    let digests = InputDigests(store: store, project: project.root)
    let lines = LineMap(variant.document)
    let chosen = Self.chosen(options, lock)
    let first = StageServer(room: room, digests: digests, jobs: jobs) { request in
      guard options.isPartial, let entry = recorded.entry(for: request) else { return nil }
      return recorded.content(of: entry).map { .init(content: $0, isChecked: chosen.contains(entry.artifact)) }
    }
    let result = try pass(compiled, variant, lines, room, first, view: &view)
    let assembler = RunRecordBuilder(
      document: variant.document, lines: lines, store: store, result: result, uncompiled: compiled.uncompiled,
      leftOut: compiled.leftOut)
    let (record, fresh) = try assembler.assemble(
      notebook: lock.notebook, parameters: variant.lockedValues, started: started.timeIntervalSince1970, seconds: 0)
    var judge = VerificationJudge(
      document: variant.document, lines: lines, recorded: recorded, chosen: options.isPartial ? chosen : nil)
    judge.take(record, fresh, computedBy: first)
    if !options.isPartial, judge.needsRecordedInputs {
      view.message(
        "some outputs are not the recorded ones: their stages are computed once more, on the recorded inputs")
      recorded.expect(judge.positions)
      let second = StageServer(room: room, digests: digests, jobs: jobs) { request in
        guard let entry = recorded.entry(for: request) else { return nil }
        return recorded.content(of: entry).map { .init(content: $0, isChecked: true) }
      }
      second.inherit(from: first)
      _ = try pass(compiled, variant, lines, room, second, view: &view)
      judge.takeRecordedInputs(second)
    }
    view.end()
    return try verdict(judge, record, result, variant, options, started: started, compiled: compiled)
  }

  private func pass(
    _ compiled: CompiledNotebook, _ variant: NotebookVariant, _ lines: LineMap, _ room: VerificationWorkspace,
    _ broker: StageServer,
    view: inout some RunView
  ) throws -> Supervisor.Result {
    var brokering = BrokeringView(base: view, broker: broker)
    defer { view = brokering.base }
    do {
      return try supervise(
        compiled, variant, .verify, lines: lines, enclosure: .init(room: room, broker: broker), view: &brokering)
    } catch var error as Interrupted {
      error.keepsStages = false
      throw error
    }
  }

  private func verdict(
    _ judge: VerificationJudge, _ record: RunRecord, _ result: Supervisor.Result, _ variant: NotebookVariant,
    _ options: VerificationOptions, started: Date, compiled: CompiledNotebook
  ) throws -> Verdict {
    var findings = judge.findings
    findings += Set(result.accesses).map { access in
      var finding = StageRun.finding(access)
      finding.stage = "a cell"
      return finding
    }.sorted { $0.subject < $1.subject }
    for cell in record.cells {
      guard case .failed(let diagnostic) = cell.state else { continue }
      findings.append(
        .init(kind: .cell, stage: "cell \(cell.id)", subject: "", message: diagnostic.message, line: diagnostic.line))
    }
    if !options.isSandboxed {
      findings.append(
        .init(
          kind: .sandbox, stage: "", subject: "",
          message: "the stages saw the whole machine; what they read was not watched"))
    }
    let report = project.reports(named: variant.name) + "/report.md"
    let prose = ReportedProse(variant.document, inlines: record.inlines)
    var agreeing: Int?
    if let text = FileManager.default.contents(atPath: report) {
      let compared = prose.compare(with: String(decoding: text, as: UTF8.self))
      agreeing = compared.agreeing
      findings += compared.findings
    } else {
      findings.append(
        .init(kind: .reference, stage: "", subject: report, message: "the prose cannot be compared, there is no report")
      )
    }
    return Verdict(
      notebook: relativePath, name: variant.name, started: started.timeIntervalSince1970,
      seconds: Date().timeIntervalSince(started), isSandboxed: options.isSandboxed, executed: judge.executed,
      isSample: options.isPartial, stages: judge.stages, findings: findings, agreeingProse: agreeing,
      environment: RunEnvironment.current, environmentChanges: judge.environmentChanges)
  }

  private func check(_ options: VerificationOptions, against lock: LockFile) throws {
    for name in options.stages where !lock.stages.contains(where: { $0.artifact == name || $0.stage == name }) {
      let known = Set(lock.stages.map(\.artifact)).sorted().prefix(20).joined(separator: ", ")
      throw DriverError("the lock file has no stage \(name); it has \(known)")
    }
    if lock.stages.isEmpty { throw DriverError("the lock file has no stages: there is nothing to verify") }
  }

  /// The outputs that are executed again.
  static func chosen(_ options: VerificationOptions, _ lock: LockFile) -> Set<String> {
    var artifacts = lock.stages.filter { entry in
      options.stages.isEmpty || options.stages.contains(entry.artifact) || options.stages.contains(entry.stage)
    }.map(\.artifact)
    if let sample = options.sample {
      var generator = SeededGenerator(seed: options.seed)
      artifacts.shuffle(using: &generator)
      artifacts = Array(artifacts.prefix(sample))
    }
    return Set(artifacts)
  }
}

/// SplitMix64: the same sample for the same seed on every machine. Source: Steele, Lea and Flood, “Fast Splittable Pseudorandom Number
/// Generators”, OOPSLA 2014.
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
