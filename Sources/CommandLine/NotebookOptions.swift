internal import ArgumentParser
internal import Driver
internal import Foundation

/// The notebook that a command is about, and how it may use the machine.
struct NotebookOptions: ParsableArguments {
  @Argument(help: "The notebook, a Markdown file.", completion: .file(extensions: ["md"]))
  var notebook: String

  @Option(name: .long, help: "Threads that one stage may use; the machine's cores unless given.")
  var threads: Int?

  @Option(name: .long, help: "Stages that may run at the same time; the machine's cores unless given.")
  var jobs: Int?

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "A value for a parameter of the notebook, or for its seed; repeat it for several.", valueName: "name=value"))
  var settings: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The folder below Artifacts and the branch that the results go to; the notebook's name unless given, with the changed values after it.",
      valueName: "name"))
  var output: String?

  func validate() throws {
    if let output {
      let isName = !output.isEmpty && output.utf8.count <= 200 && !output.hasPrefix(".") && output != "store.git"
      guard isName, !output.contains(where: { "/~^".contains($0) || $0.isNewline }) else {
        throw ValidationError(
          "--output takes the name of a folder below Artifacts, without “/”, “~”, “^” or “.” before it")
      }
    }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1") }
  }

  func runner() throws -> NotebookRunner {
    guard FileManager.default.fileExists(atPath: notebook) else {
      throw DriverError("there is no notebook \(notebook); `colophon new \(notebook)` makes one")
    }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return NotebookRunner(
      notebook: notebook, threads: threads ?? cores, jobs: jobs ?? cores, settings: settings, output: output)
  }
}
