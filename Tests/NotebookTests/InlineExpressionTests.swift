import Notebook
import Testing

@Suite struct InlineExpressionTests {
  @Test(arguments: [
    ("Seen `swift n` pairs", ["n"], ["`swift n`"], [13]),
    ("`swift a` and `` swift b ?? \"`\" ``", ["a", "b ?? \"`\""], ["`swift a`", "`` swift b ?? \"`\" ``"], [8, 24]),
    ("# Head `swift n`", ["n"], ["`swift n`"], [15]),
    ("escaped \\`swift a and `swift b`", ["b"], ["`swift b`"], [30]),
    ("<b title=\"`swift x`\">`swift x`</b>", ["x"], ["`swift x`"], [29]),
    ("`swift x` [l](<u`swift x`> \"`swift x`\") `swift x`", ["x", "x"], ["`swift x`", "`swift x`"], [8, 48]),
    ("> - `swift n`", ["n"], ["`swift n`"], [12]),
    ("عدد الأزواج `swift n` زوج", ["n"], ["`swift n`"], [30]),
    ("😀 `swift \"😀\"`", ["\"😀\""], ["`swift \"😀\"`"], [13]),
    ("\t`swift n`", [], [], []),
    ("`swift` `swift  ` `swiftly x` `x swift y`", [], [], []),
    ("[a]: <`swift x`>\n`swift x`", ["x"], ["`swift x`"], [8]),
    ("- a\n\n  - `swift a`\n    `swift b`", ["a", "b"], ["`swift a`", "`swift b`"], [12, 12]),
    ("*`swift a`***`swift b`**", ["a", "b"], ["`swift a`", "`swift b`"], [9, 21]),
  ])
  func `Inline expressions are found where they stand`(
    text: String, expressions: [String], spans: [String], columns: [Int]
  ) throws {
    let (document, diagnostics) = parsed(text)
    #expect(diagnostics.isEmpty)
    #expect(document.inlines.map(\.expression) == expressions)
    #expect(document.inlines.map(\.column) == columns)
    for case .prose(let prose) in document.blocks {
      let bytes = Array(prose.markdown.utf8)
      #expect(prose.inlines.map { String(decoding: bytes[$0.range], as: UTF8.self) } == spans)
    }
  }

  @Test func `An expression over two lines maps back to both`() throws {
    let (document, _) = parsed("# x\n\n> sum: `swift first +\n>   second`\n")
    let inline = try #require(document.inlines.first)
    #expect(inline.expression == "first + second")
    let map = LineMap(document)
    #expect(try #require(map.locate(cell: "inline-1", line: 2, column: 1)) == (3, 15))
    #expect(try #require(map.locate(cell: "inline-1", line: 2, column: 9)) == (4, 5))
    #expect(try #require(map.locate(cell: "inline-1", line: 1, column: 1)) == (3, 15))
  }

  @Test func `Many spans that look alike keep their order`() {
    let text = (0..<200).map { "`swift v\($0)` \\` <i a='`'> ``swift w`` and `swift`" }.joined(separator: "\n\n")
    let (document, diagnostics) = parsed(text)
    #expect(diagnostics.isEmpty)
    let expected: [String] = (0..<200).flatMap { ["v\($0)", "w"] }
    let lines: [Int] = (0..<200).flatMap { [$0 * 2 + 1, $0 * 2 + 1] }
    #expect(document.inlines.map(\.expression) == expected)
    #expect(document.inlines.map(\.id) == Array(1...400))
    #expect(document.inlines.map(\.line) == lines)
  }
}
