package import Core

/// Numbers of broken or left-out records by kind, each with its first examples. They are noted in the report; only when
/// nothing is left are they an error.
package struct FaultCounts: Sendable {
  /// The most examples of a kind that are kept.
  package let exampleLimit: Int
  private var kinds: [String: (count: Int, examples: [String])] = [:]

  /// Counts without a record.
  /// - Parameter examples: the most examples of a kind that are kept.
  package init(examples: Int = 1) { exampleLimit = examples }

  /// Counts a record.
  /// - Parameters:
  ///   - kind: the fault in the words that follow a number: `records are not JSON`.
  ///   - example: the place of the record, such as `a.jsonl:17`.
  package mutating func add(_ kind: String, _ example: @autoclosure () -> String) {
    var known = kinds.removeValue(forKey: kind) ?? (0, [])
    known.count += 1
    if known.examples.count < exampleLimit { known.examples.append(example()) }
    kinds[kind] = known
  }

  /// Adds the counts of later records.
  package mutating func merge(_ others: FaultCounts) {
    for (kind, other) in others.kinds {
      var known = kinds.removeValue(forKey: kind) ?? (0, [])
      known.count += other.count
      known.examples += other.examples.prefix(max(0, exampleLimit - known.examples.count))
      kinds[kind] = known
    }
  }

  /// The number of records of all kinds.
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

  /// Checks that something is left.
  /// - Parameters:
  ///   - kept: the number of records that can be used.
  ///   - operation: the operation in the error, such as `read the pictures`.
  ///   - subject: the file or folder in the error.
  /// - Throws: ``OperationError`` when `kept` is zero.
  package func check(kept: Int, operation: String, subject: String) throws {
    guard kept == 0 else { return }
    throw OperationError(
      operation: operation, subject: subject,
      cause: "nothing in it can be used: \(kinds.isEmpty ? "it is empty" : sentences.joined(separator: "; "))")
  }
}
