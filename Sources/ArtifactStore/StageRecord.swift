package import Provenance

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
    cpuSeconds: Double = 0, peakMemoryBytes: Int64 = 0, environment: [String: String] = [:], measurements: [Measurement] = [],
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

/// One thing that a stage's key depends on, with its value then.
package struct KeyComponent: Codable, Hashable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// The stage's name and the version of the encoding.
    case stage
    /// The code that the stage runs.
    case code
    /// A property that counts by value.
    case parameter
    /// A property that is another stage's output.
    case artifact
    /// An input file.
    case file
    /// An input folder.
    case folder
    /// A declared part of the surroundings.
    case facet
  }

  package var name: String
  package var kind: Kind
  package var digest: Digest
  /// The value in a few words, for people.
  package var display: String

  package init(name: String, kind: Kind, digest: Digest, display: String) {
    self.name = name
    self.kind = kind
    self.digest = digest
    self.display = display
  }
}

/// A number that a stage measured about its own run.
package struct Measurement: Codable, Hashable, Sendable {
  package var name: String
  package var value: Double
  /// Empty for a pure number.
  package var unit: String

  package init(name: String, value: Double, unit: String) {
    self.name = name
    self.value = value
    self.unit = unit
  }
}
