package import Attestation
package import Core

/// The statements of several machines about one notebook, side by side.
package struct AttestationComparison: Codable, Sendable {
  /// One statement.
  package struct Column: Codable, Sendable {
    /// SHA-256 of the envelope.
    package var attestation: Digest
    /// The signer; `nil` when the signature is not of these bytes.
    package var signer: Signer?
    /// The fault of the signature; `nil` for a good one.
    package var fault: String?
    /// The time of the execution's start, in seconds since 1970 UTC.
    package var started: Double
    /// The project's commit; `nil` when the project was in no repository.
    package var source: SourceState?
    /// SHA-256 of the notebook's file.
    package var notebookDigest: Digest
    /// True when the stages could read nothing undeclared and reach no network.
    package var isSandboxed: Bool
    /// The tolerance that counted as equivalent, in words; `nil` when only equal bytes counted.
    package var tolerance: String?
    /// The verdict on the notebook as a whole.
    package var verdict: String
    /// The facets of the environment in which the stages ran, by name.
    package var environment: [String: String]
  }

  /// The result of one stage in one statement.
  package struct Cell: Codable, Sendable, Hashable {
    /// The stage's key.
    package var key: Digest
    /// The digest of the output's content.
    package var output: Digest
    /// The verdict on the output compared with the lock.
    package var verdict: String
  }

  /// One output, with its result in each statement.
  package struct Row: Codable, Sendable {
    /// The output's name in the lock.
    package var artifact: String
    /// The stage's name.
    package var stage: String
    /// A cell for each column; `nil` where the statement does not have the output.
    package var cells: [Cell?]
    /// True when equal keys have equal outputs.
    package var agrees: Bool
    /// True when all cells have the same key.
    package var isSameKey: Bool
  }

  /// The statements.
  package var columns: [Column]
  /// The outputs, in the order in which the statements name them first.
  package var rows: [Row]

  /// Compares statements.
  /// - Parameters:
  ///   - attestations: the attestations of one notebook, in the order of the columns.
  ///   - allowedSigners: a file of allowed signers; without one every key is unknown.
  package init(_ attestations: [Attestation], allowedSigners: String?) {
    columns = attestations.map { attestation in
      let predicate = attestation.statement.predicate
      var column = Column(
        attestation: attestation.digest, started: predicate.started, source: predicate.source,
        notebookDigest: predicate.notebookDigest, isSandboxed: predicate.isSandboxed, tolerance: predicate.tolerance,
        verdict: predicate.verdict, environment: predicate.environment)
      do throws(OperationError) { column.signer = try attestation.signer(allowedSigners: allowedSigners) } catch {
        column.fault = error.cause
      }
      return column
    }

    var order: [String] = []
    var stages: [String: String] = [:]
    var cells: [String: [Cell?]] = [:]
    for (position, attestation) in attestations.enumerated() {
      for stage in attestation.statement.predicate.stages {
        if cells[stage.artifact] == nil {
          order.append(stage.artifact)
          stages[stage.artifact] = stage.stage
          cells[stage.artifact] = Array(repeating: nil, count: attestations.count)
        }
        cells[stage.artifact]?[position] = Cell(key: stage.key, output: stage.output, verdict: stage.verdict)
      }
    }

    // Different keys may have different outputs; equal keys may not.
    rows = order.map { artifact in
      let cells = cells[artifact] ?? []
      let present = cells.compactMap { $0 }
      let outputs = Dictionary(grouping: present, by: \.key).mapValues { Set($0.map(\.output)).count }
      return Row(
        artifact: artifact, stage: stages[artifact] ?? "", cells: cells, agrees: outputs.values.allSatisfy { $0 == 1 },
        isSameKey: outputs.count == 1)
    }
  }

  /// True when no two statements contradict each other, and all signatures are good.
  package var agrees: Bool { rows.allSatisfy(\.agrees) && columns.allSatisfy { $0.fault == nil } }
}
