internal import ArtifactStore
package import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Processes
internal import Report

/// Takes a notebook from its Markdown to its report.
package struct NotebookRunner {
  /// The outcome of a run.
  package struct Result: Sendable {
    /// The cells, values and stages of the run.
    package var record: RunRecord
    /// The faults of the notebook, at its lines.
    package var diagnostics: [Diagnostic]
    /// The path of `report.html`.
    package var report: String
    /// True when there is no error: the lock file and the versions are those of this run.
    package var succeeded: Bool
  }

  /// The notebook's path, as the user named it.
  package let notebook: String
  /// The project that the notebook belongs to.
  package let project: Project
  let threads: Int
  let jobs: Int
  private let settings: [String]
  private let output: String?
  private let memoryBytes: Int64?

  /// A runner of one notebook.
  /// - Parameters:
  ///   - notebook: the path of a Markdown file.
  ///   - threads: the number of threads that a stage may use.
  ///   - jobs: the number of stages that may run at the same time.
  ///   - settings: values for the notebook's parameters and its seed, each `name=value`.
  ///   - output: the folder in `Artifacts`, and the branch, that the results go to. Unless given, the notebook's own;
  ///     for values that differ from the notebook's, one that is named after them.
  ///   - memoryBytes: the memory that its stages may take together; when `nil`, what is free less a reserve.
  package init(
    notebook: String, threads: Int, jobs: Int, settings: [String] = [], output: String? = nil,
    memoryBytes: Int64? = nil
  ) {
    self.memoryBytes = memoryBytes
    self.notebook = notebook
    project = Project(containing: notebook)
    self.threads = threads
    self.jobs = jobs
    self.settings = settings
    self.output = output
  }

  /// Runs what is not in the store, stores it, and writes the report.
  ///
  /// When a cell or stage fails the report is written all the same; the lock file and the versions stay unchanged.
  /// - Parameter view: takes messages and events.
  /// - Throws: ``OperationError``, ``Interrupted``, ``InvalidNotebook`` when the Markdown has errors, `SettingError`
  ///   when the notebook cannot take a setting.
  package func run(view: inout some RunView) throws -> Result {
    let lock = try RunLock(project: project) { holder in
      view.message("waiting for another run in this project\(holder.map { " (process \($0))" } ?? "") to end")
    }
    defer { _ = lock }

    let started = Date()
    let clock = SuspendingClock.now
    let variant = try parse()
    let document = variant.document
    if let note = variant.note { view.message(note) }
    try readLock(of: variant, isRun: true, view: &view)
    if !variant.values.changed.isEmpty {
      view.message(
        "with \(variant.settings): report and versions go to Artifacts/\(variant.name) and the branch of that name")
    }

    let compiled = try compile(document)
    let lines = LineMap(document)
    let result = try supervise(compiled, variant, mode: .run, lines: lines, view: &view) {
      (try? Toolchain()).flatMap { toolchain in
        NotebookCompiler(project: project, toolchain: toolchain).checkedProgram(of: document, without: compiled)
      }
    }
    view.end()

    let store = try ArtifactStore(project: project)
    let builder = RunRecordBuilder(
      document: document, lines: lines, store: store, result: result, uncompiled: compiled.uncompiled,
      leftOut: compiled.leftOut)
    var (record, lockFile) = try builder.assemble(
      notebook: relativePath, parameters: variant.lockedValues, started: started.timeIntervalSince1970,
      seconds: (SuspendingClock.now - clock) / .seconds(1))
    record.note = result.left
    let diagnostics =
      variant.warnings + ProgramEnvironment.warnings(about: compiled.manifest.variables, in: document, at: lines)
      + compiled.diagnostics + cellFailures(record, besides: compiled.uncompiled)
      + inlineFailures(record, document)
      + result.collector.losses.map { Diagnostic(.error, $0, file: document.file, line: 1) }
    let succeeded = !diagnostics.contains { $0.severity == .error }

    // A lock with half of the stages would be a reference that no run can meet.
    let writer = ResultWriter(project: project, notebook: notebook, variant: variant, store: store)
    let written = succeeded ? try writer.write(lockFile, record: record) : nil
    for note in written?.notes ?? [] { view.message(note) }
    let report = try writer.write(record, commit: written?.commit)
    return Result(record: record, diagnostics: diagnostics, report: report, succeeded: succeeded)
  }

  /// Reads the notebook and the settings for it.
  /// - Throws: ``OperationError``, ``InvalidNotebook``, `SettingError`.
  func parse() throws -> NotebookVariant {
    guard let data = FileManager.default.contents(atPath: notebook) else {
      throw OperationError(
        operation: "read the notebook", subject: notebook, cause: "check that it is a file and that you may read it")
    }
    let (document, diagnostics) = NotebookDocument.parse(text: Array(data), file: notebook)
    if diagnostics.contains(where: { $0.severity == .error }) { throw InvalidNotebook(diagnostics: diagnostics) }
    var values = ParameterValues(document.frontMatter)
    try values.set(settings, of: notebook)
    var variant = try NotebookVariant(document, notebook: name, values: values, output: output)
    variant.warnings = diagnostics
    return variant
  }

  /// Reads the lock with which a run is compared, and says what is wrong with it.
  ///
  /// The stages of a lock in conflict are those of both sides. Only a verification needs a whole lock.
  /// - Parameters:
  ///   - variant: the values and the name of the run.
  ///   - isRun: true when a whole lock is written at the end.
  ///   - view: takes the message.
  /// - Throws: ``OperationError`` for a lock of a newer Colophon.
  @discardableResult
  func readLock(of variant: NotebookVariant, isRun: Bool = false, view: inout some RunView) throws -> FoundLock {
    let path = project.lock(named: variant.basis(in: project))
    let lock = FoundLock(path: path)
    switch lock {
    case .missing, .whole: break
    case .newer(let error): throw error
    case .conflict(let conflict, _) where isRun:
      view.message("\(path): \(conflict.summary); this run settles it if it succeeds")
    case .unreadable where isRun: view.message("\(path) is not a lock file; this run writes it again if it succeeds")
    case .conflict(_, let error), .unreadable(let error): view.message("\(error)")
    }
    return lock
  }

  /// Compiles the notebook, or finds the program of an earlier run.
  func compile(_ document: NotebookDocument) throws -> CompiledNotebook {
    try NotebookCompiler(project: project, toolchain: Toolchain()).compile(document)
  }

  /// Runs the notebook's program to its end.
  /// - Parameters:
  ///   - compiled: the program; one without a cell that compiles gives an empty result.
  ///   - variant: the values of the run.
  ///   - mode: to run, to plan or to verify.
  ///   - lines: the places of cells in the notebook, for messages.
  ///   - isolation: the workspace and the server of a program that is verified.
  ///   - view: takes messages and events.
  ///   - checkedProgram: compiles the program so that a trap prints its reason.
  func supervise(
    _ compiled: CompiledNotebook, _ variant: NotebookVariant, mode: RunConfiguration.Mode, lines: LineMap,
    isolation: Supervisor.Isolation? = nil, view: inout some RunView, checkedProgram: @escaping () -> String? = { nil }
  ) throws -> Supervisor.Result {
    guard let program = compiled.program else {
      return Supervisor.Result(collector: RunCollector(), printed: [:], errorOutput: "")
    }
    let scratch = project.scratch + "/\(ProcessInfo.processInfo.processIdentifier)"
    var supervisor = Supervisor(
      project: project, program: program,
      configuration: RunConfiguration(
        mode: mode, project: project, scratch: scratch,
        lock: project.lock(named: variant.basis(in: project)),
        channel: 0,
        parentPipe: 0, threads: threads, concurrency: jobs, parameters: variant.values.texts),
      environment: ProgramEnvironment(variant.document), rewrite: { lines.rewrite(text: $0) },
      checkedProgram: checkedProgram,
      memoryBytes: isolation?.workspace.limits.memoryBytes ?? memoryBytes, isolation: isolation)
    return try supervisor.run(view: &view)
  }

  /// The notebook's names.
  var name: NotebookName { NotebookName(notebook, in: project) }
  /// The notebook's path from the project's folder.
  var relativePath: String { name.path }

  /// The errors of cells that failed while they ran.
  private func cellFailures(_ record: RunRecord, besides uncompiled: [Int: Diagnostic]) -> [Diagnostic] {
    record.cells.compactMap { outcome in
      guard case .failed(let diagnostic) = outcome.state, uncompiled[outcome.id] == nil else { return nil }
      return diagnostic
    }
  }

  /// The errors of inline expressions; none after a failed cell, which may be their cause.
  private func inlineFailures(_ record: RunRecord, _ document: NotebookDocument) -> [Diagnostic] {
    let failedCells = record.cells.contains { if case .failed = $0.state { true } else { false } }
    return zip(document.inlines, record.inlines).compactMap { inline, outcome in
      guard let failure = outcome.failure, !failedCells else { return nil }
      return Diagnostic(.error, failure, file: document.file, line: inline.line, column: inline.column)
    }
  }
}

/// A notebook with errors that keep every cell from running.
package struct InvalidNotebook: Error, CustomStringConvertible, Sendable {
  /// All faults, at the notebook's lines.
  package let diagnostics: [Diagnostic]
  /// The faults, one on each line.
  package var description: String {
    (["the notebook is not run:"] + diagnostics.map(\.description)).joined(separator: "\n")
  }
}
