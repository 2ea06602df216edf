/// What went wrong when an artifact was written or read.
public struct ArtifactTypesError: Error, CustomStringConvertible, Sendable {
  /// What was being done, such as `read pairs`.
  public let operation: String
  /// On what: a file, with the line where that is known.
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
