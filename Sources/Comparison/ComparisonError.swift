/// What could not be compared, and why.
package struct ComparisonError: Error, Equatable, CustomStringConvertible, Sendable {
  /// What was being done, such as `read safetensors`.
  package let operation: String
  /// On what: a file, with the line or tensor where that is known.
  package let subject: String
  /// Why it failed, and what to do where there is something to do.
  package let cause: String

  package init(operation: String, subject: String, cause: String) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
  }

  package var description: String { "cannot \(operation) (\(subject)): \(cause)" }
}
