internal import Core
internal import Foundation
internal import Glibc
internal import LibraryLoading
internal import Processes

/// The further processes of a training, as the first one starts and ends them.
enum TrainingWorkers {
  /// Calls `body` with the processes of a training: this one, and others that are started for it if there are several.
  /// After `body` the others have ended, also when it throws.
  /// - Throws: what `body` throws; ``OperationError`` when a process cannot be started, or has ended too early, with
  ///   its last message.
  static func with<Result>(
    _ settings: TrainCLIP, _ context: StageContext, body: (ProcessGroup) throws -> Result
  ) throws -> Result {
    if settings.processes == 1 { return try body(.single) }

    let folder = context.file("processes")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let job = folder + "/job.json"
    try TrainingJob(settings, patience: ProcessGroup.patience, folder: folder).write(to: job)
    let program = try CompanionProgram.path(TrainingWorker.program)

    var workers: [Worker] = []
    // All are killed before any is waited for: they end at the same time.
    defer {
      for worker in workers { worker.kill() }
      for worker in workers { worker.wait() }
    }
    var connections: [Connection] = []
    for rank in 1..<settings.processes {
      let (own, others) = try Connection.pair()
      let messages = "\(folder)/messages \(rank)"
      workers.append(try Worker(program, job: job, rank: rank, connection: others, messages: messages))
      connections.append(own)
    }

    do {
      return try body(ProcessGroup(first: connections))
    } catch let error as ProcessGroupError {
      throw failure(error, of: workers[error.other - 1], partial: context.partial)
    }
  }

  /// One of the further processes. One that has ended stays in the system's table until it is waited for.
  private final class Worker {
    /// The file with all that it prints.
    private let messages: String
    private var child: ChildProcess?

    /// Starts it with the connection to the first process and an empty input.
    init(_ program: String, job: String, rank: Int, connection: Connection, messages: String) throws {
      self.messages = messages
      let subject = "process \(rank)"

      let printed = open(messages, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
      guard printed >= 0 else {
        throw OperationError(
          operation: "write the messages of \(subject) of a training", subject: messages,
          cause: String(cString: strerror(errno)))
      }
      defer { close(printed) }

      do {
        // In the group of the first process: a signal to that group is meant for the whole training.
        child = try ChildProcess(
          path: program, arguments: [job, String(rank)], output: printed, error: printed,
          numbered: [TrainingWorker.descriptor: connection.descriptor], leadsGroup: false)
      } catch {
        throw OperationError(
          operation: "start \(subject) of a training", subject: program, cause: error.cause)
      }
    }

    /// The last line that it printed; `nil` when it printed none.
    var lastMessage: Substring? {
      let printed = (try? String(contentsOfFile: messages, encoding: .utf8)) ?? ""
      return printed.split(separator: "\n").last
    }

    /// The ending of a process whose connection is closed; waits for it.
    /// - Returns: `nil` when it is still running after five seconds.
    func ending() -> ChildProcess.Ending? {
      guard let child = child.take() else { return nil }
      if let ending = child.wait(milliseconds: 5000) { return ending }
      self.child = consume child
      return nil
    }

    /// Kills it. It has nothing left to do: its results were compared with the first process's.
    func kill() {
      guard let running = child.take() else { return }
      running.kill()
      child = consume running
    }

    func wait() {
      if let child = child.take() { _ = child.wait() }
    }
  }

  /// The error for a process that has ended or does not answer, with its last message.
  private static func failure(
    _ error: ProcessGroupError, of worker: Worker, partial: PartialFolder
  ) -> OperationError {
    let problem = error.cause == .gone ? words(worker.ending()) : error.description
    let last = worker.lastMessage.map { "its last message: \($0.suffix(1000))" } ?? "it left no message"
    let kept =
      partial.isEmpty
      ? "nothing of the training is kept"
      : "the saved state is kept in \(partial.path ?? ""): run it again to continue"
    return OperationError(
      operation: "train", subject: "process \(error.other) of \(error.size)",
      cause: "\(problem); \(last). As for the training, \(kept)")
  }

  /// An ending in words; `nil` for a process that closed its connection and still runs.
  private static func words(_ ending: ChildProcess.Ending?) -> String {
    switch ending {
    case nil: "it closed its connection"
    case .exited(let status): "it ended with status \(status)"
    case .killed(signal: SIGKILL):
      "it was killed (signal 9), as the system does when memory runs out: fewer `processes` or a `microBatch` take less"
    case .killed(let signal): "it was killed by signal \(signal)"
    }
  }
}
