package import ArtifactStore
package import Attestation
package import Core
internal import Foundation

/// What known signers have attested: which output a key has.
package struct AttestedOutputs: Sendable {
  private var outputs: [Digest: Set<Digest>] = [:]

  /// - Parameters:
  ///   - attestations: those with a bad signature or an unknown signer count for nothing, nor does a stage that diverged.
  ///   - allowedSigners: a file of allowed signers; `nil` means that nobody is known.
  ///   - refused: is told of each whose signature is not of its bytes.
  package init(_ attestations: [Attestation], allowedSigners: String?, refused: (OperationError) -> Void) {
    guard let allowedSigners else { return }
    for attestation in attestations {
      do throws(OperationError) {
        guard try attestation.signer(allowedSigners: allowedSigners).isKnown else { continue }
        for stage in attestation.statement.predicate.stages where stage.verdict != "diverged" {
          outputs[stage.key, default: []].insert(stage.output)
        }
      } catch { refused(error) }
    }
  }

  package func contains(_ record: StageRecord) -> Bool { outputs[record.key]?.contains(record.output.digest) ?? false }
}

/// The attestations of a project: beside its locks, and in its store.
package struct AttestationShelf {
  private let artifacts: String
  private let store: ArtifactStore

  /// - Parameter artifacts: the folder with a folder for each notebook.
  package init(artifacts: String, store: ArtifactStore) {
    self.artifacts = artifacts
    self.store = store
  }

  /// All of them, each once, in the order of their times.
  /// - Parameter refused: is told of each file that is none.
  package func all(refused: (OperationError) -> Void) throws -> [Attestation] {
    var found = Dictionary(local(refused: refused).map { ($0.digest, $0) }) { first, _ in first }
    for bytes in try store.files() {
      let digest = Digest(of: bytes)
      guard found[digest] == nil else { continue }
      do throws(OperationError) { found[digest] = try Attestation(bytes: bytes, name: digest.short) } catch {
        refused(error)
      }
    }
    return found.values.sorted {
      ($0.statement.predicate.started, $0.digest) < ($1.statement.predicate.started, $1.digest)
    }
  }

  /// Those beside the locks: they are committed with the project.
  package func local(refused: (OperationError) -> Void) -> [Attestation] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: artifacts)) ?? []
    return names.filter { $0 != "store.git" }.sorted().flatMap {
      Attestation.load(from: "\(artifacts)/\($0)/attestations", refused: refused)
    }
  }
}
