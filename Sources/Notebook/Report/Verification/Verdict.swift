package import Core

/// What a verification found: the material of its page.
package struct Verdict: Codable, Sendable {
  /// How one stage's fresh output relates to the recorded one.
  package enum Outcome: String, Codable, Sendable, CaseIterable, Comparable {
    /// The same bytes.
    case identical
    /// Other bytes, within the tolerance.
    case equivalent
    /// Something differs.
    case diverged
    /// The stage has no output now.
    case failed
    /// The lock has no such output.
    case unrecorded
    /// The notebook does not make it any more, or did not come to it.
    case missing

    package static func < (left: Outcome, right: Outcome) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Whether the recorded result stands.
    package var isGood: Bool { self == .identical || self == .equivalent }
  }

  /// One output of the lock, or of the notebook where the lock has none.
  package struct Stage: Codable, Sendable {
    /// The output's name in the lock.
    package var artifact: String
    package var stage: String
    /// The cell's label or number.
    package var cell: String
    /// The notebook's line of the call; `nil` when there is no call any more.
    package var line: Int?
    package var outcome: Outcome
    /// What the lock has.
    package var recorded: OutputSummary?
    /// What came out now.
    package var fresh: OutputSummary?
    /// The first record, row, tensor or line that differs, or why there is no output.
    package var detail: String?
    /// The largest relative or absolute difference of a number, and what was allowed; for an equivalent output.
    package var largestDifference: Double?
    package var tolerance: Double?
    /// How it came out on the recorded inputs, where those were not the ones of this run; `nil` when they were, or are not at hand.
    package var onRecordedInputs: Outcome?
    package var onRecordedInputsDetail: String?
    /// Components of the key that are not those of the lock: code or parameters that changed since, inputs that came out differently.
    package var keyChanges: [String]
    /// How long it took now.
    package var seconds: Double
    /// How long it took when it was recorded; `nil` when its record is not at hand.
    package var recordedSeconds: Double?

    package init(artifact: String, stage: String, cell: String, line: Int?, outcome: Outcome) {
      self.artifact = artifact
      self.stage = stage
      self.cell = cell
      self.line = line
      self.outcome = outcome
      keyChanges = []
      seconds = 0
    }

    /// Whether it diverges by itself: also where it gets the recorded inputs.
    package var divergesByItself: Bool? {
      guard outcome == .diverged || outcome == .failed else { return nil }
      return onRecordedInputs.map { !$0.isGood } ?? !inputsDiffer
    }

    /// Whether an input was another one than when it was recorded: an artifact, or a value.
    package var inputsDiffer = false
  }

  /// Something else than an output that a reader should know.
  package struct Finding: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable {
      /// A read of something that exists and was not declared.
      case undeclaredRead = "undeclared read"
      /// A look for something that does not exist.
      case probe
      /// A read of a font that the system has.
      case font
      /// A call over the network.
      case network
      /// A number in the prose that is not the result's any more.
      case prose
      /// A cell that failed.
      case cell
      /// The sandbox was left out.
      case sandbox
      /// Something that keeps a comparison from being made.
      case reference
    }
    package var kind: Kind
    /// The stage, or the cell, that it is about; empty for the notebook as a whole.
    package var stage: String
    /// The path, address or text.
    package var subject: String
    /// What it means, in a sentence.
    package var message: String
    /// The notebook's line; `nil` when it has none.
    package var line: Int?

    package init(kind: Kind, stage: String, subject: String, message: String, line: Int? = nil) {
      self.kind = kind
      self.stage = stage
      self.subject = subject
      self.message = message
      self.line = line
    }

    /// Whether the report cannot be believed as it is. A look for a file that is absent and the system's fonts are only told.
    package var isSerious: Bool { kind != .probe && kind != .font && kind != .sandbox }
  }

  /// A fact of the surroundings that is another one than at the time of the record.
  package struct EnvironmentChange: Codable, Sendable, Hashable {
    package var name: String
    package var recorded: String?
    package var now: String?

    package init(name: String, recorded: String?, now: String?) {
      self.name = name
      self.recorded = recorded
      self.now = now
    }
  }

  /// The notebook's path from the project's folder.
  package var notebook: String
  /// The name of the lock and branch.
  package var name: String
  package var started: Double
  package var seconds: Double
  package var isSandboxed: Bool
  /// How many of the lock's stages were executed; the others were taken as recorded because of `--stage` or `--sample`.
  package var executed: Int
  package var isSample: Bool
  /// In the notebook's order; those that were not executed are left out.
  package var stages: [Stage]
  package var findings: [Finding]
  /// How many blocks of prose with computed values agree with `report.md`; `nil` when there is no report.
  package var agreeingProse: Int?
  package var environment: [String: String]
  package var environmentChanges: [EnvironmentChange]

  package init(
    notebook: String, name: String, started: Double, seconds: Double, isSandboxed: Bool, executed: Int, isSample: Bool,
    stages: [Stage], findings: [Finding], agreeingProse: Int?, environment: [String: String],
    environmentChanges: [EnvironmentChange]
  ) {
    self.notebook = notebook
    self.name = name
    self.started = started
    self.seconds = seconds
    self.isSandboxed = isSandboxed
    self.executed = executed
    self.isSample = isSample
    self.stages = stages
    self.findings = findings
    self.agreeingProse = agreeingProse
    self.environment = environment
    self.environmentChanges = environmentChanges
  }

  /// `identical`, `equivalent` or `diverged`, for the notebook as a whole.
  package var outcome: Outcome {
    guard let worst = stages.map(\.outcome).max() else { return .missing }
    return worst.isGood ? worst : .diverged
  }

  /// Whether every recorded result stands and nothing undeclared was read.
  package var isGood: Bool { outcome.isGood && !findings.contains(where: \.isSerious) }

  /// The first stage that diverges by itself; where none is known to, the first that does not stand.
  package var firstDivergence: Stage? {
    stages.first { $0.divergesByItself == true } ?? stages.first { !$0.outcome.isGood }
  }

  package func count(_ outcome: Outcome) -> Int { stages.count { $0.outcome == outcome } }
}
