internal import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import Processes

/// A notebook's program, ready to run.
struct CompiledNotebook {
  /// The path of the executable; `nil` when no cell compiles.
  var program: String?
  /// The cells and stage calls of the whole notebook.
  var manifest: ProgramManifest
  /// The cells that do not compile, each with its first error.
  var uncompiled: [Int: Diagnostic]
  /// The cells that are left out, each with the cell that it depends on and that is not in the program.
  var leftOut: [Int: Int]
  /// All messages of the compiler, in the notebook's order.
  var diagnostics: [Diagnostic]
}

/// Compiles notebooks; an unchanged program is never compiled twice.
struct NotebookCompiler {
  /// The project whose `.colophon` keeps the programs.
  let project: Project
  /// The compiler.
  let toolchain: Toolchain

  /// Compiles a notebook, without the cells that do not compile and those that depend on them.
  /// - Throws: ``OperationError`` when the compiler itself fails; ``Interrupted``.
  func compile(_ document: NotebookDocument) throws -> CompiledNotebook {
    let folder = project.programs + "/" + key(document.codeFingerprint)
    if let manifest = cachedManifest(folder) {
      return CompiledNotebook(
        program: folder + "/program", manifest: manifest, uncompiled: [:], leftOut: [:], diagnostics: [])
    }

    // An attempt without the faulty cells may show faults that the compiler did not come to before.
    let whole = NotebookProgram(document)
    var diagnostics = whole.diagnostics
    var faulty = whole.faultyCells
    var faultyInlines = whole.faultyInlines
    while true {
      let pruned =
        faulty.isEmpty && faultyInlines.isEmpty ? nil : whole.pruned(removing: faulty, inlines: faultyInlines)
      let program = pruned?.program ?? whole
      let attempt = try executable(of: program)
      diagnostics += attempt.report.diagnostics

      let hasNewFaults = !attempt.report.cells.isEmpty || !attempt.report.inlines.isEmpty
      guard attempt.path == nil, hasNewFaults else {
        guard attempt.path != nil || program.manifest.cells.isEmpty else { throw internalFailure(attempt.report) }
        if pruned == nil, let path = attempt.path {
          try remember(program.manifest, path: path, in: folder)
        }
        return CompiledNotebook(
          program: attempt.path, manifest: whole.manifest,
          uncompiled: Self.first(diagnostics, in: faulty, of: document),
          leftOut: pruned?.skipped ?? [:],
          diagnostics: diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
      }
      faulty.formUnion(attempt.report.cells)
      faultyInlines.formUnion(attempt.report.inlines)
    }
  }

  /// The same cells compiled so that a trap prints its reason and place.
  /// - Returns: the executable; `nil` when it cannot be made.
  func checkedProgram(of document: NotebookDocument, without compiled: CompiledNotebook) -> String? {
    let whole = NotebookProgram(document)
    let faulty = Set(compiled.uncompiled.keys)
    let program = faulty.isEmpty ? whole : whole.pruned(removing: faulty, inlines: whole.faultyInlines).program
    return try? executable(of: program, checked: true).path
  }

  /// The first error in each faulty cell.
  private static func first(
    _ diagnostics: [Diagnostic], in cells: Set<Int>, of document: NotebookDocument
  ) -> [Int: Diagnostic] {
    var found: [Int: Diagnostic] = [:]
    for cell in document.cells where cells.contains(cell.id) {
      found[cell.id] =
        diagnostics.first { $0.severity == .error && cell.lines.contains($0.line) }
        ?? Diagnostic(.error, "the cell does not compile", file: document.file, line: cell.lines.lowerBound)
    }
    return found
  }

  private func internalFailure(_ report: CompilerReport) -> OperationError {
    let words = report.diagnostics.prefix(5).map(\.description).joined(separator: "\n")
    return OperationError(
      operation: "compile the notebook", subject: "its program",
      cause: "there are errors outside of its cells:\n\(words)")
  }

  /// The executable of exactly this program, from the cache or compiled now.
  /// - Parameter checked: true for a program that is slower, and prints the reason and place of a trap.
  /// - Returns: the path, `nil` when the program does not compile; and the compiler's messages.
  private func executable(
    of program: NotebookProgram, checked: Bool = false
  ) throws -> (path: String?, report: CompilerReport) {
    let folder = project.programs + "/" + key(program.digest) + (checked ? "-checked" : "")
    let path = folder + "/program"
    if FileManager.default.isExecutableFile(atPath: path) { return (path, program.report(on: "")) }

    // Compiled in a folder of this process's own, so that no other process finds half a program.
    let working = project.programs + "/compiling-\(ProcessInfo.processInfo.processIdentifier)"
    do {
      try? FileManager.default.removeItem(atPath: working)
      try FileManager.default.createDirectory(atPath: working, withIntermediateDirectories: true)
      try Data(program.source.utf8).write(to: URL(fileURLWithPath: working + "/notebook.swift"))
    } catch {
      throw cannotWrite(error)
    }
    defer { try? FileManager.default.removeItem(atPath: working) }

    let run = try ToolRun(detached: toolchain.compiler, arguments(working: working, checked: checked)) {
      Interruption.requested
    }
    try Interruption.check()
    let text = String(decoding: run.output, as: UTF8.self)
    let report = program.report(on: text)
    guard run.succeeded else {
      guard report.diagnostics.contains(where: { $0.severity == .error }) else {
        throw OperationError(
          operation: "compile the notebook", subject: "swiftc",
          cause: "it failed without a message about the notebook:\n\(text.suffix(2000))")
      }
      return (nil, report)
    }

    try? FileManager.default.removeItem(atPath: folder)
    do {
      try FileManager.default.moveItem(atPath: working, toPath: folder)
    } catch {
      throw cannotWrite(error)
    }
    return (path, report)
  }

  private func arguments(working: String, checked: Bool) -> [String] {
    let language = ["-swift-version", "6", "-enable-upcoming-feature", "NonisolatedNonsendingByDefault"]
    let module = [
      "-parse-as-library", "-module-name", RunEnvironment.notebookModule, "-diagnostic-style", "llvm",
      "-no-color-diagnostics", "-I", toolchain.library + "/Modules",
    ]
    let library = [
      "-L", toolchain.library, "-lColophon", "-Xlinker", "-rpath", "-Xlinker", toolchain.library,
    ]
    return language + (checked ? ["-Onone", "-g"] : ["-O"]) + module
      + toolchain.moduleMaps.flatMap { ["-Xcc", "-fmodule-map-file=" + $0] }
      + library + [working + "/notebook.swift", "-o", working + "/program"]
  }

  private func cannotWrite(_ error: any Error) -> OperationError {
    OperationError(
      operation: "write the compiled notebook", subject: project.programs, cause: error.localizedDescription)
  }

  /// The name of a program's folder: programs of other compilers and other builds of Colophon have other ones.
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
      throw cannotWrite(error)
    }
  }
}
