/// Something that stopped a command: what failed, on what, and what to do.
package struct DriverError: Error, CustomStringConvertible, Sendable {
  package let message: String
  package var description: String { message }

  package init(_ message: String) { self.message = message }
}
