internal import Core

/// Reads a notebook's text into a ``NotebookDocument`` and collects what is wrong with it.
struct NotebookParser {
  private(set) var document: NotebookDocument
  private(set) var diagnostics: [Diagnostic] = []

  private let source: SourceText
  private let file: String
  /// How many lines the front matter takes.
  private var headLines = 0
  private var labelLines: [String: Int] = [:]

  init(_ source: SourceText, file: String) {
    self.source = source
    self.file = file
    document = NotebookDocument(file: file)
  }

  mutating func parse() {
    parseFrontMatter()
    guard headLines < source.lineCount else { return }
    let body = SourceText(normalized: Array(source.bytes[source.lineStarts[headLines]...]))
    document.body = String(decoding: body.bytes, as: UTF8.self)
    document.bodyLine = headLines + 1
    let outline = MarkdownOutline(body.bytes[...])
    let prose = proseMaker(body, outline)
    var inlineCount = 0
    var cellCount = 0
    var nextLine = 1
    for block in outline.blocks {
      guard let code = block.code, let fence = Fence(body.line(block.lines.lowerBound)) else { continue }
      if !fence.isClosed(by: body.line(block.lines.upperBound)) || block.lines.count == 1 {
        error(
          "this code block is never closed: add a line “\(fence.text)”", line: block.lines.lowerBound,
          column: fence.column)
      }
      guard code.info == "swift" || code.info == "{swift}" else {
        if code.info.hasPrefix("{swift") {
          error(
            "cell options go on lines “//| key: value” at the top of the cell: write “{swift}” here",
            line: block.lines.lowerBound, column: fence.column)
        }
        continue
      }
      document.blocks += prose(nextLine, block.lines.lowerBound - 1, &inlineCount)
      cellCount += 1
      document.blocks.append(.cell(cell(cellCount, code.literal, block.lines, body)))
      nextLine = block.lines.upperBound + 1
    }
    document.blocks += prose(nextLine, body.lineCount, &inlineCount)
  }

  /// - Parameter line: in the body.
  private mutating func error(_ message: String, line: Int, column: Int) {
    diagnostics.append(Diagnostic(.error, message, file: file, line: line + headLines, column: column))
  }

  private mutating func parseFrontMatter() {
    let isMark = { (line: ArraySlice<UInt8>, marks: [String]) in
      marks.contains { line.starts(with: $0.utf8) && line.dropFirst($0.utf8.count).isBlank }
    }
    guard isMark(source.line(1), ["---"]), source.lineCount > 1, !source.line(2).isBlank else { return }
    guard let end = (2...source.lineCount).first(where: { isMark(source.line($0), ["---", "..."]) }) else {
      error("the front matter is never closed: add a line “---” after it", line: 1, column: 1)
      return
    }
    let yaml = end > 2 ? source.text(source.range(of: 2...end - 1)) : ""
    let faults: [Diagnostic]
    (document.frontMatter, faults) = FrontMatter.parse(yaml, file: file, firstLine: 2)
    diagnostics += faults
    headLines = end
  }

  private mutating func cell(_ id: Int, _ literal: String, _ lines: ClosedRange<Int>, _ body: SourceText) -> Cell {
    var code = literal.split(separator: "\n", omittingEmptySubsequences: false)
    if code.last == "" { code.removeLast() }
    let firstLine = lines.lowerBound + 1
    let indentations = code.enumerated().map { row, line in max(0, body.line(firstLine + row).count - line.utf8.count) }
    let parsed = CellOptions.parse(code, columns: indentations, file: file, firstLine: firstLine + headLines)
    diagnostics += parsed.diagnostics
    if let label = parsed.options.label, let place = parsed.label {
      if let first = labelLines[label] {
        diagnostics.append(
          Diagnostic(
            .error,
            "label “\(label)” on line \(place.line) is already the label of the cell on line \(first): labels must differ",
            file: file, line: place.line, column: place.column))
      } else {
        labelLines[label] = place.line
      }
    }
    let shown = code.dropFirst(parsed.lineCount).map { $0 + "\n" }.joined()
    return Cell(
      id: id, options: parsed.options, source: shown, code: String(repeating: "\n", count: parsed.lineCount) + shown,
      lines: lines.lowerBound + headLines...lines.upperBound + headLines, indentations: indentations)
  }

  /// Makes the prose blocks of a range of lines: none, when all are blank.
  private mutating func proseMaker(
    _ body: SourceText, _ outline: MarkdownOutline
  ) -> (_ first: Int, _ last: Int, _ inlineCount: inout Int) -> [NotebookDocument.Block] {
    var locator = InlineLocator(body, spans: outline.codeSpans)
    let ranges = locator.ranges()
    for (index, span) in outline.codeSpans.enumerated()
    where InlineLocator.isExpression(span.literal) && ranges[index] == nil {
      error(
        "cannot find “\(span.literal)” in the source: put this inline code on a line of its own",
        line: span.leafLines.lowerBound, column: 1)
    }
    let found = ranges.sorted { $0.key < $1.key }
    return { [locator, headLines] first, last, inlineCount in
      var first = first
      var last = last
      while first <= last, body.line(first).isBlank { first += 1 }
      while last >= first, body.line(last).isBlank { last -= 1 }
      guard first <= last else { return [] }
      let slice = body.range(of: first...last)
      var inlines: [InlineExpression] = []
      for (index, range) in found where slice.contains(range.lowerBound) {
        let (text, segments) = locator.expression(in: range, isQuoted: outline.codeSpans[index].isQuoted)
        inlineCount += 1
        inlines.append(
          InlineExpression(
            id: inlineCount, expression: text,
            range: range.lowerBound - slice.lowerBound..<range.upperBound - slice.lowerBound,
            segments: segments.map { .init(offset: $0.offset, line: $0.line + headLines, column: $0.column) }))
      }
      return [.prose(Prose(markdown: body.text(slice), lines: first + headLines...last + headLines, inlines: inlines))]
    }
  }
}

/// A line that opens a fenced code block.
private struct Fence {
  /// Its backticks or tildes.
  let text: String
  /// Where they begin, from 1.
  let column: Int

  /// `nil` when the line is something else, such as indented code.
  init?(_ line: ArraySlice<UInt8>) {
    let indentation = line.prefix { $0 == UInt8(ascii: " ") }.count
    let rest = line.dropFirst(indentation)
    guard indentation < 4, let mark = rest.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
      return nil
    }
    let marks = rest.prefix { $0 == mark }
    guard marks.count >= 3 else { return nil }
    text = String(decoding: marks, as: UTF8.self)
    column = indentation + 1
  }

  /// Whether the line is a closing fence for this one.
  func isClosed(by line: ArraySlice<UInt8>) -> Bool {
    guard let closing = Fence(line), closing.text.utf8.first == text.utf8.first,
      closing.text.utf8.count >= text.utf8.count
    else {
      return false
    }
    return line.dropFirst(closing.column - 1 + closing.text.utf8.count).isBlank
  }
}
