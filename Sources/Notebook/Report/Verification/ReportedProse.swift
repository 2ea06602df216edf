package import Core
package import Notebook

/// The numbers that a report's prose shows, for a comparison with the results.
package struct ReportedProse: Sendable {
  /// A block of prose with computed values.
  struct Block: Sendable {
    /// The block in `report.md` when the results are these.
    var text: String
    /// The text before, between and after the values; one more than there are values.
    var literals: [String] = []
    var values: [String] = []
    var expressions: [InlineExpression] = []
  }

  let blocks: [Block]

  /// The prose of a notebook with the results of a run.
  ///
  /// - Parameter inlines: the values of the notebook's inline expressions.
  package init(_ document: NotebookDocument, inlines: [InlineOutcome]) {
    let outcomes = Dictionary(inlines.map { ($0.id, $0) }) { first, _ in first }
    let expressions = Dictionary(document.inlines.map { ($0.id, $0) }) { first, _ in first }
    func rendered(_ text: (Int) -> String) -> [RenderedProse.Piece] {
      let values = expressions.keys.map { ($0, RenderedProse.Value(text: text($0), title: "", isMissing: false)) }
      return RenderedProse(document.markdown, values: Dictionary(uniqueKeysWithValues: values)).pieces
    }
    let value = { outcomes[$0]?.text ?? "no value" }

    // Rendered a second time with marks in the place of values, which no text has: private-use characters around the
    // expression's number.
    let shown = rendered(value).flatMap(Self.texts)
    let templates = rendered { "\u{F8FE}\($0)\u{F8FF}" }.flatMap(Self.texts)
    blocks = zip(shown, templates).compactMap { text, template in
      guard template.contains("\u{F8FE}") else { return nil }
      var block = Block(text: text)
      for (position, part) in template.split(separator: "\u{F8FE}", omittingEmptySubsequences: false).enumerated() {
        guard position > 0, let end = part.firstIndex(of: "\u{F8FF}"), let id = Int(part[..<end]),
          let expression = expressions[id]
        else {
          block.literals.append(String(part))
          continue
        }
        block.expressions.append(expression)
        block.values.append(value(id))
        block.literals.append(String(part[part.index(after: end)...]))
      }
      return block
    }
  }

  /// The Markdown of a piece; of a list or a quotation what is before, between and after its cells.
  private static func texts(_ piece: RenderedProse.Piece) -> [String] {
    switch piece {
    case .heading(_, _, let markdown), .prose(_, let markdown): [markdown]
    case .cell: []
    case .container(let fragments):
      fragments.compactMap { if case .prose(_, let markdown) = $0 { markdown } else { nil } }
    }
  }

  /// Looks for every block in a report, in order.
  ///
  /// - Parameter report: the recorded `report.md`.
  /// - Returns: the number of blocks that agree, and a finding for each that does not.
  package func compare(with report: String) -> (agreeing: Int, findings: [Verdict.Finding]) {
    var agreeing = 0
    var findings: [Verdict.Finding] = []
    for block in blocks {
      if report.contains(block.text) {
        agreeing += 1
        continue
      }

      // The block can be there with other values: each of these is a finding of its own.
      guard let recorded = Self.values(of: block, in: report) else {
        let message = "the paragraph “\(Self.beginning(block.text))” is not in the report"
        let line = block.expressions.first?.line
        findings.append(.init(kind: .prose, stage: "", subject: "", message: message, line: line))
        continue
      }
      for (position, value) in recorded.enumerated() where value != block.values[position] {
        let message = "the report says “\(value)”, the results give “\(block.values[position])”"
        let line = block.expressions[position].line
        findings.append(.init(kind: .prose, stage: "", subject: "", message: message, line: line))
      }
    }
    return (agreeing, findings)
  }

  /// The texts that a report has in the places of a block's values; `nil` when the text around them is not in it.
  private static func values(of block: Block, in report: String) -> [String]? {
    let first = block.literals.firstIndex { $0.contains { !$0.isWhitespace } } ?? 0
    var search = report.startIndex
    while let start = report.range(of: block.literals[first], from: search) {
      var values: [String] = []
      var position = start.upperBound
      var fits = first == 0

      for literal in block.literals.dropFirst(first + 1) where fits {
        // A value is short and of one line.
        let limit = report.index(position, offsetBy: 400, limitedBy: report.endIndex) ?? report.endIndex
        let line = report[position..<limit].prefix { $0 != "\n" }
        guard let next = report.range(of: literal, from: position), next.lowerBound <= line.endIndex else {
          fits = false
          break
        }
        values.append(String(report[position..<next.lowerBound]))
        position = next.upperBound
      }

      if fits, values.count == block.values.count { return values }
      search = start.upperBound
      if block.literals[first].isEmpty { return nil }
    }
    return nil
  }

  private static func beginning(_ text: String) -> String {
    let line = text.split(separator: "\n").first.map(String.init) ?? ""
    return line.count <= 60 ? line : line.prefix(57) + "…"
  }
}

extension String {
  /// The first occurrence of a text at or after a place; an empty text is found at the place itself.
  fileprivate func range(of text: String, from start: Index) -> Range<Index>? {
    if text.isEmpty { return start..<start }
    return self[start...].firstRange(of: text)
  }
}
