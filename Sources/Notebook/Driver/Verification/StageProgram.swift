internal import Core
internal import Foundation
internal import Glibc
internal import NotebookRuntime
internal import Processes

/// A process that waits for one stage to compute. Loading the program and making its sandbox take longer than a small
/// stage does, so both are done while the stage before it is computed.
///
/// A process that no stage has used ends when its last reference goes. It has one owner at a time, who receives it from
/// under the lock of ``StageServer``: nothing in it is used from two threads at a time.
final class StageProgram: @unchecked Sendable {
  /// The number that its reports carry.
  let id: Int
  /// The stage's folder, absolute: `in` has what the stage may read, `scratch` is where it writes.
  let folder: String
  /// The way of its reports.
  let channel: ProcessPipe
  /// Its writing end is open as long as this process lives.
  let parentPipe: ProcessPipe
  /// The way of its standard output and error.
  let errors: ProcessPipe
  /// The way of the replies to what the stage asks for while it is computed.
  let replies: ProcessPipe
  /// Records the accesses of a process in a sandbox; `nil` without one.
  let watch: SandboxWatch?
  private let begin: ProcessPipe
  private var child: ChildProcess?

  /// The folder that the stage may read.
  var inputs: String { folder + "/in" }
  /// The folder that the stage may write to.
  var scratch: String { folder + "/scratch" }
  private var jobPath: String { inputs + "/job.json" }

  /// Starts the process, which waits for ``start(_:)``.
  /// - Parameters:
  ///   - id: the number that its reports carry.
  ///   - workspace: the verification that it belongs to.
  ///   - declared: files and folders of the machine that it must see and a stage usually does not.
  /// - Throws: ``OperationError`` when it cannot be started.
  init(id: Int, workspace: VerificationWorkspace, declared: [String] = []) throws {
    self.id = id
    folder = try workspace.makeStageFolder(id)
    channel = try ProcessPipe()
    parentPipe = try ProcessPipe()
    errors = try ProcessPipe()
    replies = try ProcessPipe(isSocket: true)
    begin = try ProcessPipe(isSocket: true)

    watch = workspace.sandbox == nil ? nil : try SandboxWatch(workspace.stageView(of: folder, declared: declared))
    let variables = workspace.environment.adding(
      [StageJob.variable: jobPath, StageJob.beginVariable: String(begin.reading), "SWIFT_BACKTRACE": "enable=no"],
      folder: workspace.project.root)

    let inherited = [channel.writing, parentPipe.reading, begin.reading, replies.reading]
    if let sandbox = workspace.sandbox, let watch {
      let command = sandbox.command(workspace.program, watch: watch)
      child = try ChildProcess(
        path: command.path, arguments: command.arguments, environment: variables, output: errors.writing,
        error: errors.writing, inherited: inherited + [watch.childSocket], hasFixedLimits: true)
    } else {
      child = try ChildProcess(
        path: workspace.program, environment: variables, output: errors.writing, error: errors.writing,
        inherited: inherited, hasFixedLimits: true)
    }

    watch?.begin()
    // Only the process has these ends now: reading from it ends when it does.
    channel.closeWriting()
    errors.closeWriting()
    parentPipe.closeReading()
    begin.closeReading()
    replies.closeReading()
  }

  deinit {
    begin.closeWriting()
    parentPipe.closeWriting()
    if let child = child.take() {
      child.kill()
      _ = child.wait()
      _ = watch?.finish()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// True when a process that was started without these files and folders of the machine sees them all the same.
  static func sees(_ declared: [String], in workspace: VerificationWorkspace) -> Bool {
    workspace.sandbox == nil || declared.allSatisfy(Sandbox.isSystem)
  }

  /// Lets the process compute a stage, the only one that it ever computes.
  /// - Returns: the process, to be waited for.
  /// - Throws: ``OperationError`` when it has been started before; an error of the file system.
  func start(_ job: StageJob) throws -> ChildProcess {
    try JSONCoding.encoder().encode(job).write(to: URL(fileURLWithPath: jobPath))
    guard let child = child.take() else {
      throw OperationError(
        operation: "start the stage", subject: job.request.call.stage, cause: "its process has been given another one")
    }
    // A process that has ended already shows it when it is waited for.
    _ = ProcessPipe.send([1], to: begin.writing)
    begin.closeWriting()
    return child
  }
}
