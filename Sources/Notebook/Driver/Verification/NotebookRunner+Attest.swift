internal import Attestation
internal import Core
internal import Foundation
internal import NotebookRuntime
package import Report

extension NotebookRunner {
  /// Signs a verdict, and keeps the statement next to the report.
  /// - Parameters:
  ///   - verdict: the outcome of a verification of this notebook.
  ///   - key: an SSH key's file; the key that git signs with unless given.
  /// - Returns: the statement's path.
  /// - Throws: ``OperationError`` without a key, when signing fails, or when the notebook or its lock
  ///   file cannot be read.
  package func attest(_ verdict: Verdict, key: String?) throws -> String {
    let path = project.lock(named: verdict.name)
    guard let notebook = FileManager.default.contents(atPath: self.notebook),
      let lockBytes = FileManager.default.contents(atPath: path)
    else {
      throw OperationError(
        operation: "sign the verification", subject: "\(self.notebook), \(path)",
        cause: "one of them cannot be read, and the statement names both")
    }
    let lock = try LockFile(data: lockBytes, name: path)

    // A statement is about outputs that were made now, under the keys of the lock.
    let keys = Dictionary(lock.stages.map { ($0.artifact, $0.key) }) { first, _ in first }
    let stages = verdict.stages.compactMap { stage -> AttestedStage? in
      guard let fresh = stage.fresh, let key = keys[stage.artifact] else { return nil }
      let outcome = stage.outcome.isGood ? stage.outcome : .diverged
      return AttestedStage(
        artifact: stage.artifact, stage: stage.stage, key: key, output: fresh.digest, verdict: outcome.rawValue)
    }

    let tolerance = verdict.stages.compactMap(\.tolerance).max()
    let statement = Statement(
      notebook: verdict.notebook, name: verdict.name, notebookDigest: Digest(of: notebook),
      lockDigest: Digest(of: lockBytes),
      source: try SourceState.of(project: project.root), parameters: lock.parameters ?? [:], stages: stages,
      environment: verdict.environment, isSandboxed: verdict.isSandboxed, tolerance: tolerance.map { "\($0)" },
      verdict: verdict.isGood ? verdict.outcome.rawValue : Verdict.Outcome.diverged.rawValue, started: verdict.started,
      seconds: verdict.seconds)
    let attestation = try Attestation.sign(statement, key: key, project: project.root)
    return try attestation.write(into: project.attestations(named: verdict.name))
  }
}
