/// A fault at a place in a file, in words that help the reader to repair it.
public struct Diagnostic: Codable, Hashable, Sendable, Error {
  /// The weight of a fault: an error stops a run, a warning and a note do not.
  public enum Severity: String, Codable, Sendable { case error, warning, note }

  /// The weight of the fault.
  public var severity: Severity
  /// The fault, its subject and the advice, without a full stop at the end.
  public var message: String
  /// The file as the user named it.
  public var file: String
  /// From 1.
  public var line: Int
  /// From 1, in UTF-8 bytes.
  public var column: Int

  /// A fault at a line and column, both from 1.
  public init(_ severity: Severity = .error, _ message: String, file: String, line: Int, column: Int = 1) {
    self.severity = severity
    self.message = message
    self.file = file
    self.line = line
    self.column = column
  }
}

extension Diagnostic: CustomStringConvertible {
  /// `file:line:column: error: message`, as compilers write it.
  public var description: String { "\(file):\(line):\(column): \(severity.rawValue): \(message)" }
}
