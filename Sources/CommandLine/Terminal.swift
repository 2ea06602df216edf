internal import Core
internal import Differences
internal import Driver
internal import Foundation
internal import Glibc
internal import Notebook
internal import TextFormatting

/// Standard output for data, standard error for people.
enum Terminal {
  /// True when standard error is a terminal that understands cursor movements.
  static var isLive: Bool {
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
      && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
  }

  /// Prints text unchanged: for programs, and text of our own making.
  static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

  /// Prints text with names and words from elsewhere, none of which can steer the terminal.
  static func tell(_ text: String) { print(TerminalWidth.safeLines(text)) }

  /// Prints content, without ending the line: unchanged for a file or a pipe, and for a terminal so that it cannot
  /// steer it.
  static func pass(_ text: String) {
    write(isatty(STDOUT_FILENO) == 1 ? TerminalWidth.safeLines(text) : text, to: STDOUT_FILENO)
  }

  /// Prints a message for people on standard error.
  static func error(_ text: String) { write(TerminalWidth.safeLines(text) + "\n", to: STDERR_FILENO) }

  /// Draws running stages on standard error, with control sequences.
  static func draw(_ text: String) { write(text, to: STDERR_FILENO) }

  /// A failure is ignored: a terminal that was closed, or a reader that has ended, is no reason to lose a result.
  /// Foundation's `FileHandle` would trap.
  private static func write(_ text: String, to descriptor: Int32) {
    var text = text
    text.withUTF8 { _ = SystemCall.write(UnsafeRawBufferPointer($0), to: descriptor) }
  }

  /// Prints JSON with sorted keys, for programs.
  static func print(json value: some Encodable) throws {
    let encoder = JSONCoding.encoder([.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    print(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The width of the terminal on standard error; 80 when it is not known.
  static var columns: Int {
    var size = winsize()
    return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// The exit status for an error.
  static func status(of error: any Error) -> Int32 {
    switch error {
    case let error as Interrupted: error.status
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
