package import Core

/// The configuration of a notebook program, from the command that supervises it: JSON in the environment variable
/// ``variable``.
package struct RunConfiguration: Codable, Sendable {
  /// The kind of run.
  package enum Mode: String, Codable, Sendable {
    /// Runs the stages whose outputs are not in the store.
    case run
    /// Runs no stage, and reports those that would run.
    case plan
    /// Asks the command for every output, which runs the stages in processes of their own.
    case verify
  }

  /// The name of the environment variable: `COLOPHON_RUN`.
  package static let variable = "COLOPHON_RUN"

  /// The kind of run.
  package var mode: Mode
  /// The project with its store; relative input paths count from its folder.
  package var project: Project
  /// A folder for the scratch folders of running stages, absolute.
  package var scratch: String
  /// The file of the ``StatementMarker``, in ``scratch``.
  package var marker: String { scratch + "/marker" }
  /// The lock file of the last run; it may not exist.
  package var lock: String
  /// The file descriptor that events are written to.
  package var channel: Int32
  /// In a verification, the file descriptor that the command's replies are read from; else -1.
  package var replies: Int32 = -1
  /// The reading end of a pipe that closes when the supervisor ends, however it ends.
  package var parentPipe: Int32
  /// The number of threads that a stage may use, at least 1.
  package var threads: Int
  /// The number of stages that may run at the same time, at least 1.
  package var concurrency: Int
  /// The values of the notebook's seed and parameters, by name, as the types' initialisers that take a text read them.
  package var parameters: [String: String]
  /// Keys of stages that crashed an earlier attempt, each with the message that it fails with now.
  package var failedStages: [Digest: String]
  /// Digests of files whose stored bytes are damaged; the stages that made them run again.
  package var distrusted: Set<Digest> = []
  /// Cells whose own code crashed an earlier attempt, by their numbers.
  package var failedCells: [Int: CellFault]

  /// A configuration of a first attempt unless crashed stages and cells are given.
  package init(
    mode: Mode, project: Project, scratch: String, lock: String, channel: Int32, parentPipe: Int32, threads: Int,
    concurrency: Int, parameters: [String: String] = [:], failedStages: [Digest: String] = [:],
    failedCells: [Int: CellFault] = [:]
  ) {
    self.mode = mode
    self.project = project
    self.scratch = scratch
    self.lock = lock
    self.channel = channel
    self.parentPipe = parentPipe
    self.threads = threads
    self.concurrency = concurrency
    self.parameters = parameters
    self.failedStages = failedStages
    self.failedCells = failedCells
  }
}

/// The crash of a cell's own code in an earlier attempt.
package struct CellFault: Codable, Sendable {
  /// The reason, in words.
  package var message: String
  /// The line in the cell, from 1.
  package var line: Int

  /// A crash at a line of a cell.
  package init(message: String, line: Int) {
    self.message = message
    self.line = line
  }
}
