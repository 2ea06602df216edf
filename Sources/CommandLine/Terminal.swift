internal import Differences
internal import Driver
internal import Foundation
internal import Glibc
internal import Notebook
internal import TextFormatting

/// Standard output for data, standard error for people.
enum Terminal {
  /// Whether standard error is a terminal that understands cursor movements.
  static var isLive: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
      && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
  }

  /// Text as it is, for programs and of our own making.
  static func print(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

  /// Text with names and words from elsewhere, none of which can steer the terminal.
  static func tell(_ text: String) { print(TerminalWidth.safeLines(text)) }

  /// Content as it is for a file or a pipe; for a terminal so that it cannot steer it. Ends no line.
  static func pass(_ text: String) {
    FileHandle.standardOutput.write(Data((isatty(STDOUT_FILENO) == 1 ? TerminalWidth.safeLines(text) : text).utf8))
  }

  static func error(_ text: String) {
    FileHandle.standardError.write(Data((TerminalWidth.safeLines(text) + "\n").utf8))
  }

  /// JSON with sorted keys, for machines.
  static func print(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The width of the terminal on standard error; 80 when it is not known.
  static var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  static func status(of error: any Error) -> Int32 {
    switch error {
    case is Interrupted: 130
    case is SettingError: 64
    default: 1
    }
  }

  /// A table of texts with aligned columns.
  static func table(_ rows: [[String]]) -> String {
    let rows = rows.map { $0.map(TerminalWidth.safe) }
    let widths = (rows.first ?? []).indices.map { column in rows.map { TerminalWidth.of($0[column]) }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { text, width in text + String(repeating: " ", count: width - TerminalWidth.of(text)) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }
}
