package import Attestation
package import Core

/// What several machines say about one notebook, side by side.
package struct AttestationComparison: Codable, Sendable {
  /// One statement: a column.
  package struct Column: Codable, Sendable {
    /// SHA-256 of the envelope.
    package var attestation: Digest
    /// Who signed; `nil` when the signature is not of these bytes.
    package var signer: Signer?
    /// What is wrong with the signature.
    package var fault: String?
    package var started: Double
    package var source: SourceState?
    package var notebookDigest: Digest
    package var isSandboxed: Bool
    package var tolerance: String?
    package var verdict: String
    package var environment: [String: String]
  }

  /// What one statement says of one stage.
  package struct Cell: Codable, Sendable, Hashable {
    package var key: Digest
    package var output: Digest
    package var verdict: String
  }

  /// One output: a row, with a cell for each column that speaks of it.
  package struct Row: Codable, Sendable {
    package var artifact: String
    package var stage: String
    package var cells: [Cell?]
    /// Whether all that speak of the same key say the same output.
    package var agrees: Bool
    /// Whether all speak of the same key.
    package var isSameKey: Bool
  }

  package var columns: [Column]
  package var rows: [Row]

  /// - Parameters:
  ///   - attestations: of one notebook, in the order of the columns.
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
    rows = order.map { artifact in
      let cells = cells[artifact] ?? []
      let said = cells.compactMap { $0 }
      let outputs = Dictionary(grouping: said, by: \.key).mapValues { Set($0.map(\.output)).count }
      return Row(
        artifact: artifact, stage: stages[artifact] ?? "", cells: cells, agrees: outputs.values.allSatisfy { $0 == 1 },
        isSameKey: outputs.count == 1)
    }
  }

  /// Whether no two statements contradict each other, and all signatures are good.
  package var agrees: Bool { rows.allSatisfy(\.agrees) && columns.allSatisfy { $0.fault == nil } }
}
