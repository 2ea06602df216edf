internal import ArgumentParser
internal import Driver
internal import Foundation

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Say which stages would run, and why; run none.",
    discussion: """
      Goes through the notebook with the outputs of its last run. A stage after one that would run is judged by that \
      last output: it runs too if the output comes out differently. With --set it is the plan of such a run, which \
      before the first one is compared with the notebook's own.
      """)

  @OptionGroup var options: NotebookOptions
  @Flag(name: .long, help: "Print the plan as JSON.") var json = false

  func run() throws {
    Interruption.listen()
    var view = PlainView { Terminal.error($0) }
    let plan = try options.runner().plan(view: &view)
    if json {
      try Terminal.print(json: plan)
    } else {
      Terminal.tell(plan.text)
    }
  }
}

struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why", abstract: "Say why a stage would run, or why it ran last.",
    discussion: """
      Compares each component of the stage's key with the one before, old → new, and follows changed inputs to the \
      first cause. `colophon why Notebooks/worldwide.md TrainCLIP`; with --set it says what another value would \
      change.
      """)

  @OptionGroup var options: NotebookOptions
  @Argument(help: "A stage's name, or its output's name as in lock.json.") var stage: String
  @Flag(name: .long, help: "Print the answer as JSON.") var json = false

  func run() throws {
    Interruption.listen()
    var view = PlainView { Terminal.error($0) }
    let answer = try options.runner().why(stage, view: &view)
    if json { try Terminal.print(json: answer) } else { Terminal.tell(answer.text) }
  }
}
