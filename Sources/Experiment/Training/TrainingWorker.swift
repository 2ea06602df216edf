internal import Core
internal import Foundation
internal import Glibc
internal import Tensor

/// One of the further processes of a training: makes the steps that the first process makes, with its own part of each
/// batch.
package enum TrainingWorker {
  /// The name of the program, in the folder of the libraries.
  static let program = "colophon-train-worker"
  /// The file descriptor of a worker's connection to the first process.
  static let descriptor: Int32 = 3

  /// Runs until the training ends.
  /// - Parameter arguments: the program's name, the job file's path, this process's rank.
  package static func main(_ arguments: [String]) -> Never {
    guard arguments.count == 3, let rank = Int(arguments[2]), rank > 0, fcntl(descriptor, F_GETFD) >= 0 else {
      fail("\(program) is started by a training of several processes (TrainCLIP with `processes` above 1), not by hand")
    }
    closeInherited()
    // The first process decides what an interruption means.
    signal(SIGINT, SIG_IGN)

    let first = Connection(owning: descriptor)
    // When the first process is gone, however it ended, no process needs this one.
    Thread.detachNewThread {
      first.waitUntilClosed()
      _exit(EXIT_FAILURE)
    }

    do {
      try train(jobPath: arguments[1], rank: rank, first)
    } catch {
      fail("\(error)")
    }
    exit(EXIT_SUCCESS)
  }

  private static func train(jobPath: String, rank: Int, _ first: Connection) throws {
    let job = try TrainingJob(path: jobPath)
    let group = ProcessGroup(rank: rank, size: job.size, first: first, timeout: .seconds(job.patience))
    try Torch.setThreads(job.settings.threads)
    let context = StageContext(
      scratch: URL(fileURLWithPath: jobPath).deletingLastPathComponent().path, threads: job.settings.threads)
    var loop = try TrainingLoop(job.settings, context, group: group)
    try loop.run()
  }

  /// Closes the descriptors of the first process: a process that waits for its end must not wait for this one's.
  private static func closeInherited() {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    for other in names.compactMap({ Int32($0) }) where other > descriptor { close(other) }
  }

  /// Ends the process with a message, which the first process repeats.
  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(EXIT_FAILURE)
  }
}
