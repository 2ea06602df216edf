/// An evaluation that cannot go on.
public struct EvaluationError: Error, CustomStringConvertible, Sendable {
  /// What was tried, for instance `fit the linear probe`.
  public let operation: String
  /// What it was tried on.
  public let subject: String
  /// Why it failed and, where there is something to do about it, what.
  public let cause: String

  package init(operation: String, subject: String, cause: String) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
  }

  public var description: String { "cannot \(operation) (\(subject)): \(cause)" }
}
