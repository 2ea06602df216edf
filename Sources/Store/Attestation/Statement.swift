package import Core
internal import Processes

/// The statement of one machine about one notebook that it executed again: an in-toto Statement, version 1.
///
/// Source: in-toto Attestation Framework, spec v1, “Statement” and “ResourceDescriptor”. Its subjects are the
/// outputs; its predicate is ``Predicate``. Nothing in it is ever executed.
package struct Statement: Codable, Sendable, Hashable {
  /// An output and the digest of its bytes.
  package struct Subject: Codable, Sendable, Hashable {
    /// The output's name in the lock.
    package var name: String
    /// The digest as hexadecimal under the key `sha256`: for an artifact of one file that file's SHA-256, for several
    /// the digest of their names, sizes and digests.
    package var digest: [String: String]
  }

  /// The type of every in-toto statement of version 1.
  package static let type = "https://in-toto.io/Statement/v1"
  /// The type of our predicates, with their version.
  package static let predicateType = "urn:colophon:verification:1"

  /// The type that the statement names, which is the one above in a valid statement.
  package private(set) var type: String
  /// The outputs, in the order of the stages.
  package private(set) var subject: [Subject]
  /// The type that the predicate has.
  package private(set) var predicateType: String
  /// The statement's content besides the subjects.
  package private(set) var predicate: Predicate

  private enum CodingKeys: String, CodingKey {
    case type = "_type"
    case subject, predicateType, predicate
  }

  /// A statement with the properties of its ``Predicate``, and the outputs of its stages as subjects.
  package init(
    notebook: String, name: String, notebookDigest: Digest, lockDigest: Digest? = nil, source: SourceState? = nil,
    parameters: [String: String] = [:], stages: [AttestedStage], environment: [String: String], isSandboxed: Bool,
    tolerance: String? = nil, verdict: String, started: Double, seconds: Double
  ) {
    type = Self.type
    predicateType = Self.predicateType
    subject = stages.map { Subject(name: $0.artifact, digest: ["sha256": $0.output.hexadecimal]) }
    predicate = Predicate(
      notebook: notebook, name: name, notebookDigest: notebookDigest, lockDigest: lockDigest, source: source,
      parameters: parameters, stages: stages, environment: environment, isSandboxed: isSandboxed, tolerance: tolerance,
      verdict: verdict, started: started, seconds: seconds)
  }

  /// The fault of a statement that could be decoded; `nil` for a valid one.
  var fault: String? {
    if type != Self.type { return "its type is \(type), not \(Self.type)" }
    if predicateType != Self.predicateType { return "its predicate is \(predicateType), not \(Self.predicateType)" }
    let outputs = predicate.stages.map { Subject(name: $0.artifact, digest: ["sha256": $0.output.hexadecimal]) }
    return subject == outputs ? nil : "its subjects are not the outputs of its stages"
  }
}

/// The content of a ``Statement`` besides the names of its outputs.
package struct Predicate: Codable, Sendable, Hashable {
  /// The notebook's path from the project's folder.
  package var notebook: String
  /// The name of the lock and the branch: the notebook's, or that of a run with other parameters.
  package var name: String
  /// SHA-256 of the notebook's file.
  package var notebookDigest: Digest
  /// SHA-256 of the `lock.json` that was the reference.
  package var lockDigest: Digest?
  /// The project's commit; `nil` when the project is in no repository.
  package var source: SourceState?
  /// The values of the run's parameters, by name, as in the lock.
  package var parameters: [String: String]
  /// The stages, in the notebook's order.
  package var stages: [AttestedStage]
  /// The facets of the environment in which the stages ran, by name.
  package var environment: [String: String]
  /// True when the stages could read nothing undeclared and reach no network.
  package var isSandboxed: Bool
  /// The tolerance that counted as equivalent, in words; `nil` when only equal bytes counted.
  package var tolerance: String?
  /// The verdict on the notebook as a whole: `identical`, `equivalent` or `diverged`.
  package var verdict: String
  /// The time of the start, in seconds since 1970 UTC.
  package var started: Double
  /// The duration in seconds.
  package var seconds: Double
}

/// One stage that a machine executed again.
package struct AttestedStage: Codable, Sendable, Hashable {
  /// The output's name in the lock.
  package var artifact: String
  /// The stage's name.
  package var stage: String
  /// The stage's key.
  package var key: Digest
  /// The digest of the content that this machine's own execution made.
  package var output: Digest
  /// The verdict on that output compared with the lock: `identical`, `equivalent` or `diverged`.
  package var verdict: String

  /// A stage with its output and verdict.
  package init(artifact: String, stage: String, key: Digest, output: Digest, verdict: String) {
    self.artifact = artifact
    self.stage = stage
    self.key = key
    self.output = output
    self.verdict = verdict
  }
}

/// The commit of a project's working tree.
package struct SourceState: Codable, Sendable, Hashable {
  /// The commit's name, 40 hexadecimal digits.
  package var commit: String
  /// True when tracked files have changes that are not committed.
  package var isDirty: Bool

  /// A commit, with or without uncommitted changes.
  package init(commit: String, isDirty: Bool) {
    self.commit = commit
    self.isDirty = isDirty
  }

  /// The state of the repository that a folder belongs to; `nil` for a folder outside of one, or without a commit.
  /// - Throws: ``OperationError`` when git cannot be started.
  package static func of(project: String) throws(OperationError) -> SourceState? {
    let head = try ToolRun("git", ["-C", project, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"], input: [])
    guard head.succeeded, head.text.count == 40 else { return nil }
    let status = try ToolRun("git", ["-C", project, "status", "--porcelain", "--untracked-files=no"], input: [])
    return SourceState(commit: head.text, isDirty: !status.succeeded || !status.output.isEmpty)
  }
}
