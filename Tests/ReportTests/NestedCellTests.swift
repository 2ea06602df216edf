import Core
import Notebook
import Report
import TestSupport
import Testing

/// Cells inside lists and quotations, in both forms of the report.
@Suite struct NestedCellTests {
  /// A notebook of random lists and quotations with cells in them.
  struct Nesting {
    private var generator: SplitMix64
    private var count = 0

    init(_ seed: UInt64) { generator = SplitMix64(seed) }

    /// The lines of a notebook; each cell's code has words that no other line has.
    mutating func lines() -> [String] {
      let body = blocks(depth: 0).map { line in
        // At the beginning of a line, a tab is four columns.
        line.hasPrefix("    ") && Bool.random(using: &generator) ? "\t" + line.dropFirst(4) : line
      }
      return ["---", "title: t", "---", "", "start", ""] + body
    }

    private mutating func blocks(depth: Int) -> [String] {
      var lines: [String] = []
      for index in 0..<Int.random(in: 1...3, using: &generator) {
        if index > 0 { lines.append("") }
        count += 1
        switch Int.random(in: depth > 4 ? 0...1 : 0...5, using: &generator) {
        case 0: lines.append("prose\(count)")
        case 1, 2: lines += cell()
        case 3: lines += blocks(depth: depth + 1).map { $0.isEmpty ? ">" : "> \($0)" }
        default: lines += list(depth: depth)
        }
      }
      return lines
    }

    private mutating func list(depth: Int) -> [String] {
      let marker = ["-", "*", "+", "3.", "7)", "12."].randomElement(using: &generator) ?? "-"
      let width = marker.count + Int.random(in: 1...3, using: &generator)
      var lines: [String] = []
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        if !lines.isEmpty, Bool.random(using: &generator) { lines.append("") }
        for (row, line) in blocks(depth: depth + 1).enumerated() {
          let start = row == 0 ? marker + String(repeating: " ", count: width - marker.count) : nil
          lines.append(line.isEmpty ? "" : (start ?? String(repeating: " ", count: width)) + line)
        }
      }
      return lines
    }

