internal import ArgumentParser
internal import Attestation
internal import Core
internal import Driver
internal import Foundation
internal import Processes
internal import Report

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Execute a notebook's stages again and compare the outputs with its lock file.",
    discussion: """
      Nothing is taken from the store: every stage is computed again, in a process and a sandbox of its own without \
      network, which sees a read-only system, a private /tmp and what the stage declares. Each output is identical \
      to the recorded one, equivalent (numbers within the tolerance of its type, or of the cell's “//| tolerance: \
      1e-4”), or diverged. Where outputs differ, the stages after them are computed on the recorded inputs too, \
      which separates a stage that diverges by itself from one with inputs that did. A read that is not declared, a \
      network call, and a number in the report's prose that is not the result's are findings.

      `colophon verify Notebooks/curation.md`; `--stage TrainCLIP` or `--sample 5` execute a part and take the rest \
      as recorded. The project's files stay unchanged. Exit status 0 only if nothing diverged and there is no \
      finding but looks for absent files.
      """)

  @OptionGroup var options: NotebookOptions
  @Option(name: .customLong("stage"), help: "Execute only this stage or output again; repeat it for several.")
  var stages: [String] = []
  @Option(name: .long, help: "Execute that many random stages again.") var sample: Int?
  @Option(name: .long, help: "The seed that chooses the sample.") var seed: UInt64 = 0
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Memory that one stage may take, such as 8G or 500M; what is free less a reserve unless given.",
      valueName: "size"))
  var memory: String?
  @Option(
    name: .customLong("time"),
    help: ArgumentHelp("Time that one stage may take, such as 90s, 30m or 2h.", valueName: "time"))
  var time: String?
  @Flag(name: .customLong("no-sandbox"), help: "Skip the sandbox; the verdict says so.") var noSandbox = false
  @Option(name: .long, help: ArgumentHelp("Write the verdict as a page too.", valueName: "file")) var html: String?
  @Flag(name: .long, help: "Sign a statement of the verdict with your SSH key and keep it beside the report.")
  var attest = false
  @Option(
    name: .long, help: ArgumentHelp("The SSH key to sign with; git's user.signingkey unless given.", valueName: "file"))
  var key: String?
  @Flag(name: .long, help: "Print the verdict as JSON.") var json = false

  func validate() throws {
    if let sample, sample < 1 { throw ValidationError("--sample must be at least 1") }
    if let memory, LimitText.bytes(memory) == nil {
      throw ValidationError("--memory takes a size such as 8G, 500M or 1000000")
    }
    if let time, LimitText.seconds(time) == nil { throw ValidationError("--time takes a time such as 90s, 30m or 2h") }
    if key != nil, !attest { throw ValidationError("--key goes with --attest") }
    if attest, !stages.isEmpty || sample != nil {
      throw ValidationError("--attest states the whole notebook: leave out --stage and --sample")
    }
  }

  func run() throws {
    Interruption.listen()
    let runner = try options.runner()
    let wanted = VerificationOptions(
      stages: stages, sample: sample, seed: seed, isSandboxed: !noSandbox,
      limits: ProcessLimits(seconds: time.flatMap(LimitText.seconds), memoryBytes: memory.flatMap(LimitText.bytes)))

    let verdict: Verdict
    if Terminal.isLive {
      var view = LiveView(columns: { Terminal.columns }, write: { Terminal.draw($0) })
      verdict = try runner.verify(wanted, view: &view)
    } else {
      var view = PlainView { Terminal.error($0) }
      verdict = try runner.verify(wanted, view: &view)
    }

    if let html {
      do {
        try Data(VerdictPage(verdict).html.utf8).write(to: URL(fileURLWithPath: html), options: .atomic)
      } catch {
        throw OperationError(operation: "write the page", subject: html, cause: error.localizedDescription)
      }
    }
    if json { try Terminal.print(json: verdict) } else { Terminal.tell(verdict.text) }
    if attest { Terminal.error("signed statement: \(try runner.attest(verdict, key: key))") }
    if !verdict.isGood { throw ExitCode(1) }
  }
}
