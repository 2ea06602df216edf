package import Core
internal import Processes

/// What one machine says about one notebook after it executed it again: an in-toto Statement, version 1.
///
/// Source: in-toto Attestation Framework, spec v1, “Statement” and “ResourceDescriptor”. Its subjects are the outputs; its predicate is
/// ``Predicate``. It holds nothing that is ever executed.
package struct Statement: Codable, Sendable, Hashable {
  /// An output, named by what its bytes hash to.
  package struct Subject: Codable, Sendable, Hashable {
    package var name: String
    /// `sha256`: for an artifact of one file that file's SHA-256, for several the digest of their names, sizes and digests.
    package var digest: [String: String]
  }

  package static let type = "https://in-toto.io/Statement/v1"
  package static let predicateType = "urn:colophon:verification:1"

  package private(set) var type: String
  package private(set) var subject: [Subject]
  package private(set) var predicateType: String
  package private(set) var predicate: Predicate

  private enum CodingKeys: String, CodingKey {
    case type = "_type"
    case subject, predicateType, predicate
  }

  /// - Parameters:
  ///   - notebook: its path from the project's folder.
  ///   - name: the name of its lock and branch: the notebook's, or that of a run with other parameters.
  ///   - notebookDigest: SHA-256 of the notebook's file.
  ///   - lockDigest: SHA-256 of the `lock.json` that was the reference.
  ///   - source: the project's commit; `nil` when the project is in no repository.
  ///   - parameters: the values of the run's parameters, by name, as the lock has them.
  ///   - stages: in the notebook's order.
  ///   - environment: what the stages ran on, by name.
  ///   - isSandboxed: whether the stages could read nothing undeclared and no network.
  ///   - tolerance: the tolerance that counted as equivalent, in words; `nil` when only equal bytes counted.
  ///   - verdict: of the notebook as a whole: `identical`, `equivalent` or `diverged`.
  ///   - started: seconds since 1970 UTC.
  ///   - seconds: how long it took.
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

  /// What is wrong with a statement that decoded; `nil` when nothing is.
  var fault: String? {
    if type != Self.type { return "its type is \(type), not \(Self.type)" }
    if predicateType != Self.predicateType { return "its predicate is \(predicateType), not \(Self.predicateType)" }
    let outputs = predicate.stages.map { Subject(name: $0.artifact, digest: ["sha256": $0.output.hexadecimal]) }
    return subject == outputs ? nil : "its subjects are not the outputs of its stages"
  }
}

/// What a ``Statement`` says besides the names of its outputs.
package struct Predicate: Codable, Sendable, Hashable {
  package var notebook: String
  package var name: String
  package var notebookDigest: Digest
  package var lockDigest: Digest?
  package var source: SourceState?
  package var parameters: [String: String]
  package var stages: [AttestedStage]
  package var environment: [String: String]
  package var isSandboxed: Bool
  package var tolerance: String?
  package var verdict: String
  package var started: Double
  package var seconds: Double
}

/// One stage that a machine executed again.
package struct AttestedStage: Codable, Sendable, Hashable {
  /// The output's name in the lock.
  package var artifact: String
  package var stage: String
  package var key: Digest
  /// What this machine's own execution made: the content's digest.
  package var output: Digest
  /// How that compares with the lock: `identical`, `equivalent` or `diverged`.
  package var verdict: String

  package init(artifact: String, stage: String, key: Digest, output: Digest, verdict: String) {
    self.artifact = artifact
    self.stage = stage
    self.key = key
    self.output = output
    self.verdict = verdict
  }
}

/// The commit that a project is at, and whether its files differ from it.
package struct SourceState: Codable, Sendable, Hashable {
  /// 40 hexadecimal digits.
  package var commit: String
  /// Whether tracked files have changes that are not committed.
  package var isDirty: Bool

  package init(commit: String, isDirty: Bool) {
    self.commit = commit
    self.isDirty = isDirty
  }

  /// The state of the repository that a folder belongs to; `nil` when there is none or it has no commit.
  /// - Throws: ``OperationError`` when git cannot be started.
  package static func of(project: String) throws(OperationError) -> SourceState? {
    let head = try ToolRun("git", ["-C", project, "rev-parse", "--verify", "--quiet", "HEAD^{commit}"], input: [])
    guard head.succeeded, head.text.count == 40 else { return nil }
    let status = try ToolRun("git", ["-C", project, "status", "--porcelain", "--untracked-files=no"], input: [])
    return SourceState(commit: head.text, isDirty: !status.succeeded || !status.output.isEmpty)
  }
}
