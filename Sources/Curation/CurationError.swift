/// Curation that could not be done.
public struct CurationError: Error, CustomStringConvertible, Sendable {
  /// What was being done, such as `identify languages`.
  public let operation: String
  /// On what: a language or a file.
  public let subject: String
  /// Why it failed, and what to do where there is something to do.
  public let cause: String

  public init(operation: String, subject: String, cause: String) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
  }

  public var description: String { "cannot \(operation) (\(subject)): \(cause)" }
}