    private mutating func cell() -> [String] {
      let fence = ["```", "~~~~"].randomElement(using: &generator) ?? "```"
      let info = ["swift", "{swift}"].randomElement(using: &generator) ?? "swift"
      let options = Bool.random(using: &generator) ? ["//| label: label\(count)"] : []
      let code = ["let a\(count) = 1", "", "  let b\(count) = \"é\"", "a\(count) + 1"]
      return [fence + info] + options + code.suffix(Int.random(in: 1...4, using: &generator)) + [fence]
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func `A cell in any nesting keeps its code, its places and its structure in the report`(seed: UInt64) throws {
    var nesting = Nesting(seed)
    let lines = nesting.lines()
    let text = lines.joined(separator: "\n") + "\n"
    let (document, diagnostics) = NotebookDocument.parse(text: Array(text.utf8), file: "n.md")
    try #require(diagnostics.isEmpty, "\(diagnostics) in \(text)")
    let openings = lines.indices.filter { lines[$0].contains("swift") }
    #expect(document.cells.map(\.lines.lowerBound) == openings.map { $0 + 1 }, "\(text)")

    // Every word of the code is found again in the line and at the column that the map gives.
    let map = LineMap(document)
    for cell in document.cells {
      #expect(cell.options.label == nil || cell.lines.count > 2)
      for (row, code) in cell.code.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let word = code.drop { $0 == " " }
        guard !word.isEmpty else { continue }
        let column = code.utf8.count - word.utf8.count + 1
        let place = try #require(map.locate(.cell(cell.id), line: row + 2, column: column))
        let line = Array(lines[place.line - 1].utf8)
        #expect(line.dropFirst(place.column - 1).elementsEqual(word.utf8), "\(place) in \(text)")
      }
    }

    let report = Self.report(text)
    #expect(Self.structure(ofReport: report.markdown) == Self.structure(of: document), "\(text)\n\(report.markdown)")
    for cell in document.cells { #expect(report.html.matches(of: try Regex("id=\"cell-\(cell.id)\"")).count == 1) }
  }

  static func report(_ text: String) -> RenderedReport {
    let (document, _) = NotebookDocument.parse(text: Array(text.utf8), file: "n.md")
    let cells = document.cells.map { cell in
      CellOutcome(id: cell.id, state: .done, shown: [.text("value \(cell.id)\n\n  of two lines")], seconds: 0)
    }
    let inlines = document.inlines.map { InlineOutcome(id: $0.id, text: "value of \($0.expression)") }
    let record = RunRecord(
      notebook: "n.md", started: 0, seconds: 0, environment: [:], cells: cells, inlines: inlines, stages: [])
    return ReportRenderer(document: document, record: record).render()
  }

  /// The blocks of a notebook with their depth; each cell is its code and its value.
  static func structure(of document: NotebookDocument) -> [String] {
    structure(of: document.markdown) { node in
      guard case .cell(let id) = node.part, let cell = document.cells.first(where: { $0.id == id }) else { return nil }
      let source = cell.source.split(separator: "\n", omittingEmptySubsequences: false).drop(while: \.isEmpty)
      return ["swift: " + source.joined(separator: "\n"), "text: value \(id)\n\n  of two lines\n"]
    }
  }

  /// The blocks of a report between its title and its colophon, with their depth.
  static func structure(ofReport markdown: String) -> [String] {
    let whole = structure(of: MarkdownTree(parsing: Array(markdown.utf8))) { node in
      // Comments keep blocks apart that would become one, or move.
      [.htmlBlock("<!-- end list -->\n"), .htmlBlock("<!-- list -->\n")].contains(node.kind) ? [] : nil
    }
    guard let end = whole.lastIndex(of: "0 thematicBreak"), whole.first == "0 heading(level: 1)" else { return whole }
    return Array(whole[1..<end])
  }

  private static func structure(
    of tree: MarkdownTree, replacing: (MarkdownTree.Node) -> [String]?
  ) -> [String] {
    var ends: [Int] = []
    var found: [String] = []
    for (position, node) in tree.nodes.enumerated() {
      while let end = ends.last, end <= position { ends.removeLast() }
      let depth = ends.count
      if !node.kind.isLeaf { ends.append(node.end) }
      let names =
        switch node.kind {
        case .list(let list): ["list \(list.isOrdered) \(list.start)"]
        case .codeBlock(let info, let literal): ["\(info): \(literal)"]
        case .blockQuote, .item, .paragraph, .heading, .thematicBreak, .htmlBlock: ["\(node.kind)"]
        default: [String]()
        }
      found += (replacing(node) ?? names).map { "\(depth) \($0)" }
    }
    return found
  }

  @Test func `Results are in the item or the quotation, tables and captions too`() throws {
    let text = """
      - first `swift 1 + 1`
      - ```swift
        //| tbl-cap: Counts.
        table
        ```
        after `swift 2`
        1. > ```swift
           > //| echo: false
           > //| output: false
           > x
           > ```
           > quoted
      - last

      ```swift
      x
      ```

      """
    let (document, _) = NotebookDocument.parse(text: Array(text.utf8), file: "n.md")
    let table = Table(columns: [.init("a"), .init("b")], rows: [["x", 1]])
    let record = RunRecord(
      notebook: "n.md", started: 0, seconds: 0, environment: [:],
      cells: [
        CellOutcome(id: 1, state: .done, printed: "said\n", shown: [.table(table)], seconds: 0),
        CellOutcome(id: 2, state: .done, seconds: 0),
        CellOutcome(id: 3, state: .failed(Diagnostic(.error, "no", file: "n.md", line: 17, column: 1))),
      ],
      inlines: [InlineOutcome(id: 1, text: "2"), InlineOutcome(id: 2, text: "two")], stages: [])
    let report = ReportRenderer(document: document, record: record).render()
    #expect(
      report.markdown.contains(
        """
          - first 2

          - ``` swift
            table
            ```

            ``` text
            said
            ```
        """.replacing("``` ", with: "```")), "\(report.markdown)")
    #expect(report.markdown.contains("    **Table\u{a0}1.** Counts.\n\n    | a | b |\n    | :-- | --: |\n"))
    #expect(report.markdown.contains("    after two\n"))
    #expect(report.markdown.contains("> <!-- cell 2 -->\n"), "\(report.markdown)")
    let item = try #require(report.html.firstRange(of: #"<li>\#n<section class="cell" id="cell-1">"#))
    let after = try #require(report.html.firstRange(of: "after <span class=\"value short\""))
    #expect(item.upperBound < after.lowerBound)
    #expect(report.html.contains("<blockquote>\n<section class=\"cell\" id=\"cell-2\">"), "\(report.html)")

    // What a verification compares is the same text, piece by piece.
    let prose = ReportedProse(document, inlines: record.inlines)
    #expect(prose.compare(with: report.markdown).findings.isEmpty)
    #expect(prose.compare(with: report.markdown).agreeing == 2)
    let other = report.markdown.replacing("after two", with: "after three")
    #expect(prose.compare(with: other).findings.map(\.line) == [6])
  }

  @Test func `Text that looks like the place of a cell stays text`() {
    let mark = "cell\u{F8FE}"
    let text = "- ```\(mark)\n  ```\n- ```swift\n  x\n  ```\n  `\(mark)` \(mark)\n"
    let report = Self.report(text)
    #expect(report.html.matches(of: #/id="cell-1"/#).count == 1)
    #expect(report.html.matches(of: #/cell\u{F8FE}/#).count == 3)
    #expect(report.markdown.matches(of: #/value 1/#).count == 1)
  }
}
