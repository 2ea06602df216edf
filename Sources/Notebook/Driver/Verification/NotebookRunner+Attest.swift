internal import Attestation
internal import Core
internal import Foundation
internal import NotebookRuntime
package import Report

extension NotebookRunner {
  /// Signs what a verification found and keeps the statement beside the report.
  /// - Parameter key: an SSH key's file; the one that git signs with unless given.
  /// - Returns: the statement's path.
  /// - Throws: ``OperationError`` without a key, or when signing fails; ``DriverError`` when the notebook is gone.
  package func attest(_ verdict: Verdict, key: String?) throws -> String {
    let path = project.lock(named: verdict.name)
    guard let notebook = FileManager.default.contents(atPath: self.notebook),
      let lockBytes = FileManager.default.contents(atPath: path)
    else { throw DriverError("cannot read \(self.notebook) or \(path): both are named in the statement") }
    let lock = try LockFile(data: lockBytes, name: path)
    let keys = Dictionary(lock.stages.map { ($0.artifact, $0.key) }) { first, _ in first }
    let stages = verdict.stages.compactMap { stage -> AttestedStage? in
      guard let fresh = stage.fresh, let key = keys[stage.artifact] else { return nil }
      let outcome = stage.outcome.isGood ? stage.outcome : .diverged
      return AttestedStage(
        artifact: stage.artifact, stage: stage.stage, key: key, output: fresh.digest, verdict: outcome.rawValue)
    }
    let equivalent = verdict.stages.compactMap(\.tolerance).max()
    let statement = Statement(
      notebook: verdict.notebook, name: verdict.name, notebookDigest: Digest(of: notebook),
      lockDigest: Digest(of: lockBytes),
      source: try SourceState.of(project: project.root), parameters: lock.parameters ?? [:], stages: stages,
      environment: verdict.environment, isSandboxed: verdict.isSandboxed, tolerance: equivalent.map { "\($0)" },
      verdict: verdict.isGood ? verdict.outcome.rawValue : Verdict.Outcome.diverged.rawValue, started: verdict.started,
      seconds: verdict.seconds)
    let attestation = try Attestation.sign(statement, key: key, project: project.root)
    return try attestation.write(into: project.reports(named: verdict.name) + "/attestations")
  }
}
