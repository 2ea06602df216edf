/// Something that could not be shared: what, with whom, why, and what to do about it.
package struct SharingError: Error, Sendable, CustomStringConvertible {
  /// What was attempted, as in “cannot …”: `pull from`.
  package let operation: String
  /// The remote, or its URL.
  package let subject: String
  package let reason: String
  package let advice: String

  package init(operation: String, subject: String, reason: String, advice: String) {
    self.operation = operation
    self.subject = subject
    self.reason = reason
    self.advice = advice
  }

  package var description: String { "cannot \(operation) \(subject): \(reason); \(advice)" }
}
