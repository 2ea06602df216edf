/// An operation on tensors that failed.
package struct TensorError: Error, CustomStringConvertible, Sendable {
  /// What was tried, for instance `matmul`.
  package let operation: String
  /// What it was tried on: element types and shapes, or a file.
  package let subject: String
  /// Why it failed.
  package let cause: String

  package init(operation: String, subject: String, cause: String) {
    self.operation = operation
    self.subject = subject
    self.cause = cause
  }

  package var description: String { "\(operation) failed on \(subject): \(cause)" }
}
