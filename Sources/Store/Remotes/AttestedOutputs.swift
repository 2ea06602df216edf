package import ArtifactStore
package import Attestation
package import Core
internal import Foundation

/// The outputs that known signers have attested, by key.
package struct AttestedOutputs: Sendable {
  private var outputs: [Digest: Set<Digest>] = [:]

  /// Collects the outputs of attestations. Those with a bad signature or an unknown signer are ignored, and so are
  /// stages that diverged.
  /// - Parameters:
  ///   - attestations: statements about any notebooks.
  ///   - allowedSigners: a file of allowed signers; with `nil` no signer is known.
  ///   - refused: called with the error of each attestation whose signature is not of its bytes.
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

  /// True when a known signer has attested the record's output for its key.
  package func contains(_ record: StageRecord) -> Bool { outputs[record.key]?.contains(record.output.digest) ?? false }
}

/// The attestations of a project, which are beside its locks and in its store.
package struct AttestationShelf {
  private let project: Project
  private let store: ArtifactStore

  /// The attestations of a project and its store.
  package init(project: Project, store: ArtifactStore) {
    self.project = project
    self.store = store
  }

  /// All attestations, each once, in the order of their times.
  /// - Parameter refused: called with the error of each file that is no attestation.
  /// - Throws: an error of the store when it cannot be read.
  package func all(refused: (OperationError) -> Void) throws -> [Attestation] {
    var found = Dictionary(local(refused: refused).map { ($0.digest, $0) }) { first, _ in first }
    for bytes in try store.attestationFiles() {
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

  /// The attestations beside the locks, which are committed with the project.
  /// - Parameter refused: called with the error of each file that is no attestation.
  package func local(refused: (OperationError) -> Void) -> [Attestation] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: project.artifacts)) ?? []
    return names.filter { $0 != "store.git" }.sorted().flatMap {
      Attestation.load(from: project.attestations(named: $0), refused: refused)
    }
  }
}
