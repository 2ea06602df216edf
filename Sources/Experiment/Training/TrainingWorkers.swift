internal import Core
internal import Foundation
internal import Glibc
internal import LibraryLoading

/// The further processes of a training, as the first one starts and ends them.
enum TrainingWorkers {
  /// Calls `body` with the processes of a training: with this one alone, or with others that were started for it. Behind `body` they
  /// are gone, whatever it did.
  /// - Throws: what `body` throws; ``OperationError`` when a process cannot be started, or has ended too early, with its last message.
  static func with<Result>(
    _ settings: TrainCLIP, _ context: StageContext, _ body: (ProcessGroup) throws -> Result
  ) throws -> Result {
    if settings.processes == 1 { return try body(.alone) }
    let folder = context.file("processes")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let job = folder + "/job.json"
    try TrainingJob(settings, patience: ProcessGroup.patience, folder: folder).write(to: job)
    let program = try CompanionProgram.path(TrainingWorker.program)
    var started: [pid_t] = []
    defer { end(started) }
    var connections: [Connection] = []
    for rank in 1..<settings.processes {
      let (own, others) = try Connection.pair()
      started.append(
        try start(
          program, [job, String(rank)], others, messages: messages(of: rank, folder), subject: "process \(rank)"))
      connections.append(own)
    }
    do {
      return try body(ProcessGroup(first: connections))
    } catch let error as ProcessGroupError {
      throw failure(error, started, folder, context.partial)
    }
  }

  private static func messages(of rank: Int, _ folder: String) -> String { "\(folder)/messages \(rank)" }

  /// Starts a program that has the connection, an empty input, and one file for all that it prints.
  private static func start(
    _ program: String, _ arguments: [String], _ connection: Connection, messages: String, subject: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, messages, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
    posix_spawn_file_actions_adddup2(&actions, connection.descriptor, TrainingWorker.descriptor)
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] =
      ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer {
      for pointer in argv + envp { free(pointer) }
    }
    var process: pid_t = 0
    let status = posix_spawn(&process, program, &actions, nil, &argv, &envp)
    guard status == 0 else {
      throw OperationError(
        operation: "start \(subject) of a training", subject: program, cause: String(cString: strerror(status)))
    }
    return process
  }

  /// Ends the processes, which have nothing left to do: what they hold was compared with the first one's.
  private static func end(_ processes: [pid_t]) {
    for process in processes { kill(process, SIGKILL) }
    for process in processes {
      while waitpid(process, nil, 0) < 0 && errno == EINTR {}
    }
  }

  /// What became of the process that cannot be talked to, with its last message.
  private static func failure(
    _ error: ProcessGroupError, _ processes: [pid_t], _ folder: String, _ partial: PartialFolder
  ) -> OperationError {
    let what = error.cause == .gone ? ending(of: processes[error.other - 1]) : error.description
    let printed = (try? String(contentsOfFile: messages(of: error.other, folder), encoding: .utf8)) ?? ""
    let last =
      printed.split(separator: "\n").last.map { "its last message: \($0.suffix(1000))" } ?? "it left no message"
    let kept =
      partial.isEmpty
      ? "nothing of the training is kept" : "the saved state is kept in \(partial.path ?? ""): run it again to go on"
    return OperationError(
      operation: "train", subject: "process \(error.other) of \(error.size)",
      cause: "\(what); \(last). As for the training, \(kept)")
  }

  /// How a process has ended whose connection is closed; it may still be on its way.
  private static func ending(of process: pid_t) -> String {
    // Only looked at: it is waited for when all are ended.
    var information = siginfo_t()
    for _ in 0..<500 {
      information.si_signo = 0
      if waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0, information.si_signo == SIGCHLD {
        break
      }
      usleep(10_000)
    }
    guard information.si_signo == SIGCHLD else { return "it closed its connection" }
    let status = information._sifields._sigchld.si_status
    if information.si_code == CLD_EXITED { return "it ended with status \(status)" }
    if status == SIGKILL {
      return
        "it was killed (signal 9), as the system does when memory runs out: fewer `processes` or a `microBatch` take less"
    }
    return "it was killed by signal \(status)"
  }
}
