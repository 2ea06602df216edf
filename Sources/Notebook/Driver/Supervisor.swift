internal import Core
internal import Foundation
internal import Glibc
internal import Notebook
internal import NotebookRuntime
internal import Processes

/// Runs a notebook program to its end, whatever happens to it on the way.
///
/// When the program is brought down — a trap, a signal, the system's memory killer — the stage that was running is marked as failed
/// and the program starts again: finished stages come from the store, everything that does not depend on the failed one still runs.
struct Supervisor {
  struct Result {
    var collector: RunCollector
    /// What each cell printed.
    var printed: [Int: String]
    /// What the program wrote to standard error in its last attempt.
    var errorOutput: String
    /// What the program itself asked for in a sandbox and is not shown.
    var accesses: [SandboxAccess] = []
  }

  /// What surrounds a program that is verified.
  struct Enclosure {
    let room: VerificationWorkspace
    let broker: StageServer
  }

  let project: Project
  let program: String
  var configuration: RunConfiguration
  /// Points texts of the program at lines of the notebook.
  let rewrite: (String) -> String
  /// The same program with checks that say what went wrong; slower.
  let checkedProgram: () -> String?
  /// In a verification, who answers the program, and what shuts it in.
  var enclosure: Enclosure?
  /// Longer attempts are not repeated only to learn why they trapped.
  static let explanationLimit = 60.0

