internal import Core

/// The places of cells and inline expressions in the notebook.
///
/// The program names its sources `cell-3` and `inline-7` and counts lines from each one's own beginning, so that it
/// does not change when prose does. Line 1 of `cell-3` is the line of its opening fence, line 2 its first line of
/// code; line 1 of `inline-7` is empty and line 2 the expression.
package struct LineMap: Sendable {
  /// The notebook, as its diagnostics name it.
  package let file: String
  private let cells: [Int: Cell]
  private let inlines: [Int: InlineExpression]

  /// The map of a document's cells and inline expressions; no Swift is parsed for it.
  package init(_ document: NotebookDocument) {
    file = document.file
    cells = Dictionary(document.cells.map { ($0.id, $0) }) { first, _ in first }
    inlines = Dictionary(document.inlines.map { ($0.id, $0) }) { first, _ in first }
  }

  /// A piece of the program as the compiler names it.
  package enum Part: Codable, Hashable, Sendable {
    case cell(Int)
    case inline(Int)

    /// `cell-3` or `inline-7`.
    package var file: String {
      switch self {
      case .cell(let id): "cell-\(id)"
      case .inline(let id): "inline-\(id)"
      }
    }

    /// The part that a file is named for: `cell-3` or `inline-7`, also with folders before it; `nil` for another
    /// name.
    package init?(file: some StringProtocol) {
      let name = file.split(separator: "/").last ?? ""
      if name.hasPrefix("cell-"), let id = Int(name.dropFirst(5)) {
        self = .cell(id)
      } else if name.hasPrefix("inline-"), let id = Int(name.dropFirst(7)) {
        self = .inline(id)
      } else {
        return nil
      }
    }
  }

  /// The notebook's line and column of a place in a part; `nil` for a part that the notebook does not have.
  ///
  /// - Parameters:
  ///   - file: `cell-3` or `inline-7`.
  ///   - line: from 1, as the program counts.
  ///   - column: from 1, in UTF-8 bytes.
  package func locate(cell file: some StringProtocol, line: Int, column: Int = 1) -> (line: Int, column: Int)? {
    Part(file: file).flatMap { locate($0, line: line, column: column) }
  }

  /// The notebook's line and column of a place in a part; `nil` for a part that the notebook does not have.
  ///
  /// - Parameters:
  ///   - line: from 1, as the program counts; a line after the part's last one counts as the last.
  ///   - column: from 1, in UTF-8 bytes.
  package func locate(_ part: Part, line: Int, column: Int = 1) -> (line: Int, column: Int)? {
    switch part {
    case .cell(let id):
      guard let cell = cells[id] else { return nil }
      let row = line - 2
      let indentation = cell.indentations.indices.contains(row) ? cell.indentations[row] : 0
      let lineOfFile = min(cell.lines.lowerBound + max(0, line - 1), cell.lines.upperBound)
      return (lineOfFile, max(1, max(1, column) + indentation))
    case .inline(let id):
      guard let inline = inlines[id] else { return nil }
      let offset = line < 2 ? 0 : max(0, column - 1)
      guard let segment = inline.segments.last(where: { $0.offset <= offset }) ?? inline.segments.first else {
        return nil
      }
      return (segment.line, segment.column + min(offset - segment.offset, inline.expression.utf8.count))
    }
  }

  /// Replaces every `cell-3:5` and `inline-7:2:4` in a text, with folders before them, by the notebook's name and
  /// line.
  ///
  /// For messages of a crash and lines of a stack.
  package func rewrite(text: String) -> String {
    guard text.contains("cell-") || text.contains("inline-") else { return text }
    let place = #/(?:[^\s:'"“(\[]*/)?(?<part>(?:cell|inline)-\d+):(?<line>\d+)(?::(?<column>\d+))?/#
    return text.replacing(place) {
      (match: Regex<(Substring, part: Substring, line: Substring, column: Substring?)>.Match) -> String in
      let isWord =
        match.range.lowerBound > text.startIndex && text[text.index(before: match.range.lowerBound)].isNameCharacter
      guard !isWord, let line = Int(match.line),
        let found = locate(cell: match.part, line: line, column: match.column.flatMap { Int($0) } ?? 1)
      else { return String(text[match.range]) }
      return "\(file):\(found.line)" + (match.column == nil ? "" : ":\(found.column)")
    }
  }

  /// A diagnostic at a place of a part.
  func diagnostic(
    _ severity: Diagnostic.Severity, _ message: String, in part: Part, line: Int, column: Int
  ) -> Diagnostic {
    let place = locate(part, line: line, column: column) ?? (line: 1, column: 1)
    return Diagnostic(severity, message, file: file, line: place.line, column: place.column)
  }
}

extension Character {
  fileprivate var isNameCharacter: Bool { isLetter || isNumber || self == "-" || self == "_" || self == "." }
}
