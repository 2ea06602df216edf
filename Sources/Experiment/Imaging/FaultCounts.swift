package import Core

/// Broken or left-out records by kind, each with its first examples: noted, never fatal, unless everything is broken.
package struct FaultCounts: Sendable {
  /// How many examples of a kind are kept.
  package let exampleLimit: Int
  private var kinds: [String: (count: Int, examples: [String])] = [:]

  package init(examples: Int = 1) { exampleLimit = examples }

  /// Counts a record.
  /// - Parameters:
  ///   - kind: what is wrong, as the words after a number: `records are no JSON`.
  ///   - example: which record, such as `a.jsonl:17`.
  package mutating func add(_ kind: String, _ example: @autoclosure () -> String) {
    var known = kinds.removeValue(forKey: kind) ?? (0, [])
    known.count += 1
    if known.examples.count < exampleLimit { known.examples.append(example()) }
    kinds[kind] = known
  }

  /// Adds the counts of what comes after.
  package mutating func merge(_ others: FaultCounts) {
    for (kind, other) in others.kinds {
      var known = kinds.removeValue(forKey: kind) ?? (0, [])
      known.count += other.count
      known.examples += other.examples.prefix(max(0, exampleLimit - known.examples.count))
      kinds[kind] = known
    }
  }

  /// How many there were of all kinds.
  package var total: Int { kinds.values.reduce(0) { $0 + $1.count } }

  /// A sentence for each kind, in the order of the kinds.
  private var sentences: [String] {
    kinds.sorted { $0.key < $1.key }.map { kind, found in
      "\(found.count) \(kind), for instance \(found.examples.joined(separator: ", "))"
    }
  }

  /// Notes each kind in the report.
  package func note(in context: StageContext) {
    for sentence in sentences { context.note(sentence) }
  }

  /// - Throws: ``OperationError`` when nothing is left.
  package func check(kept: Int, operation: String, subject: String) throws {
    guard kept == 0 else { return }
    throw OperationError(
      operation: operation, subject: subject,
      cause: "nothing in it can be used: \(kinds.isEmpty ? "it is empty" : sentences.joined(separator: "; "))")
  }
}