  /// - Throws: ``Interrupted``; ``DriverError`` when the program cannot be started.
  mutating func run(view: inout some RunView) throws -> Result {
    var damagedBefore = 0
    while true {
      try? FileManager.default.removeItem(atPath: configuration.scratch)
      try? FileManager.default.createDirectory(atPath: configuration.scratch, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: configuration.scratch) }
      let start = ContinuousClock.now
      let attempt = try attempt(program, view: &view)
      let spent = (ContinuousClock.now - start) / .seconds(1)
      let result = attempt.result
      if !result.collector.damages.isEmpty, damagedBefore < 3 {
        damagedBefore += 1
        for damage in result.collector.damages { view.message("\(damage.text); it runs again now") }
        configuration.distrusted.formUnion(result.collector.damages.compactMap(\.digest))
        continue
      }
      if attempt.ending == .exited(0), result.collector.finished { return result }
      if case .exited = attempt.ending, result.collector.running.isEmpty, result.collector.currentCell == nil {
        let reason = result.errorOutput.trimmingCharacters(in: .whitespacesAndNewlines)
        throw DriverError(reason.isEmpty ? "the notebook program ended before its end without a reason" : reason)
      }
      let words = try explanation(of: attempt, seconds: spent) ?? result.errorOutput
      let reason = reason(attempt.ending, errorOutput: words)
      let running = result.collector.running.values
      if running.count > 1, configuration.concurrency > 1 {
        view.message("\(reason) while \(running.count) stages were running; they run again one by one")
        configuration.concurrency = 1
      } else if let stage = running.first {
        view.message("\(stage.stage): \(reason); the other stages go on")
        configuration.failedStages[stage.key] = reason
      } else {
        let place = attempt.place ?? CellPlace(cell: result.collector.currentCell ?? 1, line: 1)
        view.message("cell \(place.cell): \(reason); the other cells go on")
        configuration.failedCells[place.cell] = CellFault(message: reason, line: place.line)
      }
    }
  }

  private struct Attempt {
    var result: Result
    var ending: ChildProcess.Ending
    var place: CellPlace?
  }

  /// What a trapped program says when it is run once more with checks: optimised code traps without a word.
  private func explanation(of attempt: Attempt, seconds: Double) throws -> String? {
    guard case .killed(let signal) = attempt.ending, signal == SIGILL || signal == SIGTRAP,
      !attempt.result.errorOutput.contains("Fatal error"), seconds < Self.explanationLimit,
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

  private func attempt(_ program: String, backtrace: Bool = false, view: inout some RunView) throws -> Attempt {
    let channel = try ProcessPipe()
    let errors = try ProcessPipe()
    let life = try ProcessPipe()
    let printedPath = configuration.scratch + "/printed"
    let printed = open(printedPath, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard printed >= 0 else {
      throw DriverError("cannot write \(printedPath): \(String(cString: strerror(errno)))")
    }
    defer { close(printed) }
    var configuration = configuration
    configuration.channel = channel.writing
    configuration.life = life.reading
    configuration.marker = configuration.scratch + "/marker"
    var environment = ProcessInfo.processInfo.environment
    environment[RunConfiguration.variable] = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
    // Between two parallel regions the workers of OpenMP spin, by default so long that they burn their cores while one thread works.
    if environment["GOMP_SPINCOUNT"] == nil, environment["OMP_WAIT_POLICY"] == nil {
      environment["GOMP_SPINCOUNT"] = "1000"
    }
    environment["SWIFT_BACKTRACE"] =
      backtrace
      ? "enable=yes,color=no,interactive=no,threads=crashed,images=none,limit=32,output-to=stderr" : "enable=no"
    let replies = enclosure == nil ? nil : try ProcessPipe(isSocket: true)
    if let replies {
      configuration.replies = replies.reading
      environment[RunConfiguration.variable] = String(decoding: try JSONEncoder().encode(configuration), as: UTF8.self)
    }
    let inherited = [channel.writing, life.reading] + (replies.map { [$0.reading] } ?? [])
    let watch = try enclosure.flatMap { enclosure in
      enclosure.room.sandbox == nil ? nil : try SandboxWatch(enclosure.room.programView(scratch: configuration.scratch))
    }
    let child = try start(
      program, environment: environment, output: printed, error: errors.writing, inherited: inherited, watch: watch)
    watch?.begin()
    replies?.closeReading()
    enclosure?.broker.connect(replies?.writing ?? -1)
    defer { enclosure?.broker.connect(-1) }
    channel.closeWriting()
    errors.closeWriting()
    life.closeReading()
    var collector = RunCollector()
    var errorOutput: [UInt8] = []
    let interrupted = try listen(
      channel: channel.reading, errors: errors.reading, child: child.identifier, view: &view, collector: &collector,
      errorOutput: &errorOutput)
    let status = child.wait()
    let ending = watch == nil ? status : status.ofSandboxedProgram
    enclosure?.broker.finish()
    let accesses = watch?.finish() ?? []
    if interrupted {
      throw Interrupted(finished: collector.ran.count { $0.outcome.state == .ran })
    }
    let marker = StatementMarker(path: configuration.marker)
    return Attempt(
      result: Result(
        collector: collector, printed: Self.split(printedPath, by: collector),
        errorOutput: rewrite(String(decoding: errorOutput, as: UTF8.self)), accesses: accesses),
      ending: ending, place: marker.place)
  }

  /// Starts the program, in a sandbox where there is a watch.
  private func start(
    _ program: String, environment: [String: String], output: Int32, error: Int32, inherited: [Int32],
    watch: SandboxWatch?
  ) throws -> ChildProcess {
    guard let sandbox = enclosure?.room.sandbox, let watch else {
      return try ChildProcess(
        path: program, environment: environment, output: output, error: error, inherited: inherited)
    }
    let command = sandbox.command(program, watch: watch)
    let own = environment.filter { [RunConfiguration.variable, "SWIFT_BACKTRACE", "GOMP_SPINCOUNT"].contains($0.key) }
    return try ChildProcess(
      path: command.path, arguments: command.arguments, environment: Sandbox.environment(adding: own), output: output,
      error: error, inherited: inherited + [watch.childSocket])
  }

  /// Takes in events and error output until the program closes both.
  /// - Returns: whether the user interrupted the run, which ends the program.
  private func listen(
    channel: Int32, errors: Int32, child: pid_t, view: inout some RunView, collector: inout RunCollector,
    errorOutput: inout [UInt8]
  ) throws -> Bool {
    var channelOpen = true
    var errorsOpen = true
    var interrupted = false
    var frames: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while channelOpen || errorsOpen {
      var descriptors = [
        pollfd(fd: channelOpen ? channel : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errorsOpen ? errors : -1, events: Int16(POLLIN), revents: 0),
      ]
      _ = poll(&descriptors, 2, 100)
      if Interruption.requested, !interrupted {
        interrupted = true
        kill(-child, SIGKILL)
      }
      if descriptors[0].revents != 0 {
        let count = read(channel, &buffer, buffer.count)
        channelOpen = count > 0 || (count < 0 && errno == EINTR)
        if count > 0 {
          frames += buffer[..<count]
          for event in try RunChannel.takeEvents(from: &frames) {
            collector.take(event)
            view.observe(event)
          }
        }
      }
      if descriptors[1].revents != 0 {
        let count = read(errors, &buffer, buffer.count)
        errorsOpen = count > 0 || (count < 0 && errno == EINTR)
        if count > 0 { errorOutput = Array((errorOutput + buffer[..<count]).suffix(1 << 16)) }
      }
      view.tick()
    }
    return interrupted
  }

  /// What each cell printed, by where its output ended in the file; what follows the last end belongs to the cell that was running.
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

  /// How a program ended, in words.
  /// - Parameter said: what it said at the end, with what stands before it.
  static func reason(_ ending: ChildProcess.Ending, said: String) -> String {
    switch ending {
    case .exited(let status): return "the program ended with status \(status)\(said)"
    case .killed(signal: SIGKILL): return "the program was killed (SIGKILL), perhaps for want of memory\(said)"
    case .killed(signal: SIGILL), .killed(signal: SIGTRAP): return "the program trapped\(said)"
    case .killed(signal: SIGSEGV), .killed(signal: SIGBUS): return "the program used memory that is not its own\(said)"
    case .killed(signal: SIGABRT): return "the program was aborted\(said)"
    case .killed(let signal): return "the program was ended by signal \(signal)\(said)"
    }
  }
}
