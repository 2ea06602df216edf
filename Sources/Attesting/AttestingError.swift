/// Something that could not be attested or checked: what, on what, why, and what to do about it.
package struct AttestingError: Error, Sendable, CustomStringConvertible {
  /// What was attempted, as in “cannot …”: `sign`.
  package let operation: String
  /// What it was attempted on.
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
