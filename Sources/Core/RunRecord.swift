/// The record of one run of a notebook, from which its report is made.
public struct RunRecord: Codable, Sendable {
  /// The notebook's path as the user gave it.
  public var notebook: String
  /// The time at which the run began, in Unix seconds.
  public var started: Double
  /// The length of the run in seconds, wall clock.
  public var seconds: Double
  /// The operating system, processor, cores, compiler and versions of libraries, by name.
  public var environment: [String: String]
  /// The outcomes of the cells, in document order.
  public var cells: [CellOutcome]
  /// The values of inline expressions, in document order.
  public var inlines: [InlineOutcome]
  /// The outcomes of the stage calls, in the order of their places in the notebook.
  public var stages: [StageOutcome]
  /// A sentence about the run itself, such as programs that its stages left running; `nil` without one.
  public var note: String?

  /// A record of known outcomes.
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

  /// A place by cell and line, both from 1.
  public init(cell: Int, line: Int) {
    self.cell = cell
    self.line = line
  }
}

/// The outcome of a cell.
public struct CellOutcome: Codable, Sendable {
  /// The end that a cell came to.
  public enum State: Codable, Sendable, Hashable {
    /// The cell ran to its end.
    case done
    /// The error, at a Markdown line.
    case failed(Diagnostic)
    /// The cell did not run, because this one, whose values or declarations it uses, did not succeed.
    case skipped(because: Int)
    /// The run ended before it reached the cell.
    case notReached
    /// `//| eval: false`.
    case notEvaluated
  }

  /// The cell's number in document order, from 1.
  public var id: Int
  /// The end of the cell.
  public var state: State
  /// The text that the cell printed.
  public var printed: String
  /// The value of its last expression; empty without one.
  public var shown: [Presentation]
  /// The time that the cell took with the stages that it called, in seconds.
  public var seconds: Double

  /// An outcome, by default of a cell that printed and showed nothing.
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
  /// The expression's number in document order, from 1.
  public var id: Int
  /// The text that takes the expression's place; `nil` when it has no value.
  public var text: String?
  /// The reason for having no value.
  public var failure: String?

  /// An outcome with a text or a failure.
  public init(id: Int, text: String?, failure: String? = nil) {
    self.id = id
    self.text = text
    self.failure = failure
  }
}

/// The outcome of a stage call.
public struct StageOutcome: Codable, Sendable {
  /// The end that a call came to.
  public enum State: Codable, Sendable, Hashable {
    /// The output was in the store.
    case cached
    /// The stage ran.
    case ran
    /// The stage threw, trapped or was killed.
    case failed(message: String)
  }

  /// The cell and line of the call.
  public var place: CellPlace
  /// The stage's name.
  public var stage: String
  /// The name of its output in the store; empty until the run's version is written.
  public var artifact: String
  /// The digest of everything that the result depends on.
  public var key: Digest
  /// The parts of ``key``, `stage` and `code` first; empty when the key could not be computed.
  public var components: [KeyComponent]
  /// The end of the call.
  public var state: State
  /// The reason for running: `new`, or the components that changed; `nil` for a cached output.
  public var reason: String?
  /// The format, digest and size of the output; `nil` after a failure.
  public var output: OutputSummary?
  /// The time at which computing began, in Unix seconds: before this run for a cached output.
  public var computed: Double
  /// The cost of computing the output, in this run or an earlier one.
  public var cost: RunCost
  /// The outputs of the stages that it called while it ran, each once.
  public var calls: [DynamicInput]

  /// An outcome, by default of a stage that cost nothing and has no output.
  public init(
    place: CellPlace, stage: String, artifact: String = "", key: Digest, components: [KeyComponent], state: State,
    reason: String? = nil, output: OutputSummary? = nil, computed: Double, cost: RunCost = .none,
    calls: [DynamicInput] = []
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
    self.cost = cost
    self.calls = calls
  }

  private enum CodingKeys: String, CodingKey {
    case place, stage, artifact, key, components, state, reason, output, computed, calls
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      place: try values.decode(CellPlace.self, forKey: .place),
      stage: try values.decode(String.self, forKey: .stage),
      artifact: try values.decode(String.self, forKey: .artifact),
      key: try values.decode(Digest.self, forKey: .key),
      components: try values.decode([KeyComponent].self, forKey: .components),
      state: try values.decode(State.self, forKey: .state),
      reason: try values.decodeIfPresent(String.self, forKey: .reason),
      output: try values.decodeIfPresent(OutputSummary.self, forKey: .output),
      computed: try values.decode(Double.self, forKey: .computed),
      cost: try RunCost(from: decoder),
      calls: try values.decodeIfPresent([DynamicInput].self, forKey: .calls) ?? [])
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(place, forKey: .place)
    try values.encode(stage, forKey: .stage)
    try values.encode(artifact, forKey: .artifact)
    try values.encode(key, forKey: .key)
    try values.encode(components, forKey: .components)
    try values.encode(state, forKey: .state)
    try values.encodeIfPresent(reason, forKey: .reason)
    try values.encodeIfPresent(output, forKey: .output)
    try values.encode(computed, forKey: .computed)
    try cost.encode(to: encoder)
    if !calls.isEmpty { try values.encode(calls, forKey: .calls) }
  }
}
