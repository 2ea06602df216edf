internal import Core

/// How a cell is run and shown: its `//| key: value` lines.
package struct CellOptions: Codable, Hashable, Sendable {
  /// The cell's name, one in a notebook.
  package var label: String?
  /// Whether the report shows the code.
  package var echo = true
  /// Whether the cell is part of the program.
  package var eval = true
  /// Whether the report shows the result.
  package var output = true
  package var figureCaption: String?
  package var figureAlternative: String?
  package var tableCaption: String?
  /// How far numbers of this cell's artifacts may lie from the recorded ones and still count as equivalent; at least 0.
  package var tolerance: Double?
  /// Whether the report folds the code away behind a line to open it.
  package var foldsCode = false

  /// The options of a cell that gives none.
  package init() {}

  static let keys = ["label", "echo", "eval", "output", "fig-cap", "fig-alt", "tbl-cap", "tolerance", "code-fold"]

  /// Reads the option lines at the top of a cell's code.
  ///
  /// - Parameters:
  ///   - lines: the cell's code, line by line.
  ///   - columns: how many bytes of each line's beginning in the notebook are not part of the code.
  ///   - firstLine: the line of the notebook that holds the code's first line.
  /// - Returns: the options, how many lines they take, the place of the label, and what is wrong.
  static func parse(
    _ lines: [Substring], columns: [Int], file: String, firstLine: Int
  ) -> (options: CellOptions, lineCount: Int, label: YAMLMapping.Place?, diagnostics: [Diagnostic]) {
    let count = lines.prefix { $0.drop { $0 == " " || $0 == "\t" }.hasPrefix("//|") }.count
    var options = CellOptions()
    guard count > 0 else { return (options, 0, nil, []) }
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
    var label: YAMLMapping.Place?
    for (key, value, place) in mapping.entries {
      switch key {
      case "label":
        options.label = mapping.value(key, value, expected: "a word of letters, digits, “-”, “_”, “.” and “:”", word)
        label = place
      case "echo": options.echo = mapping.bool(key, value) ?? options.echo
      case "eval": options.eval = mapping.bool(key, value) ?? options.eval
      case "output": options.output = mapping.bool(key, value) ?? options.output
      case "fig-cap": options.figureCaption = mapping.string(key, value)
      case "fig-alt": options.figureAlternative = mapping.string(key, value)
      case "tbl-cap": options.tableCaption = mapping.string(key, value)
      case "code-fold": options.foldsCode = mapping.bool(key, value) ?? options.foldsCode
      default:
        options.tolerance = mapping.value(key, value, expected: "a number of at least 0") { text in
          Double(text).flatMap { $0.isFinite && $0 >= 0 ? $0 : nil }
        }
      }
    }
    return (options, count, label, mapping.diagnostics)
  }

  private static func word(_ text: String) -> String? {
    !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || "-_.:".contains($0) } ? text : nil
  }
}
