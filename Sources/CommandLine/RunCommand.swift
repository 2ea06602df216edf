internal import ArgumentParser
internal import Core
internal import Driver
internal import Foundation

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a notebook and write its report.",
    discussion: """
      Stages whose key is in the store are not run. The report, its figures and lock.json go to Artifacts/NAME; the \
      outputs are versioned on the branch NAME of Artifacts/store.git. Prints the path of the report, which is also \
      written when a cell fails; the lock and the versions then stay unchanged.

      A notebook's parameters are lines below “parameters:” in its front matter. `colophon run Notebooks/curation.md \
      --set sample=150` runs it with another value, compiles nothing, and does not change the notebook's own report: \
      the results go to Artifacts/curation-with-sample-150, or to the name that --output gives.
      """)

  @OptionGroup var options: NotebookOptions
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Memory that the stages may take together, such as 8G or 500M; what is free less a reserve unless given.",
      valueName: "size"))
  var memory: String?
  @Flag(name: .long, help: "Print the record of the run as JSON instead of the report's path.")
  var json = false

  func validate() throws {
    if let memory, LimitText.bytes(memory) == nil {
      throw ValidationError("--memory takes a size such as 8G, 500M or 1000000")
    }
  }

  func run() throws {
    Interruption.listen()
    let runner = try options.runner(memoryBytes: memory.flatMap(LimitText.bytes))
    let result: NotebookRunner.Result
    if Terminal.isLive {
      var view = LiveView(columns: { Terminal.columns }, write: { Terminal.draw($0) })
      result = try runner.run(view: &view)
    } else {
      var view = PlainView { Terminal.error($0) }
      result = try runner.run(view: &view)
    }
    for diagnostic in result.diagnostics { Terminal.error("\(diagnostic)") }
    if json { try Terminal.print(json: result.record) } else { Terminal.print(result.report) }
    if !result.succeeded { throw ExitCode(1) }
  }
}
