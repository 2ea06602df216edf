/// What happened in one run of a notebook: the material of its report.
public struct RunRecord: Codable, Sendable {
  /// The notebook's path as the user gave it.
  public var notebook: String
  /// Unix seconds.
  public var started: Double
  public var seconds: Double
  /// What the run ran on: operating system, processor, cores, compiler, versions of libraries, by name.
  public var environment: [String: String]
  /// In document order.
  public var cells: [CellOutcome]
  /// Values of inline expressions, in document order.
  public var inlines: [InlineOutcome]
  /// In the order of their places in the notebook.
  public var stages: [StageOutcome]

  public init(
    notebook: String, started: Double, seconds: Double, environment: [String: String], cells: [CellOutcome],
    inlines: [InlineOutcome], stages: [StageOutcome]
  ) {
    self.notebook = notebook
    self.started = started
    self.seconds = seconds
    self.environment = environment
    self.cells = cells
    self.inlines = inlines
    self.stages = stages
  }
}

/// A place in a notebook.
public struct CellPlace: Codable, Sendable, Hashable {
  /// The cell's number in document order, from 1.
  public var cell: Int
  /// The line in the cell, from 1.
  public var line: Int

  public init(cell: Int, line: Int) {
    self.cell = cell
    self.line = line
  }
}

/// How a cell ended.
public struct CellOutcome: Codable, Sendable {
  public enum State: Codable, Sendable, Hashable {
    case done
    /// The error, at a Markdown line.
    case failed(Diagnostic)
    /// Not run, because this cell, whose values or declarations it uses, did not succeed.
    case skipped(because: Int)
    /// The run ended before it came to this cell.
    case notReached
    /// `//| eval: false`.
    case notEvaluated
  }

  /// From 1, in document order.
  public var id: Int
  public var state: State
  /// What the cell printed.
  public var printed: String
  /// The value of its last expression.
  public var shown: [Presentation]
  public var seconds: Double

  public init(id: Int, state: State, printed: String = "", shown: [Presentation] = [], seconds: Double = 0) {
    self.id = id
    self.state = state
    self.printed = printed
    self.shown = shown
    self.seconds = seconds
  }
}

/// The value of an inline expression.
public struct InlineOutcome: Codable, Sendable {
  public var id: Int
  /// The text that stands in its place; `nil` when it has no value.
  public var text: String?
  /// Why it has none.
  public var failure: String?

  public init(id: Int, text: String?, failure: String? = nil) {
    self.id = id
    self.text = text
    self.failure = failure
  }
}

/// How a stage call ended.
public struct StageOutcome: Codable, Sendable {
  public enum State: Codable, Sendable, Hashable {
    /// The output was there already.
    case cached
    /// The stage ran.
    case ran
    /// It threw, trapped or was killed.
    case failed(message: String)
  }

  public var place: CellPlace
  /// The stage's name.
  public var stage: String
  /// The name of its output in the store.
  public var artifact: String
  public var key: Digest
  public var components: [KeyComponent]
  public var state: State
  /// Why it was not taken from the store: `new`, or the components that changed.
  public var reason: String?
  /// Format, digest and size of the output; `nil` after a failure.
  public var output: OutputSummary?
  /// When the output was computed, Unix seconds: before this run for a cached one.
  public var computed: Double
  /// How long computing took, wall clock.
  public var seconds: Double
  public var cpuSeconds: Double
  /// The process's peak when the stage ended.
  public var peakMemoryBytes: Int64
  public var measurements: [Measurement]
  public var notes: [String]

  public init(
    place: CellPlace, stage: String, artifact: String, key: Digest, components: [KeyComponent], state: State,
    reason: String?,
    output: OutputSummary?, computed: Double, seconds: Double, cpuSeconds: Double, peakMemoryBytes: Int64,
    measurements: [Measurement], notes: [String]
  ) {
    self.place = place
    self.stage = stage
    self.artifact = artifact
    self.key = key
    self.components = components
    self.state = state
    self.reason = reason
    self.output = output
    self.computed = computed
    self.seconds = seconds
    self.cpuSeconds = cpuSeconds
    self.peakMemoryBytes = peakMemoryBytes
    self.measurements = measurements
    self.notes = notes
  }
}

/// What identifies an output.
public struct OutputSummary: Codable, Sendable, Hashable {
  public var format: String
  public var digest: Digest
  public var byteCount: Int64

  public init(format: String, digest: Digest, byteCount: Int64) {
    self.format = format
    self.digest = digest
    self.byteCount = byteCount
  }
}
