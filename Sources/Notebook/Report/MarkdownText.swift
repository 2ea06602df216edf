/// Text as Markdown that shows exactly this text.
enum MarkdownText {
  /// Text within a line: no character of it is markup, line breaks become spaces.
  /// - Parameter startsLine: true at the beginning of a line, where a number may begin a list.
  static func inline(_ text: String, startsLine: Bool = false) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "`", "*", "_", "[", "]", "|", "~", "#", "!", "$", "^": result += "\\\(scalar)"
      case "\n", "\r", "\t", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}": result += " "
      case "\u{0}"..<"\u{20}", "\u{7F}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return startsLine ? guardedStart(result) : result
  }

  /// Text of several lines as a fenced block whose fence is longer than every fence in it.
  static func fenced(_ text: String, info: String = "") -> String {
    var longest = 0
    var run = 0
    for byte in text.utf8 {
      run = byte == UInt8(ascii: "`") ? run + 1 : 0
      longest = max(longest, run)
    }
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\(info)\n\(text)\(text.hasSuffix("\n") ? "" : "\n")\(fence)\n"
  }

  /// Code within a line.
  static func code(_ text: String) -> String {
    let text = text.split(omittingEmptySubsequences: true, whereSeparator: \.isNewline).joined(separator: " ")
    guard text.contains("`") else { return "`\(text)`" }
    var fence = "``"
    while text.contains(fence) { fence += "`" }
    return "\(fence) \(text) \(fence)"
  }

  /// A picture in a file of the report, whose name needs no escaping.
  static func image(_ alternative: String, _ file: String) -> String { "![\(inline(alternative))](\(file))" }

  /// A text that begins like a list, a heading or a rule, changed so that it does not begin one.
  private static func guardedStart(_ text: String) -> String {
    let digits = text.prefix { ("0"..."9").contains($0) }
    let rest = text.dropFirst(digits.count)
    if !digits.isEmpty, let mark = rest.first, mark == "." || mark == ")" { return "\(digits)\\\(rest)" }
    if let first = text.first, "-+=".contains(first) { return "\\" + text }
    return text
  }
}
