/// An operation that failed: what was tried, on what, why, and what to do about it.
///
/// One shape for what stops an operation in any module; errors whose causes callers switch over (`StoreError`, ``TableError``) have types
/// of their own. ``description`` is the message that a person reads.
public struct OperationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The action, as it stands after "cannot": `read pairs`.
  public let operation: String
  /// The thing acted on: a file with the line where it is known, a language, a remote, shapes.
  public let subject: String
  /// The reason and, where there is something to do about it, the advice.
  public let cause: String
  /// True for a file that ends before its format says so, as after an interrupted download: everything up to there is good.
  public let endsEarly: Bool

  public init(operation: String, subject: String, cause: String, endsEarly: Bool = false) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
    self.endsEarly = endsEarly
  }

  /// `cannot read pairs (pairs.jsonl, line 3): it is not JSON`.
  public var description: String { "cannot \(operation) (\(subject)): \(cause)" }
}

extension OperationError {
  /// The same with the advice in a sentence part of its own: the cause reads `REASON; ADVICE`.
  package init(operation: String, subject: String, reason: String, advice: String) {
    self.init(operation: operation, subject: subject, cause: "\(reason); \(advice)")
  }
}
