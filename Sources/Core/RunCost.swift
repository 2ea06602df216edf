/// The cost of one run of a stage, and what the stage reported about that run. Never a part of its output.
///
/// The types that have one (``StageOutcome``, the store's records, the replies to a verification) encode it flat, as
/// five fields among their own, so that records of older stores and of this one read alike.
public struct RunCost: Codable, Hashable, Sendable {
  /// Wall-clock time in seconds.
  public var seconds: Double
  /// Processor time of all threads in seconds. Stages that run at the same time in one process count each other's.
  public var cpuSeconds: Double
  /// The largest resident size of the process up to the end of the run, in bytes.
  public var peakMemoryBytes: Int64
  /// The numbers that the stage measured, in the order in which it reported them.
  public var measurements: [Measurement]
  /// The sentences that the stage noted, in the order in which it reported them.
  public var notes: [String]

  /// A cost; zero and without reports for what is left out.
  public init(
    seconds: Double = 0, cpuSeconds: Double = 0, peakMemoryBytes: Int64 = 0, measurements: [Measurement] = [],
    notes: [String] = []
  ) {
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.peakMemoryBytes = peakMemoryBytes
    self.measurements = measurements
    self.notes = notes
  }

  /// Nothing: the cost of a call whose stage did not run.
  public static let none = RunCost()
}
