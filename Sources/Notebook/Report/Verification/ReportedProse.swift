package import Core
package import Notebook

/// The numbers that a report's prose shows, held against the results.
package struct ReportedProse: Sendable {
  /// A block of prose with computed values.
  struct Block: Sendable {
    /// As `report.md` has it when the results are these.
    var text: String
    /// The text before, between and behind the values; one more than there are values.
    var literals: [String]
    var values: [String]
    var expressions: [InlineExpression]
  }

  let blocks: [Block]

  /// - Parameter inlines: the values of the notebook's inline expressions.
  package init(_ document: NotebookDocument, inlines: [InlineOutcome]) {
    let outcomes = Dictionary(inlines.map { ($0.id, $0) }) { first, _ in first }
    func tree(_ text: (Int, InlineExpression) -> String) -> ProseTree {
      ProseTree(
        document.body,
        values: document.inlines.enumerated().map {
          ($1.expression, .init(text: text($0, $1), title: "", isMissing: false))
        },
        cells: document.cells.map(\.id))
    }
    let shown = tree { outcomes[$1.id]?.text ?? "no value" }
    // The same with marks in the place of values, which no text has: private-use characters around the expression's number.
    let marked = tree { position, _ in "\u{F8FE}\(position)\u{F8FF}" }
    blocks = zip(shown.pieces, marked.pieces).compactMap { shown, marked in
      guard let text = Self.markdown(shown), let template = Self.markdown(marked), template.contains("\u{F8FE}") else {
        return nil
      }
      var literals: [String] = []
      var expressions: [InlineExpression] = []
      for (position, part) in template.split(separator: "\u{F8FE}", omittingEmptySubsequences: false).enumerated() {
        guard position > 0, let end = part.firstIndex(of: "\u{F8FF}"), let number = Int(part[..<end]),
          document.inlines.indices.contains(number)
        else {
          literals.append(String(part))
          continue
        }
        expressions.append(document.inlines[number])
        literals.append(String(part[part.index(after: end)...]))
      }
      return Block(
        text: text, literals: literals, values: expressions.map { outcomes[$0.id]?.text ?? "no value" },
        expressions: expressions)
    }
  }

  private static func markdown(_ piece: ProseTree.Piece) -> String? {
    switch piece {
    case .heading(_, _, let markdown), .prose(_, let markdown): markdown
    case .cell: nil
    }
  }

  /// Looks for every block in a report, in order.
  /// - Parameter report: the recorded `report.md`.
  /// - Returns: how many agree, and a finding for each that does not.
  package func compare(with report: String) -> (agreeing: Int, findings: [Verdict.Finding]) {
    var agreeing = 0
    var findings: [Verdict.Finding] = []
    for block in blocks {
      if report.contains(block.text) {
        agreeing += 1
        continue
      }
      let line = block.expressions.first?.line
      guard let recorded = Self.values(of: block, in: report) else {
        findings.append(
          .init(
            kind: .prose, stage: "", subject: "",
            message: "the paragraph “\(Self.beginning(block.text))” is not in the report",
            line: line))
        continue
      }
      for (position, value) in recorded.enumerated() where value != block.values[position] {
        findings.append(
          .init(
            kind: .prose, stage: "", subject: "",
            message: "the report says “\(value)”, the results give “\(block.values[position])”",
            line: block.expressions[position].line))
      }
    }
    return (agreeing, findings)
  }

  /// What a report has in the places of a block's values; `nil` when the text around them is not there.
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
  /// The first occurrence of a text from a place on; an empty text is found at once.
  fileprivate func range(of text: String, from start: Index) -> Range<Index>? {
    if text.isEmpty { return start..<start }
    return self[start...].firstRange(of: text)
  }
}
