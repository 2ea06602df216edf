internal import Core
internal import Yams

/// The settings of a cell for running and showing it: its `//| key: value` lines.
package struct CellOptions: Codable, Hashable, Sendable {
  /// The cell's name, which no other cell of the notebook has.
  package var label: String?
  /// True when the report shows the code.
  package var echo = true
  /// True when the cell is part of the program.
  package var eval = true
  /// True when the report shows the result.
  package var output = true
  /// The text under the cell's first figure; `nil` leaves it without a caption and a number.
  package var figureCaption: String?
  /// The description of the cell's figures for readers who do not see them; `nil` keeps the figure's own.
  package var figureAlternative: String?
  /// The text above the cell's first table; `nil` leaves it without a caption and a number.
  package var tableCaption: String?
  /// The largest difference, at least 0, between numbers of this cell's artifacts and the recorded ones that still
  /// counts as equivalent.
  package var tolerance: Double?
  /// True when the report shows the code only after a click.
  package var foldsCode = false

  /// The options of a cell that gives none.
  package init() {}

  /// The keys of option lines.
  static let keys = ["label", "echo", "eval", "output", "fig-cap", "fig-alt", "tbl-cap", "tolerance", "code-fold"]

  /// The option lines of a cell.
  struct Parsed {
    var options = CellOptions()
    /// The number of option lines.
    var lineCount = 0
    /// The label's place in the notebook.
    var label: YAMLMapping.Place?
    /// The faults of the lines.
    var diagnostics: [Diagnostic] = []
  }

  /// Reads the option lines at the top of a cell's code.
  ///
  /// - Parameters:
  ///   - lines: the cell's code, line by line.
  ///   - columns: for each line, the number of bytes at its beginning in the notebook that are not part of the code.
  ///   - firstLine: the notebook's line of the code's first line.
  static func parse(_ lines: [Substring], columns: [Int], file: String, firstLine: Int) -> Parsed {
    let count = lines.prefix { $0.drop { $0 == " " || $0 == "\t" }.hasPrefix("//|") }.count
    guard count > 0 else { return Parsed() }

    // The YAML without the comment marks, and for each line the bytes that diagnostics have to count before it.
    var shifts: [Int] = []
    var yaml: [Substring] = []
    for (row, line) in lines.prefix(count).enumerated() {
      let indentation = line.prefix { $0 == " " || $0 == "\t" }.utf8.count
      var text = line.dropFirst(indentation + 3)
      let space = text.first == " " ? 1 : 0
      text = text.dropFirst(space)
      shifts.append((row < columns.count ? columns[row] : 0) + indentation + 3 + space)
      yaml.append(text)
    }

    var mapping = YAMLMapping(
      yaml.joined(separator: "\n"), file: file, firstLine: firstLine, columns: shifts, kind: "cell option", known: keys)
    var parsed = Parsed(lineCount: count)
    for (key, value, place) in mapping.entries {
      parsed.options.set(key, to: value, &mapping)
      if key == "label" { parsed.label = place }
    }
    parsed.diagnostics = mapping.diagnostics
    return parsed
  }

  /// Sets one option; a value that it cannot have is a diagnostic of the mapping, and the option stays.
  private mutating func set(_ key: String, to value: Node, _ mapping: inout YAMLMapping) {
    switch key {
    case "label":
      let expected = "a word of letters, digits, “-”, “_”, “.” and “:”"
      label = mapping.value(key, value, expected: expected, convert: Self.word)
    case "echo": echo = mapping.bool(key, value) ?? echo
    case "eval": eval = mapping.bool(key, value) ?? eval
    case "output": output = mapping.bool(key, value) ?? output
    case "fig-cap": figureCaption = mapping.string(key, value)
    case "fig-alt": figureAlternative = mapping.string(key, value)
    case "tbl-cap": tableCaption = mapping.string(key, value)
    case "code-fold": foldsCode = mapping.bool(key, value) ?? foldsCode
    default:
      tolerance = mapping.value(key, value, expected: "a number of at least 0") { text in
        Double(text).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
      }
    }
  }

  private static func word(_ text: String) -> String? {
    !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || "-_.:".contains($0) } ? text : nil
  }
}
