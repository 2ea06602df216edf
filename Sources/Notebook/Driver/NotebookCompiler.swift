internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Processes

/// A notebook's program, ready to run.
struct CompiledNotebook {
  /// The executable; `nil` when no cell is left that compiles.
  var program: String?
  var manifest: ProgramManifest
  /// Cells that do not compile, each with the first thing the compiler said of it.
  var uncompiled: [Int: Diagnostic]
  /// Cells left out because they depend on one of those.
  var leftOut: [Int: Int]
  /// Everything the compiler said, in the notebook's order.
  var diagnostics: [Diagnostic]
}

/// Compiles notebooks; an unchanged program is never compiled twice.
struct NotebookCompiler {
  let project: Project
  let toolchain: Toolchain

  /// - Throws: ``DriverError`` when the compiler itself fails.
  func compile(_ document: NotebookDocument) throws -> CompiledNotebook {
    let folder = project.programs + "/" + key(document.codeFingerprint)
    if let manifest = cachedManifest(folder) {
      return CompiledNotebook(
        program: folder + "/program", manifest: manifest, uncompiled: [:], leftOut: [:], diagnostics: [])
    }
    let whole = NotebookProgram(document)
    var diagnostics = whole.diagnostics
    var faulty = whole.faultyCells
    var faultyInlines = whole.faultyInlines
    while true {
      let pruned =
        faulty.isEmpty && faultyInlines.isEmpty ? nil : whole.pruned(removing: faulty, inlines: faultyInlines)
      let program = pruned?.program ?? whole
      let attempt = try executable(of: program)
      guard attempt.path == nil, !attempt.report.cells.isEmpty || !attempt.report.inlines.isEmpty else {
        guard attempt.path != nil || program.manifest.cells.isEmpty else { throw internalFailure(attempt.report) }
        diagnostics += attempt.report.diagnostics
        if pruned == nil, let path = attempt.path {
          try remember(program.manifest, path: path, in: folder)
        }
        return CompiledNotebook(
          program: attempt.path, manifest: whole.manifest,
          uncompiled: Self.first(diagnostics, in: faulty, of: document),
          leftOut: pruned?.skipped ?? [:],
          diagnostics: diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
      }
      diagnostics += attempt.report.diagnostics
      faulty.formUnion(attempt.report.cells)
      faultyInlines.formUnion(attempt.report.inlines)
    }
  }

  /// The same cells compiled so that a trap says what went wrong and where; `nil` when that does not work.
  func checkedProgram(of document: NotebookDocument, without compiled: CompiledNotebook) -> String? {
    let whole = NotebookProgram(document)
    let faulty = Set(compiled.uncompiled.keys)
    let program = faulty.isEmpty ? whole : whole.pruned(removing: faulty, inlines: whole.faultyInlines).program
    return try? executable(of: program, checked: true).path
  }

  /// For each faulty cell the first error that stands in it.
  private static func first(_ diagnostics: [Diagnostic], in cells: Set<Int>, of document: NotebookDocument) -> [Int:
    Diagnostic]
  {
    var found: [Int: Diagnostic] = [:]
    for cell in document.cells where cells.contains(cell.id) {
      found[cell.id] =
        diagnostics.first { $0.severity == .error && cell.lines.contains($0.line) }
        ?? Diagnostic(.error, "the cell does not compile", file: document.file, line: cell.lines.lowerBound)
    }
    return found
  }

  private func internalFailure(_ report: CompilerReport) -> DriverError {
    let words = report.diagnostics.prefix(5).map(\.description).joined(separator: "\n")
    return DriverError("the notebook's program cannot be compiled:\n\(words)")
  }

  /// The executable of exactly this program, from the cache or compiled now.
  /// - Parameter checked: whether traps say what went wrong and where, at the price of speed.
  private func executable(
    of program: NotebookProgram, checked: Bool = false
  ) throws -> (path: String?, report: CompilerReport) {
    let folder = project.programs + "/" + key(program.digest) + (checked ? "-checked" : "")
    let path = folder + "/program"
    if FileManager.default.isExecutableFile(atPath: path) { return (path, program.report(on: "")) }
    let working = project.programs + "/compiling-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      try? FileManager.default.removeItem(atPath: working)
      try FileManager.default.createDirectory(atPath: working, withIntermediateDirectories: true)
      try Data(program.source.utf8).write(to: URL(fileURLWithPath: working + "/notebook.swift"))
    } catch {
      throw DriverError("cannot write into \(project.programs): \(error.localizedDescription)")
    }
    defer { try? FileManager.default.removeItem(atPath: working) }
    let (ending, output) = try ChildProcess.run(toolchain.compiler, arguments(working: working, checked: checked))
    let text = String(decoding: output, as: UTF8.self)
    let report = program.report(on: text)
    guard ending == .exited(0) else {
      guard report.diagnostics.contains(where: { $0.severity == .error }) else {
        throw DriverError("swiftc failed without pointing at the notebook:\n\(text.suffix(2000))")
      }
      return (nil, report)
    }
    try? FileManager.default.removeItem(atPath: folder)
    do {
      try FileManager.default.moveItem(atPath: working, toPath: folder)
    } catch {
      throw DriverError("cannot write into \(project.programs): \(error.localizedDescription)")
    }
    return (path, report)
  }

  private func arguments(working: String, checked: Bool) -> [String] {
    [
      "-swift-version", "6", "-enable-upcoming-feature", "NonisolatedNonsendingByDefault",
    ] + (checked ? ["-Onone", "-g"] : ["-O"]) + [
      "-parse-as-library",
      "-module-name", RunEnvironment.notebookModule, "-diagnostic-style", "llvm", "-no-color-diagnostics",
      "-I", toolchain.library + "/Modules",
    ] + toolchain.moduleMaps.flatMap { ["-Xcc", "-fmodule-map-file=" + $0] } + [
      "-L", toolchain.library, "-lColophon", "-Xlinker", "-rpath", "-Xlinker",
      toolchain.library, working + "/notebook.swift", "-o", working + "/program",
    ]
  }

  private func key(_ digest: Digest) -> String {
    Digest(of: digest.hexadecimal + toolchain.identity).hexadecimal
  }

  private func cachedManifest(_ folder: String) -> ProgramManifest? {
    guard FileManager.default.isExecutableFile(atPath: folder + "/program"),
      let data = FileManager.default.contents(atPath: folder + "/manifest.json")
    else { return nil }
    return try? JSONDecoder().decode(ProgramManifest.self, from: data)
  }

  /// Keeps the executable under the notebook's fingerprint, so that an unchanged notebook is not even parsed as Swift.
  private func remember(_ manifest: ProgramManifest, path: String, in folder: String) throws {
    let files = FileManager.default
    do {
      try? files.removeItem(atPath: folder)
      try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try files.linkItem(atPath: path, toPath: folder + "/program")
      try JSONEncoder().encode(manifest).write(to: URL(fileURLWithPath: folder + "/manifest.json"), options: .atomic)
    } catch {
      throw DriverError("cannot write into \(project.programs): \(error.localizedDescription)")
    }
  }
}
