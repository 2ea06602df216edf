internal import ArgumentParser
internal import Foundation
internal import Provenance
internal import Supervision

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run a notebook and write its report.",
    discussion: """
      Stages whose key is in the store are not run. The report, its figures and lock.json go to Artifacts/NAME; the outputs are \
      versioned on the branch NAME of Artifacts/store.git. Prints the path of the report.
      """)

  @OptionGroup var options: NotebookOptions
  @Flag(name: .long, help: "Print the record of the run as JSON instead of the report's path.")
  var json = false

  func run() throws {
    Interruption.listen()
    let runner = try options.runner()
    let result: NotebookRunner.Result
    if Terminal.isLive {
      var view = LiveView(columns: { Terminal.columns }, write: { FileHandle.standardError.write(Data($0.utf8)) })
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
