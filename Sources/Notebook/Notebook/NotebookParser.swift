internal import Core

/// Reads a notebook's text into a ``NotebookDocument`` and collects its faults.
struct NotebookParser {
  private(set) var document: NotebookDocument
  private(set) var diagnostics: [Diagnostic] = []

  private let source: SourceText
  private let file: String
  /// The number of lines that the front matter takes.
  private var headLines = 0
  /// The line of each label.
  private var labelLines: [String: Int] = [:]
  /// The number of inline expressions so far.
  private var inlineCount = 0

  init(_ source: SourceText, file: String) {
    self.source = source
    self.file = file
    document = NotebookDocument(file: file)
  }

  /// Reads the whole text.
  mutating func parse() {
    parseFrontMatter()
    if headLines < source.lineCount { parseBody() }
    document.abstract = abstract
  }

  private mutating func parseBody() {
    let body = SourceText(normalized: Array(source.bytes[source.lineStarts[headLines]...]))
    document.body = String(decoding: body.bytes, as: UTF8.self)
    document.bodyLine = headLines + 1
    document.markdown = MarkdownTree(parsing: body.bytes)
    let expressions = expressions(in: body)

    appendLookalikes(in: body)

    var cellCount = 0
    // The first line that is not in a block of the document yet.
    var nextLine = 1
    let blocks = Set(document.markdown.blocks)
    for position in document.markdown.nodes.indices {
      guard case .codeBlock(let info, let literal) = document.markdown.nodes[position].kind,
        let block = FencedBlock(position, of: document.markdown, in: body)
      else { continue }
      // Inside a list or a quotation, code that is only shown may end with what is around it.
      let isCell = CellLookalikes.cellInfos.contains(info)
      if !block.isClosed, isCell || blocks.contains(position) {
        let fence = block.opening
        error(
          "this code block is never closed: add a line “\(fence.fence)”", line: block.lines.lowerBound,
          column: fence.column)
      }

      guard isCell else { continue }
      appendProse(of: body, from: nextLine, before: block.lines.lowerBound, expressions: expressions)
      cellCount += 1
      document.markdown.nodes[position].part = .cell(cellCount)
      document.blocks.append(.cell(cell(cellCount, literal, lines: block.lines, of: body)))
      nextLine = block.lines.upperBound + 1
    }
    appendProse(of: body, from: nextLine, before: body.lineCount + 1, expressions: expressions)
  }

  private mutating func appendLookalikes(in body: SourceText) {
    for finding in CellLookalikes(document.markdown, body).findings {
      diagnostics.append(
        Diagnostic(
          finding.severity, finding.message, file: file, line: finding.line + headLines, column: finding.column))
    }
  }

  /// The parsed abstract, with the lines of the body that define links: links of both lead to the same places.
  private var abstract: MarkdownTree? {
    guard let text = document.frontMatter.abstract else { return nil }
    guard text.utf8.contains(UInt8(ascii: "[")) else { return MarkdownTree(parsing: Array(text.utf8)) }
    let definitions = document.body.split(separator: "\n").filter { line in
      let text = line.drop { $0 == " " }
      return text.hasPrefix("[") && text.contains("]:")
    }
    return MarkdownTree(parsing: Array("\(text)\n\n\(definitions.joined(separator: "\n"))\n".utf8))
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

  /// - Parameters:
  ///   - literal: the code, as libcmark reads it: without what the list items and quotations around it need, and
  ///     without the fence's indentation.
  ///   - lines: of the whole block, in the body.
  private mutating func cell(
    _ id: Int, _ literal: String, lines: ClosedRange<Int>, of body: SourceText
  ) -> Cell {
    var code = literal.split(separator: "\n", omittingEmptySubsequences: false)
    if code.last == "" { code.removeLast() }
    // libcmark took these bytes away from each line, as far as the line has them. A tab of which it took a part is
    // spaces in the code, so that a number can be below 0; and a byte 0 became three.
    let firstLine = lines.lowerBound + 1
    let indentations = code.enumerated().map { row, line in
      let source = body.line(firstLine + row)
      return source.count + 2 * source.count { $0 == 0 } - line.utf8.count
    }

    let parsed = CellOptions.parse(code, columns: indentations, file: file, firstLine: firstLine + headLines)
    diagnostics += parsed.diagnostics
    if let label = parsed.options.label, let place = parsed.label {
      if let first = labelLines[label] {
        let message = """
          label “\(label)” on line \(place.line) is already the label of the cell on line \(first): labels must differ
          """
        diagnostics.append(Diagnostic(.error, message, file: file, line: place.line, column: place.column))
      } else {
        labelLines[label] = place.line
      }
    }

    let shown = code.dropFirst(parsed.lineCount).map { $0 + "\n" }.joined()
    return Cell(
      id: id, options: parsed.options, source: shown, code: String(repeating: "\n", count: parsed.lineCount) + shown,
      lines: lines.lowerBound + headLines...lines.upperBound + headLines, indentations: indentations)
  }

  /// A code span that is an expression, found in the body.
  private struct FoundExpression {
    /// Its position in the tree.
    var node: Int
    /// Its bytes in the body, backticks included.
    var range: Range<Int>
    var text: String
    var segments: [InlineExpression.Segment]
  }

  /// The inline expressions in the order of the body; one that cannot be found in the source is an error.
  private mutating func expressions(in body: SourceText) -> [FoundExpression] {
    var locator = InlineLocator(body, document.markdown)
    let ranges = locator.ranges()
    var found: [FoundExpression] = []
    for (index, span) in locator.spans.enumerated() where span.isExpression {
      guard let range = ranges[index] else {
        error(
          "cannot find “\(span.literal)” in the source: put this inline code on a line of its own",
          line: span.lines.lowerBound, column: 1)
        continue
      }
      let (text, segments) = locator.expression(in: range, isQuoted: span.isQuoted)
      found.append(FoundExpression(node: span.node, range: range, text: text, segments: segments))
    }
    return found
  }

  /// Appends the prose of lines of the body to the document, unless there are none or all are blank.
  private mutating func appendProse(
    of body: SourceText, from start: Int, before end: Int, expressions: [FoundExpression]
  ) {
    let lines = min(start, end)..<end
    guard let first = lines.first(where: { !body.line($0).isBlank }),
      let last = lines.last(where: { !body.line($0).isBlank })
    else { return }

    // Bytes of inline expressions are counted from the beginning of the prose.
    let slice = body.range(of: first...last)
    var inlines: [InlineExpression] = []
    for found in expressions where slice.contains(found.range.lowerBound) {
      inlineCount += 1
      document.markdown.nodes[found.node].part = .inline(inlineCount)
      inlines.append(
        InlineExpression(
          id: inlineCount, expression: found.text,
          range: found.range.lowerBound - slice.lowerBound..<found.range.upperBound - slice.lowerBound,
          segments: found.segments.map { .init(offset: $0.offset, line: $0.line + headLines, column: $0.column) }))
    }

    document.blocks.append(
      .prose(Prose(markdown: body.text(slice), lines: first + headLines...last + headLines, inlines: inlines)))
  }
}
