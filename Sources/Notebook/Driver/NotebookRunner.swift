internal import ArtifactStore
package import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Report

/// Takes a notebook from its Markdown to its report.
package struct NotebookRunner {
  /// What a run leaves.
  package struct Result: Sendable {
    package var record: RunRecord
    /// What is wrong with the notebook, at its lines.
    package var diagnostics: [Diagnostic]
    /// The path of `report.html`.
    package var report: String
    package var succeeded: Bool
  }

  package let notebook: String
  package let project: Project
  let threads: Int
  let jobs: Int
  private let settings: [String]
  private let output: String?

  /// - Parameters:
  ///   - notebook: the path of a Markdown file.
  ///   - threads: how many threads a stage may use.
  ///   - jobs: how many stages may run at the same time.
  ///   - settings: values for the notebook's parameters and its seed, each `name=value`.
  ///   - output: the folder below `Artifacts`, and the branch, that the results go to; the notebook's own unless given, or one named
  ///     after the values when they differ from the notebook's.
  package init(notebook: String, threads: Int, jobs: Int, settings: [String] = [], output: String? = nil) {
    self.notebook = notebook
    project = Project(containing: notebook)
    self.threads = threads
    self.jobs = jobs
    self.settings = settings
    self.output = output
  }

  /// Runs what is not in the store, stores it, and writes the report.
  ///
  /// When something fails the report still comes out, and the lock file and the versions stay as they were.
  /// - Throws: ``DriverError``, ``Interrupted``, ``InvalidNotebook`` when the Markdown itself is at fault, `SettingError` when
  ///   the notebook cannot take a setting.
  package func run(view: inout some RunView) throws -> Result {
    let lock = try RunLock(project: project) { holder in
      view.message("waiting for another run in this project\(holder.map { " (process \($0))" } ?? "") to end")
    }
    defer { _ = lock }
    let started = Date()
    let variant = try parse()
    let document = variant.document
    if !variant.values.changed.isEmpty {
      view.message(
        "with \(variant.settings): report and versions go to Artifacts/\(variant.name) and the branch of that name")
    }
    let compiled = try compile(document, view: &view)
    let lines = LineMap(document)
    let result = try supervise(compiled, variant, .run, lines: lines, view: &view) {
      (try? Toolchain()).flatMap { toolchain in
        NotebookCompiler(project: project, toolchain: toolchain).checkedProgram(of: document, without: compiled)
      }
    }
    view.end()
    let store = try ArtifactStore(artifacts: project.artifacts, project: project.root)
    let assembler = RunRecordBuilder(
      document: document, lines: lines, store: store, result: result, uncompiled: compiled.uncompiled,
      leftOut: compiled.leftOut)
    let (record, lockFile) = try assembler.assemble(
      notebook: relativePath, parameters: variant.lockedValues, started: started.timeIntervalSince1970,
      seconds: Date().timeIntervalSince(started))
    let diagnostics =
      compiled.diagnostics
      + record.cells.compactMap { outcome in
        if case .failed(let diagnostic) = outcome.state, compiled.uncompiled[outcome.id] == nil {
          diagnostic
        } else {
          nil
        }
      } + inlineFailures(record, document)
    let succeeded = !diagnostics.contains { $0.severity == .error }
    let writer = ResultWriter(project: project, notebook: notebook, variant: variant, store: store)
    let commit = succeeded ? try writer.write(lockFile, record: record) : nil
    let report = try writer.write(record, commit: commit)
    return Result(record: record, diagnostics: diagnostics, report: report, succeeded: succeeded)
  }

  /// Reads the notebook and the settings for it.
  func parse() throws -> NotebookVariant {
    guard let data = FileManager.default.contents(atPath: notebook) else {
      throw DriverError("cannot read \(notebook): check that it is a file and that you may read it")
    }
    let (document, diagnostics) = NotebookDocument.parse(text: Array(data), file: notebook)
    if diagnostics.contains(where: { $0.severity == .error }) { throw InvalidNotebook(diagnostics: diagnostics) }
    var values = ParameterValues(document.frontMatter)
    try values.set(settings, of: notebook)
    if let output, let lock = try LockFile(path: project.lock(named: output)), lock.notebook != relativePath {
      throw DriverError(
        "\(project.reports(named: output)) holds the results of \(lock.notebook): choose another --output")
    }
    return NotebookVariant(document, notebook: notebook, values: values, output: output)
  }

  func compile(_ document: NotebookDocument, view: inout some RunView) throws -> CompiledNotebook {
    try NotebookCompiler(project: project, toolchain: Toolchain()).compile(document)
  }

  func supervise(
    _ compiled: CompiledNotebook, _ variant: NotebookVariant, _ mode: RunConfiguration.Mode, lines: LineMap,
    enclosure: Supervisor.Enclosure? = nil, view: inout some RunView, checkedProgram: @escaping () -> String? = { nil }
  ) throws -> Supervisor.Result {
    guard let program = compiled.program else {
      return Supervisor.Result(collector: RunCollector(), printed: [:], errorOutput: "")
    }
    let scratch = project.scratch + "/\(ProcessInfo.processInfo.processIdentifier)"
    var supervisor = Supervisor(
      project: project, program: program,
      configuration: RunConfiguration(
        mode: mode, project: project.root, store: project.store, index: project.index, scratch: scratch,
        marker: scratch + "/marker", lock: project.lock(named: variant.basis(in: project, notebook: notebook)),
        channel: 0,
        life: 0, threads: threads, concurrency: jobs, parameters: variant.values.texts),
      rewrite: { lines.rewrite(text: $0) }, checkedProgram: checkedProgram, enclosure: enclosure)
    return try supervisor.run(view: &view)
  }

  /// The notebook's path from the project's folder.
  var relativePath: String {
    let path = URL(fileURLWithPath: notebook).standardizedFileURL.path
    return path.hasPrefix(project.root + "/") ? String(path.dropFirst(project.root.count + 1)) : path
  }

  private func inlineFailures(_ record: RunRecord, _ document: NotebookDocument) -> [Diagnostic] {
    let failedCells = record.cells.contains { if case .failed = $0.state { true } else { false } }
    return zip(document.inlines, record.inlines).compactMap { inline, outcome in
      guard let failure = outcome.failure, !failedCells else { return nil }
      return Diagnostic(.error, failure, file: document.file, line: inline.line, column: inline.column)
    }
  }
}

/// A notebook that cannot be run as it is written.
package struct InvalidNotebook: Error, CustomStringConvertible, Sendable {
  package let diagnostics: [Diagnostic]
  package var description: String {
    (["the notebook is not run:"] + diagnostics.map(\.description)).joined(separator: "\n")
  }
}
