internal import Core
internal import Foundation
internal import Glibc
internal import Notebook
internal import NotebookRuntime
internal import Processes
internal import TextFormatting

/// Runs a notebook program to its end, even when it crashes on the way.
///
/// When the program ends early, by a trap, a signal or the system's memory killer, the stage that was running is marked
/// as failed and the program starts again: finished stages come from the store, and everything that does not depend on
/// the failed one still runs.
struct Supervisor {
  /// The outcome of the last attempt.
  struct Result {
    var collector: RunCollector
    /// The printed output of each cell.
    var printed: [Int: String]
    /// The end of what the program wrote to standard error.
    var errorOutput: String
    /// The accesses of the program itself, without its stages, that its sandbox refused.
    var accesses: [SandboxAccess] = []
    /// The programs that it left running, in a sentence; `nil` when it left none.
    var left: String?
  }

  /// The isolation of a program that is verified: it sees no store, and a server answers its stage calls.
  struct Isolation {
    let workspace: VerificationWorkspace
    let server: StageServer
  }

  /// The project that the notebook belongs to.
  let project: Project
  /// The path of the compiled notebook.
  let program: String
  /// The configuration of the next attempt.
  var configuration: RunConfiguration
  /// The environment variables of the program, in every mode.
  let environment: ProgramEnvironment
  /// Points texts of the program at lines of the notebook.
  let rewrite: (String) -> String
  /// Compiles the same program with checks that say what went wrong; it is slower. `nil` when that fails.
  let checkedProgram: () -> String?
  /// The memory in bytes that the program may take with all that it starts; when `nil`, what is free less a reserve.
  let memoryBytes: Int64?
  /// Given in a verification only.
  var isolation: Isolation?
  /// The longest attempt, in seconds, that is repeated only to learn why it trapped.
  static let explanationLimit = 60.0
  /// The most attempts that are started because stored bytes were damaged.
  private static let damageLimit = 3

