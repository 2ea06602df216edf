/// A program that could not be started, shut in or watched.
package struct SandboxError: Error, CustomStringConvertible, Sendable {
  /// What was tried, for instance `start the program`.
  package let operation: String
  /// The program or folder.
  package let subject: String
  package let cause: String

  package init(operation: String, subject: String, cause: String) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
  }

  package var description: String { "cannot \(operation) \(subject): \(cause)" }
}
