/// A data set that could not be read at all. Single broken records are counted and noted instead.
public struct DatasetsError: Error, CustomStringConvertible, Sendable {
  /// What was being done, such as `read emoji`.
  public let operation: String
  /// On what: a file or folder.
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
