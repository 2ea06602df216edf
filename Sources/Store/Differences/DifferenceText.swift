internal import Core
internal import TextFormatting

/// A difference as text for a terminal.
package struct DifferenceText {
  private let difference: ArtifactDifference
  private let width: Int
  private let hasColour: Bool

  /// - Parameters:
  ///   - width: columns of the terminal; tables are cut to them.
  ///   - hasColour: whether escape sequences set colours.
  package init(_ difference: ArtifactDifference, width: Int, hasColour: Bool) {
    self.difference = difference
    self.width = max(40, width)
    self.hasColour = hasColour
  }

  /// The headline alone: `ComputeThresholds  12 languages changed`.
  package var headline: String {
    paint(TerminalWidth.safe(difference.name), "1") + "  " + TerminalWidth.safe(difference.headline)
  }

  /// All of it, without a line feed at the end.
  package var text: String {
    var lines = [
      paint(TerminalWidth.safe(difference.name), "1") + "  " + paint(TerminalWidth.safe(difference.format), "2")
    ]
    lines.append("  " + TerminalWidth.safe(difference.headline))
    guard !difference.isIdentical else { return lines.joined(separator: "\n") }
    var sizes = "  \(NumberWords.bytes(difference.old.byteCount)) → \(NumberWords.bytes(difference.new.byteCount))"
    sizes += ", \(difference.old.digest.short) → \(difference.new.digest.short)"
    if let shared = difference.shared, shared.bytes > 0 {
      sizes += "; \(NumberWords.bytes(shared.bytes)) of the new bytes are stored once for both"
    }
    lines.append(paint(sizes, "2"))
    for section in difference.sections {
      let note = section.note.isEmpty ? "" : paint(" — " + TerminalWidth.safe(section.note), "2")
      lines += ["", "  " + paint(TerminalWidth.safe(section.title), "1") + note]
      lines += section.columns.isEmpty ? section.rows.map(line) : table(section)
      if section.omitted > 0 { lines.append(paint("    … and \(NumberWords.whole(section.omitted)) more", "2")) }
    }
    if !difference.pictures.isEmpty {
      lines += ["", "  " + NumberWords.many(difference.pictures.count, "picture") + " side by side with --html FILE"]
    }
    return lines.joined(separator: "\n")
  }

  private func line(_ row: [ArtifactDifference.Cell]) -> String {
    let text = row.map { TerminalWidth.safe($0.text) }.joined(separator: " ")
    return "    " + paint(TerminalWidth.shortened(text, to: width - 4), row.first?.mark ?? .none)
  }

  private func table(_ section: ArtifactDifference.Section) -> [String] {
    let header = section.columns.map { ArtifactDifference.Cell($0) }
    let rows = ([header] + section.rows).map { row in
      section.columns.indices.map {
        $0 < row.count ? .init(TerminalWidth.safe(row[$0].text), row[$0].mark) : ArtifactDifference.Cell("")
      }
    }
    let wanted = section.columns.indices.map { column in rows.map { TerminalWidth.of($0[column].text) }.max() ?? 0 }
    let widths = fitted(wanted, to: width - 4 - 2 * (wanted.count - 1))
    let isRight = section.columns.indices.map { column in
      let texts = section.rows.compactMap { column < $0.count && !$0[column].text.isEmpty ? $0[column].text : nil }
      return !texts.isEmpty && texts.allSatisfy { $0.first.map { "0123456789−+-×".contains($0) } ?? false }
    }
    return rows.enumerated().map { number, row in
      var line = "   "
      for (column, cell) in row.enumerated() {
        let text = TerminalWidth.shortened(cell.text, to: widths[column])
        let space = String(repeating: " ", count: max(0, widths[column] - TerminalWidth.of(text)))
        let painted = number == 0 ? paint(text, "2") : paint(text, cell.mark)
        line += (column == 0 ? " " : "  ") + (isRight[column] ? space + painted : painted + space)
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// The widest columns give way first.
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

  private func paint(_ text: String, _ mark: ArtifactDifference.Mark) -> String {
    switch mark {
    case .none: text
    case .added: paint(text, "32")
    case .gone: paint(text, "31")
    case .changed: paint(text, "33")
    case .outside: paint(text, "1;35")
    }
  }

  private func paint(_ text: String, _ code: String) -> String {
    hasColour && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
