internal import Provenance

/// Broken or left-out records by kind, each with one example: noted, never fatal, unless everything is broken.
struct FaultCounts: Sendable {
  private var kinds: [String: (count: Int, example: String)] = [:]

  /// Counts a record.
  mutating func add(_ kind: String, _ example: String) {
    kinds[kind, default: (0, example)].count += 1
  }

  /// How many there were of all kinds.
  var total: Int { kinds.values.reduce(0) { $0 + $1.count } }

  /// Notes each kind in the report.
  func note(in context: StageContext) {
    for (kind, found) in kinds.sorted(by: { $0.key < $1.key }) {
      context.note("\(found.count) \(kind), for instance \(found.example)")
    }
  }

  /// - Throws: ``DatasetsError`` when nothing is left.
  func check(kept: Int, operation: String, subject: String) throws {
    guard kept == 0 else { return }
    let all = kinds.sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key), for instance \($0.value.example)" }
    throw DatasetsError(
      operation: operation, subject: subject,
      cause: "nothing in it can be used: \(all.isEmpty ? "it is empty" : all.joined(separator: "; "))")
  }
}
