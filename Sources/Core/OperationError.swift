/// An operation that failed: the action, its subject, the cause, and the advice if there is any.
///
/// Every module reports failures in this form. Errors whose causes callers switch over have types of their own, such as
/// `StoreError` and ``TableError``. ``description`` is the message that a person reads.
public struct OperationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The action, in the form that follows "cannot": `read pairs`.
  public let operation: String
  /// The subject of the action: a file, with the line if it is known, a language, a remote, shapes.
  public let subject: String
  /// The reason and, where there is something to do about it, the advice.
  public let cause: String
  /// True for a file that ends too early, as after an interrupted download; everything before its end is good.
  public let endsEarly: Bool

  /// An error with the message `cannot OPERATION (SUBJECT): CAUSE`.
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
  /// An error whose cause is a reason with advice: `cannot OPERATION (SUBJECT): REASON; ADVICE`.
  package init(operation: String, subject: String, reason: String, advice: String) {
    self.init(operation: operation, subject: subject, cause: "\(reason); \(advice)")
  }
}
