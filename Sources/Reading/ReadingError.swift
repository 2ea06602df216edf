/// A file, picture or data set that could not be read at all. Single broken records are counted and noted instead.
public struct ReadingError: Error, CustomStringConvertible, Sendable {
  /// What was being done, such as `read emoji`.
  public let operation: String
  /// On what: a file or folder.
  public let subject: String
  /// Why it failed, and what to do where there is something to do.
  public let cause: String
  /// Whether a file ends before its format says so, as one does whose download was interrupted: everything up to there is good.
  public let endsEarly: Bool

  public init(operation: String, subject: String, cause: String, endsEarly: Bool = false) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
    self.endsEarly = endsEarly
  }

  public var description: String { "cannot \(operation) (\(subject)): \(cause)" }
}
