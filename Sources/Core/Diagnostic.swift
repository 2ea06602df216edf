/// Something wrong in a place of a file, said so that the reader can mend it.
public struct Diagnostic: Codable, Hashable, Sendable, Error {
  public enum Severity: String, Codable, Sendable { case error, warning, note }

  public var severity: Severity
  /// What is wrong, on what, and what to do; no trailing full stop needed.
  public var message: String
  /// The file as the user named it.
  public var file: String
  /// From 1.
  public var line: Int
  /// From 1, in UTF-8 bytes.
  public var column: Int

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
