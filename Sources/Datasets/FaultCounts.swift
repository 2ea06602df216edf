internal import Provenance

/// Broken or left-out records by kind, each with its first examples: noted, never fatal, unless everything is broken.
struct FaultCounts: Sendable {
  /// How many examples of a kind are kept.
  let exampleLimit: Int
  private var kinds: [String: (count: Int, examples: [String])] = [:]

  init(examples: Int = 1) { exampleLimit = examples }

  /// Counts a record.
  /// - Parameters:
  ///   - kind: what is wrong, as the words after a number: `records are no JSON`.
  ///   - example: which record, such as `a.jsonl:17`.
  mutating func add(_ kind: String, _ example: @autoclosure () -> String) {
    var known = kinds.removeValue(forKey: kind) ?? (0, [])
    known.count += 1
    if known.examples.count < exampleLimit { known.examples.append(example()) }
    kinds[kind] = known
  }

  /// Adds the counts of what comes after.
  mutating func merge(_ others: FaultCounts) {
    for (kind, other) in others.kinds {
      var known = kinds.removeValue(forKey: kind) ?? (0, [])
      known.count += other.count
      known.examples += other.examples.prefix(max(0, exampleLimit - known.examples.count))
      kinds[kind] = known
    }
  }

  /// How many there were of all kinds.
  var total: Int { kinds.values.reduce(0) { $0 + $1.count } }

  /// A sentence for each kind, in the order of the kinds.
  private var sentences: [String] {
    kinds.sorted { $0.key < $1.key }.map { kind, found in
      "\(found.count) \(kind), for instance \(found.examples.joined(separator: ", "))"
    }
  }

  /// Notes each kind in the report.
  func note(in context: StageContext) {
    for sentence in sentences { context.note(sentence) }
  }

  /// - Throws: ``DatasetsError`` when nothing is left.
  func check(kept: Int, operation: String, subject: String) throws {
    guard kept == 0 else { return }
    throw DatasetsError(
      operation: operation, subject: subject,
      cause: "nothing in it can be used: \(kinds.isEmpty ? "it is empty" : sentences.joined(separator: "; "))")
  }
}
