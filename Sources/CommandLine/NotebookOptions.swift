internal import ArgumentParser
internal import Core
internal import Driver
internal import Foundation

/// The notebook of a command, and its use of the machine.
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
      """
      The folder inside Artifacts and the branch for the results; the notebook's name unless given, with the changed \
      values after it.
      """,
      valueName: "name"))
  var output: String?

  func validate() throws {
    if let output, let fault = Self.fault(inName: output) { throw ValidationError("--output takes \(fault)") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1") }
  }

  /// The rule that a name of results breaks; `nil` for a name that keeps it.
  static func fault(inName name: String) -> String? {
    let isName = !name.isEmpty && name.utf8.count <= 200 && !name.hasPrefix(".") && name != "store.git"
    return isName && !name.contains(where: { "/~^".contains($0) || $0.isNewline })
      ? nil : "the name of a folder below Artifacts, without “/”, “~”, “^” or “.” before it"
  }

  /// A runner of the notebook.
  /// - Parameter memoryBytes: the memory that its stages may take together; when `nil`, what is free less a reserve.
  func runner(memoryBytes: Int64? = nil) throws -> NotebookRunner {
    guard FileManager.default.fileExists(atPath: notebook) else {
      throw OperationError(
        operation: "read the notebook", subject: notebook, reason: "it does not exist",
        advice: "`colophon new \(notebook)` makes one")
    }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return NotebookRunner(
      notebook: notebook, threads: threads ?? cores, jobs: jobs ?? cores, settings: settings, output: output,
      memoryBytes: memoryBytes)
  }
}
