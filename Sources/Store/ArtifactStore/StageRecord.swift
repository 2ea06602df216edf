package import Core

/// What is known of one finished stage: what decided that it ran, what it made, what it took.
///
/// Records are kept as JSON Lines in the repository. Fields are only ever added, and as optional ones.
package struct StageRecord: Codable, Hashable, Sendable {
  /// The digest that decides whether the stage runs.
  package var key: Digest
  /// The stage's name.
  package var stage: String
  /// Everything that went into ``key``.
  package var components: [KeyComponent]
  /// What the stage made.
  package var output: StoredContent
  /// When it started, in seconds since 1970 UTC.
  package var started: Double
  /// How long it ran, in seconds.
  package var seconds: Double
  /// Processor time, in seconds.
  package var cpuSeconds: Double
  /// The largest resident size while it ran, in bytes.
  package var peakMemoryBytes: Int64
  /// The surroundings it ran in, declared as dependencies or not.
  package var environment: [String: String]
  /// Numbers that the stage measured about its run.
  package var measurements: [Measurement]
  /// Sentences that the stage noted.
  package var notes: [String]

  package init(
    key: Digest, stage: String, components: [KeyComponent], output: StoredContent, started: Double, seconds: Double,
    cpuSeconds: Double = 0, peakMemoryBytes: Int64 = 0, environment: [String: String] = [:],
    measurements: [Measurement] = [],
    notes: [String] = []
  ) {
    self.key = key
    self.stage = stage
    self.components = components
    self.output = output
    self.started = started
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.peakMemoryBytes = peakMemoryBytes
    self.environment = environment
    self.measurements = measurements
    self.notes = notes
  }

  /// When it finished, in seconds since 1970 UTC.
  package var finished: Double { started + seconds }
}
