package import Core
internal import Foundation

/// What the supervising command tells a notebook program: JSON in the environment variable ``variable``.
package struct RunConfiguration: Codable, Sendable {
  package enum Mode: String, Codable, Sendable {
    /// Runs what is not in the store.
    case run
    /// Runs no stage: reports what would run.
    case plan
    /// Asks the command for every output: it runs the stages in processes of their own.
    case verify
  }

  package static let variable = "COLOPHON_RUN"

  package var mode: Mode
  /// The project's folder, absolute; relative input paths count from it.
  package var project: String
  /// `store.git`, absolute.
  package var store: String
  /// `index.sqlite`, absolute.
  package var index: String
  /// A folder for the scratch folders of running stages, absolute.
  package var scratch: String
  /// The folder of what interrupted stages have kept, one folder a key: beside the index, because it outlives the run.
  package var partial: String { (index as NSString).deletingLastPathComponent + "/partial" }
  /// The file of the ``StatementMarker``.
  package var marker: String
  /// The lock file of the last run; it may not exist.
  package var lock: String
  /// The file descriptor that events are written to.
  package var channel: Int32
  /// In a verification, the file descriptor that the command's replies come in on; else -1.
  package var replies: Int32 = -1
  /// The reading end of a pipe that closes when the supervisor ends, however it ends.
  package var life: Int32
  /// How many threads a stage may use.
  package var threads: Int
  /// How many stages may run at the same time.
  package var concurrency: Int
  /// The values of the notebook's seed and parameters, by name, as the types' initialisers that take a text read them.
  package var parameters: [String: String]
  /// Stages that brought an earlier attempt down, with the message they fail with now.
  package var failedStages: [Digest: String]
  /// Contents whose stored bytes are damaged: what made them runs again.
  package var distrusted: Set<Digest> = []
  /// Cells whose own code brought an earlier attempt down.
  package var failedCells: [Int: CellFault]

  package init(
    mode: Mode, project: String, store: String, index: String, scratch: String, marker: String, lock: String,
    channel: Int32,
    life: Int32, threads: Int, concurrency: Int, parameters: [String: String] = [:],
    failedStages: [Digest: String] = [:],
    failedCells: [Int: CellFault] = [:]
  ) {
    self.mode = mode
    self.project = project
    self.store = store
    self.index = index
    self.scratch = scratch
    self.marker = marker
    self.lock = lock
    self.channel = channel
    self.life = life
    self.threads = threads
    self.concurrency = concurrency
    self.parameters = parameters
    self.failedStages = failedStages
    self.failedCells = failedCells
  }
}

/// What a cell's own code did to an earlier attempt.
package struct CellFault: Codable, Sendable {
  package var message: String
  /// The line in the cell.
  package var line: Int

  package init(message: String, line: Int) {
    self.message = message
    self.line = line
  }
}
