internal import Core
internal import Foundation
internal import Glibc
internal import NotebookRuntime
internal import Processes

/// A process that will compute one stage, and waits to be told which: loading the program and making its sandbox take longer than a
/// small stage does, and are done while the stage before it is computed.
///
/// Ends, unused, when it goes out of use. Whoever takes it has it alone: nothing in it is used from two threads at a time.
final class StageProgram: @unchecked Sendable {
  let id: Int
  /// The stage's folder, absolute: `in` has what the stage may read, `scratch` is where it writes.
  let folder: String
  let channel: ProcessPipe
  let life: ProcessPipe
  let errors: ProcessPipe
  let watch: SandboxWatch?
  private let begin: ProcessPipe
  private var child: ChildProcess?

  var inputs: String { folder + "/in" }
  var scratch: String { folder + "/scratch" }
  private var jobPath: String { inputs + "/job.json" }

  /// Starts it.
  /// - Parameter declared: files and folders of the machine that it has to see and a stage usually does not.
  /// - Throws: ``DriverError`` or ``OperationError`` when it cannot be started.
  init(id: Int, room: VerificationWorkspace, declared: [String] = []) throws {
    self.id = id
    folder = try room.makeStageFolder(id)
    channel = try ProcessPipe()
    life = try ProcessPipe()
    errors = try ProcessPipe()
    begin = try ProcessPipe(isSocket: true)
    watch = room.sandbox == nil ? nil : try SandboxWatch(room.stageView(of: folder, declared: declared))
    var environment = [
      StageJob.variable: folder + "/in/job.json", StageJob.beginVariable: String(begin.reading),
      "SWIFT_BACKTRACE": "enable=no",
    ]
    environment["GOMP_SPINCOUNT"] = ProcessInfo.processInfo.environment["GOMP_SPINCOUNT"] ?? "1000"
    let inherited = [channel.writing, life.reading, begin.reading]
    if let sandbox = room.sandbox, let watch {
      let command = sandbox.command(room.program, watch: watch)
      child = try ChildProcess(
        path: command.path, arguments: command.arguments, environment: Sandbox.environment(adding: environment),
        output: errors.writing, error: errors.writing, inherited: inherited + [watch.childSocket])
    } else {
      child = try ChildProcess(
        path: room.program, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
        output: errors.writing,
        error: errors.writing, inherited: inherited)
    }
    watch?.begin()
    channel.closeWriting()
    errors.closeWriting()
    life.closeReading()
    begin.closeReading()
  }

  deinit {
    begin.closeWriting()
    life.closeWriting()
    if let child = child.take() {
      kill(child.identifier, SIGKILL)
      _ = child.wait()
      _ = watch?.finish()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Whether the process sees these files and folders of the machine, though it was started without their names.
  static func sees(_ declared: [String], in room: VerificationWorkspace) -> Bool {
    room.sandbox == nil || declared.allSatisfy(Sandbox.isSystem)
  }

  /// Tells it what to compute.
  /// - Returns: the process, to be waited for.
  func start(_ job: StageJob) throws -> ChildProcess {
    try JSONEncoder().encode(job).write(to: URL(fileURLWithPath: jobPath))
    guard let child = child.take() else { throw DriverError("a process computes one stage, not two") }
    // One that has ended already says so when it is waited for.
    _ = ProcessPipe.send([1], to: begin.writing)
    begin.closeWriting()
    return child
  }
}
