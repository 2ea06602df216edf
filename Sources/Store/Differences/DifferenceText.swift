internal import Core
internal import TextFormatting

/// A difference as text for a terminal.
package struct DifferenceText {
  /// The look of a piece of text.
  private enum Style: String {
    case plain = ""
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case boldMagenta = "1;35"

    init(_ mark: ArtifactDifference.Mark) {
      self =
        switch mark {
        case .none: .plain
        case .added: .green
        case .gone: .red
        case .changed: .yellow
        case .outside: .boldMagenta
        }
    }
  }

  private let difference: ArtifactDifference
  private let width: Int
  private let hasColour: Bool

  /// - Parameters:
  ///   - width: columns of the terminal, to which tables are cut; taken as 40 when there are fewer.
  ///   - hasColour: true when escape sequences set colours.
  package init(_ difference: ArtifactDifference, width: Int, hasColour: Bool) {
    self.difference = difference
    self.width = max(40, width)
    self.hasColour = hasColour
  }

  /// The artifact's name and the headline: `ComputeThresholds  12 languages changed`.
  package var headline: String {
    paint(TerminalWidth.safe(difference.name), .bold) + "  " + TerminalWidth.safe(difference.headline)
  }

  /// All of it, without a line feed at the end.
  package var text: String {
    let format = paint(TerminalWidth.safe(difference.format), .faint)
    var lines = [
      paint(TerminalWidth.safe(difference.name), .bold) + "  " + format,
      "  " + TerminalWidth.safe(difference.headline),
    ]
    guard !difference.isIdentical else { return lines.joined(separator: "\n") }

    lines.append(paint(sizes, .faint))
    for section in difference.sections {
      let note = section.note.isEmpty ? "" : paint(" — " + TerminalWidth.safe(section.note), .faint)
      lines += ["", "  " + paint(TerminalWidth.safe(section.title), .bold) + note]
      lines += section.columns.isEmpty ? section.rows.map(line) : table(section)
      if section.omitted > 0 {
        lines.append(paint("    … and \(NumberText.integer(section.omitted)) more", .faint))
      }
    }

    if !difference.pictures.isEmpty {
      let pictures = NumberText.count(difference.pictures.count, "picture")
      lines += ["", "  \(pictures) side by side with --html FILE"]
    }
    return lines.joined(separator: "\n")
  }

  private var sizes: String {
    let (old, new) = (difference.old, difference.new)
    var text = "  \(NumberText.bytes(old.byteCount)) → \(NumberText.bytes(new.byteCount))"
    text += ", \(old.digest.short) → \(new.digest.short)"
    if let shared = difference.shared, shared.bytes > 0 {
      text += "; \(NumberText.bytes(shared.bytes)) of the new bytes are stored once for both"
    }
    return text
  }

  private func line(_ row: ArtifactDifference.Row) -> String {
    let text = row.map { TerminalWidth.safe($0.text) }.joined(separator: " ")
    return "    " + paint(TerminalWidth.shortened(text, to: width - 4), Style(row.first?.mark ?? .none))
  }

  private func table(_ section: ArtifactDifference.Section) -> [String] {
    let columns = section.columns.indices
    let header = section.columns.map { ArtifactDifference.Cell($0) }
    let rows = ([header] + section.rows).map { row in
      columns.map { $0 < row.count ? .init(TerminalWidth.safe(row[$0].text), row[$0].mark) : .init("") }
        as ArtifactDifference.Row
    }

    // Columns are two apart and begin after four spaces.
    let wanted = columns.map { column in rows.map { TerminalWidth.of($0[column].text) }.max() ?? 0 }
    let widths = fitted(wanted, to: width - 4 - 2 * (wanted.count - 1))
    let isRight = columns.map { column in hasNumbers(section.rows.compactMap { $0.dropFirst(column).first?.text }) }

    return rows.enumerated().map { number, row in
      var line = "   "
      for (column, cell) in row.enumerated() {
        let text = TerminalWidth.shortened(cell.text, to: widths[column])
        let space = String(repeating: " ", count: max(0, widths[column] - TerminalWidth.of(text)))
        let painted = paint(text, number == 0 ? .faint : Style(cell.mark))
        line += (column == 0 ? " " : "  ") + (isRight[column] ? space + painted : painted + space)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// True when all texts that are not empty are numbers, and there are some.
  private func hasNumbers(_ texts: [String]) -> Bool {
    let texts = texts.filter { !$0.isEmpty }
    return !texts.isEmpty && texts.allSatisfy { $0.first.map { "0123456789−+-×".contains($0) } ?? false }
  }

  /// Widths of at most `width` columns together, as far as each keeps four; the widest are narrowed first.
  private func fitted(_ wanted: [Int], to width: Int) -> [Int] {
    var widths = wanted
    while widths.reduce(0, +) > width, let widest = widths.max(), widest > 4 {
      let next = max(widths.filter { $0 < widest }.max() ?? 4, 4)
      let columns = widths.indices.filter { widths[$0] == widest }
      let over = widths.reduce(0, +) - width
      let step = max(1, min(widest - next, (over + columns.count - 1) / columns.count))
      for column in columns { widths[column] = widest - step }
    }
    return widths
  }

  private func paint(_ text: String, _ style: Style) -> String {
    hasColour && !text.isEmpty && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }
}
