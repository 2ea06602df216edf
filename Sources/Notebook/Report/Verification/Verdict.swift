package import Core

/// The outcome of a verification, for its page and its JSON.
package struct Verdict: Codable, Sendable {
  /// The relation of a stage's fresh output to the recorded one, from good to bad.
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
    /// The notebook does not make it any more, or did not reach it.
    case missing

    /// Orders outcomes from good to bad.
    package static func < (left: Outcome, right: Outcome) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// True when the fresh output confirms the recorded one.
    package var isGood: Bool { self == .identical || self == .equivalent }
  }

  /// One output of the lock, or of the notebook where the lock has none.
  package struct Stage: Codable, Sendable {
    /// The output's name in the lock.
    package var artifact: String
    /// The stage's type.
    package var stage: String
    /// The cell's label or number.
    package var cell: String
    /// The notebook's line of the call; `nil` when there is no call any more.
    package var line: Int?
    /// The comparison of ``fresh`` with ``recorded``.
    package var outcome: Outcome
    /// The output in the lock.
    package var recorded: OutputSummary?
    /// The output of this verification.
    package var fresh: OutputSummary?
    /// The first record, row, tensor or line that differs, or the reason for a missing output.
    package var detail: String?
    /// The largest relative or absolute difference of a number in an equivalent output.
    package var largestDifference: Double?
    /// The difference that was allowed in an equivalent output.
    package var tolerance: Double?
    /// The outcome on the recorded inputs, where those differ from the inputs of this run; `nil` when they do not,
    /// or when they are not available.
    package var onRecordedInputs: Outcome?
    /// The first record, row, tensor or line that differs on the recorded inputs.
    package var onRecordedInputsDetail: String?
    /// The components of the key that differ from the lock's: code or parameters that changed since, other inputs.
    package var keyChanges: [String]
    /// The time that the stage took now.
    package var seconds: Double
    /// The time that the stage took when it was recorded; `nil` when its record is not available.
    package var recordedSeconds: Double?

    /// An output with nothing but its outcome.
    package init(artifact: String, stage: String, cell: String, line: Int?, outcome: Outcome) {
      self.artifact = artifact
      self.stage = stage
      self.cell = cell
      self.line = line
      self.outcome = outcome
      keyChanges = []
      seconds = 0
    }

    /// True when it diverges on the recorded inputs too, false when only because of its inputs; `nil` for an output
    /// that does not diverge.
    package var divergesByItself: Bool? {
      guard outcome == .diverged || outcome == .failed else { return nil }
      return onRecordedInputs.map { !$0.isGood } ?? !inputsDiffer
    }

    /// True when an input, an artifact or a value, differs from the recorded one.
    package var inputsDiffer = false
  }

  /// A fact about the verification, other than an output, that a reader should know.
  package struct Finding: Codable, Sendable, Hashable {
    /// The kinds of findings, under their names in JSON.
    package enum Kind: String, Codable, Sendable {
      /// A read of something that exists and was not declared.
      case undeclaredRead = "undeclared read"
      /// A look for something that does not exist.
      case probe
      /// A read of a font that the system has.
      case font
      /// A call over the network.
      case network
      /// A number in the prose that is no longer the result.
      case prose
      /// A cell that failed.
      case cell
      /// The sandbox was left out.
      case sandbox
      /// Something that keeps a comparison from being made.
      case reference
    }
    /// The kind of finding.
    package var kind: Kind
    /// The stage, or the cell, that it is about; empty for the notebook as a whole.
    package var stage: String
    /// The path, address or text.
    package var subject: String
    /// The meaning of the finding, in a sentence.
    package var message: String
    /// The notebook's line; `nil` when it has none.
    package var line: Int?

    /// A finding about a subject, at a line of the notebook if it has one.
    package init(kind: Kind, stage: String, subject: String, message: String, line: Int? = nil) {
      self.kind = kind
      self.stage = stage
      self.subject = subject
      self.message = message
      self.line = line
    }

    /// True when the report cannot be trusted because of it: a look for an absent file, a font of the system and a
    /// missing sandbox are only reported.
    package var isSerious: Bool { kind != .probe && kind != .font && kind != .sandbox }
  }

  /// A fact of the environment that differs from the record.
  package struct EnvironmentChange: Codable, Sendable, Hashable {
    /// The name of the facet, such as the system or the compiler.
    package var name: String
    /// Its value in the record; `nil` when it has none.
    package var recorded: String?
    /// Its value now; `nil` when it has none.
    package var now: String?

    /// A facet with its two values.
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
  /// The instant at which the verification began, in seconds since 1970.
  package var started: Double
  /// The time that the verification took.
  package var seconds: Double
  /// True when stages were executed in a sandbox.
  package var isSandboxed: Bool
  /// The number of the lock's stages that were executed; the others were taken as recorded because of `--stage` or
  /// `--sample`.
  package var executed: Int
  /// True when some stages were taken as recorded.
  package var isSample: Bool
  /// The outputs in the notebook's order; those that were not executed are left out.
  package var stages: [Stage]
  /// The findings in the order in which they came up.
  package var findings: [Finding]
  /// The number of blocks of prose with computed values that agree with `report.md`; `nil` when there is no report.
  package var agreeingProse: Int?
  /// The facets of the environment now, by name.
  package var environment: [String: String]
  /// The facets that differ from the record.
  package var environmentChanges: [EnvironmentChange]

  /// The outcome of a whole verification.
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

  /// True when every recorded result is confirmed and no finding is serious.
  package var isGood: Bool { outcome.isGood && !findings.contains(where: \.isSerious) }

  /// The first stage that diverges by itself; where none is known to, the first that is not good.
  package var firstDivergence: Stage? {
    stages.first { $0.divergesByItself == true } ?? stages.first { !$0.outcome.isGood }
  }

  /// The number of outputs with an outcome.
  package func count(_ outcome: Outcome) -> Int { stages.count { $0.outcome == outcome } }
}