  /// Runs the program, again where an attempt did not come to its end.
  /// - Parameter view: takes messages and events.
  /// - Throws: ``Interrupted``; ``OperationError`` when the program cannot be started, or ends itself with an error.
  mutating func run(view: inout some RunView) throws -> Result {
    var damagedAttempts = 0
    while true {
      try? FileManager.default.removeItem(atPath: configuration.scratch)
      try? FileManager.default.createDirectory(atPath: configuration.scratch, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: configuration.scratch) }
      let attempt = try attempt(program, view: &view)
      let result = attempt.result

      let damages = result.collector.damages
      if !damages.isEmpty, damagedAttempts < Self.damageLimit {
        damagedAttempts += 1
        for damage in damages { view.message("\(damage.text); it runs again now") }
        configuration.distrusted.formUnion(damages.compactMap(\.digest))
        continue
      }

      if attempt.ending == .exited(0), result.collector.finished { return result }
      // A program that ends itself outside of cells and stages has said why: it would do so again.
      if case .exited = attempt.ending, result.collector.running.isEmpty, result.collector.currentCell == nil {
        let reason = result.errorOutput.trimmingCharacters(in: .whitespacesAndNewlines)
        throw OperationError(
          operation: "run the notebook's program", subject: program,
          cause: reason.isEmpty ? "it ended too early and gave no reason" : reason)
      }
      try excludeCause(of: attempt, view: &view)
    }
  }

  /// Configures the next attempt so that it does not crash as this one did.
  private mutating func excludeCause(of attempt: Attempt, view: inout some RunView) throws {
    let words = try explanation(of: attempt) ?? attempt.result.errorOutput
    let reason = reason(attempt.ending, errorOutput: words)
    let excess = attempt.exceededMemory.map { "used more than \(NumberText.bytes($0)) of memory and was ended" }
    let advice = "let it take less at a time, or set another limit with --memory"
    // A stage that waits for another was not computing, unless all are.
    let all = attempt.result.collector.running.sorted { $0.key > $1.key }.map(\.value)
    let active = all.filter { !$0.isWaiting }
    let running = active.isEmpty ? all : active

    if running.count > 1, configuration.concurrency > 1 {
      // Any of them may be the cause: one by one they show which.
      let fault = excess.map { "the program \($0)" } ?? reason
      view.message("\(fault) while \(running.count) stages were running; they run again one by one")
      configuration.concurrency = 1
    } else if let stage = running.first {
      let fault = excess.map { "\(stage.stage) \($0)" }
      view.message("\(fault ?? "\(stage.stage): \(reason)"); the other stages continue")
      configuration.failedStages[stage.key] = fault.map { "\($0); \(advice)" } ?? reason
    } else {
      let place = attempt.place ?? CellPlace(cell: attempt.result.collector.currentCell ?? 1, line: 1)
      let fault = excess.map { "cell \(place.cell) \($0)" }
      // A cell that has failed is not run again: the cause is outside of cells, and would be there again.
      guard configuration.failedCells[place.cell] == nil else {
        throw OperationError(
          operation: "run the notebook's program", subject: program,
          cause: excess.map { "it \($0); \(advice)" } ?? reason)
      }
      view.message("\(fault ?? "cell \(place.cell): \(reason)"); the other cells continue")
      configuration.failedCells[place.cell] = CellFault(
        message: fault.map { "\($0); \(advice)" } ?? reason, line: place.line)
    }
  }

  /// The message of a trapped program, from a second run with checks: optimised code traps without a message.
  private func explanation(of attempt: Attempt) throws -> String? {
    guard case .killed(let signal) = attempt.ending, signal == SIGILL || signal == SIGTRAP,
      !attempt.result.errorOutput.contains("Fatal error"), attempt.seconds < Self.explanationLimit,
      let checked = checkedProgram()
    else { return nil }
    var silent = PlainView { _ in }
    var again = self
    again.configuration.concurrency = 1
    let words = try again.attempt(checked, backtrace: true, view: &silent).result.errorOutput
    guard let fatal = words.split(separator: "\n").last(where: { $0.contains("Fatal error") }) else { return nil }
    let message = fatal.range(of: "Fatal error").map { String(fatal[$0.lowerBound...]) } ?? String(fatal)
    let place = words.matches(of: /\bat (?:\S*\/)?(\S+\.md:\d+(?::\d+)?)/).first.map { ", at \($0.output.1)" } ?? ""
    return message + place
  }

  // MARK: One attempt

  private struct Attempt {
    var result: Result
    var ending: ChildProcess.Ending
    /// The bytes of memory that it may take, when it was ended for taking more.
    var exceededMemory: Int64?
    /// The statement that the program came to last.
    var place: CellPlace?
    var seconds: Double
  }

  private func attempt(_ program: String, backtrace: Bool = false, view: inout some RunView) throws -> Attempt {
    let start = SuspendingClock.now
    let pipes = try ProgramPipes(withReplies: isolation != nil)
    let printedPath = configuration.scratch + "/printed"
    let printed = open(printedPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard printed >= 0 else {
      throw OperationError(
        operation: "write the printed output", subject: printedPath, cause: String(cString: strerror(errno)))
    }
    defer { close(printed) }

    // The watch must exist before the program: its first accesses count too.
    let watch = try isolation.flatMap { isolation in
      isolation.workspace.sandbox == nil
        ? nil : try SandboxWatch(isolation.workspace.programView(scratch: configuration.scratch))
    }
    LeftPrograms.adopt()
    let child = try self.start(
      program, variables: variables(pipes, backtrace: backtrace), pipes: pipes, output: printed, watch: watch)
    watch?.begin()
    pipes.closeInherited()
    isolation?.server.connect(pipes.replies?.writing ?? -1)
    defer { isolation?.server.connect(-1) }

    let memoryLimit = memoryBytes ?? FreeMemory()?.limit
    let heard = try ProgramListener(pipes: pipes, memoryLimit: memoryLimit).listen(to: child, view: &view)
    isolation?.server.finish()
    let accesses = watch?.finish() ?? []
    if heard.isInterrupted {
      throw Interrupted(finished: heard.collector.ran.count { $0.outcome.state == .ran })
    }
    let left = heard.left?.description.map { "the notebook left \($0)" }
    if let left { view.message(left) }

    return Attempt(
      result: Result(
        collector: heard.collector,
        printed: Self.split(printedPath, by: heard.collector).mapValues(environment.redacted),
        errorOutput: environment.redacted(rewrite(String(decoding: heard.errorOutput, as: UTF8.self))),
        accesses: accesses, left: left),
      ending: watch == nil ? heard.ending : heard.ending.ofSandboxedProgram,
      exceededMemory: heard.exceedsMemory ? memoryLimit : nil,
      place: StatementMarker(path: configuration.marker).place,
      seconds: (SuspendingClock.now - start) / .seconds(1))
  }

  /// The environment variables of the program, with the configuration of the attempt.
  private func variables(_ pipes: ProgramPipes, backtrace: Bool) throws -> [String: String] {
    var configuration = configuration
    configuration.channel = pipes.channel.writing
    configuration.parentPipe = pipes.parentPipe.reading
    if let replies = pipes.replies { configuration.replies = replies.reading }

    let backtracing =
      backtrace
      ? "enable=yes,color=no,interactive=no,threads=crashed,images=none,limit=32,output-to=stderr" : "enable=no"
    let text = String(decoding: try JSONCoding.encoder().encode(configuration), as: UTF8.self)
    return environment.adding(
      [RunConfiguration.variable: text, "SWIFT_BACKTRACE": backtracing], folder: project.root)
  }

  /// Starts the program, in a sandbox where there is a watch.
  private func start(
    _ program: String, variables: [String: String], pipes: ProgramPipes, output: Int32, watch: SandboxWatch?
  ) throws -> ChildProcess {
    guard let sandbox = isolation?.workspace.sandbox, let watch else {
      let child = try ChildProcess(
        path: program, environment: variables, output: output, error: pipes.errors.writing,
        inherited: pipes.inherited, hasFixedLimits: true)
      // What it starts later inherits this.
      child.offerToMemoryKiller()
      return child
    }
    let command = sandbox.command(program, watch: watch)
    return try ChildProcess(
      path: command.path, arguments: command.arguments, environment: variables, output: output,
      error: pipes.errors.writing, inherited: pipes.inherited + [watch.childSocket], hasFixedLimits: true)
  }

  // MARK: Output

  /// The printed output of each cell, cut at the places where a cell ended; the rest is of the cell that was running.
  private static func split(_ path: String, by collector: RunCollector) -> [Int: String] {
    guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else { return [:] }
    var printed: [Int: String] = [:]
    var start = 0
    for (cell, end) in collector.printedEnds {
      let stop = min(max(Int(end), start), data.count)
      if stop > start { printed[cell, default: ""] += String(decoding: data[start..<stop], as: UTF8.self) }
      start = stop
    }
    if start < data.count, let cell = collector.currentCell {
      printed[cell, default: ""] += String(decoding: data[start...], as: UTF8.self)
    }
    return printed
  }

  private func reason(_ ending: ChildProcess.Ending, errorOutput: String) -> String {
    let fatal = errorOutput.split(separator: "\n").last {
      $0.contains("Fatal error") || $0.contains("terminate called")
    }
    return Self.reason(ending, said: fatal.map { ": \($0)" } ?? "")
  }

  /// The ending of a program in words.
  /// - Parameters:
  ///   - ending: the status of the process.
  ///   - said: the program's last words, after a colon; or nothing.
  static func reason(_ ending: ChildProcess.Ending, said: String) -> String {
    switch ending {
    case .exited(let status): return "the program ended with status \(status)\(said)"
    case .killed(signal: SIGKILL): return "the program was killed (SIGKILL), perhaps out of memory\(said)"
    case .killed(signal: SIGILL), .killed(signal: SIGTRAP): return "the program trapped\(said)"
    case .killed(signal: SIGSEGV), .killed(signal: SIGBUS): return "the program used memory that is not its own\(said)"
    case .killed(signal: SIGABRT): return "the program was aborted\(said)"
    case .killed(let signal): return "the program was ended by signal \(signal)\(said)"
    }
  }
}
