internal import ArgumentParser
internal import Foundation
internal import Supervision

/// The notebook that a command is about, and how it may use the machine.
struct NotebookOptions: ParsableArguments {
  @Argument(help: "The notebook, a Markdown file.", completion: .file(extensions: ["md"]))
  var notebook: String

  @Option(name: .long, help: "Threads that one stage may use; the machine's cores unless given.")
  var threads: Int?

  @Option(name: .long, help: "Stages that may run at the same time; the machine's cores unless given.")
  var jobs: Int?

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1") }
  }

  func runner() throws -> NotebookRunner {
    guard FileManager.default.fileExists(atPath: notebook) else {
      throw SupervisionError("there is no notebook \(notebook); `colophon new \(notebook)` makes one")
    }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return NotebookRunner(notebook: notebook, threads: threads ?? cores, jobs: jobs ?? cores)
  }
}
