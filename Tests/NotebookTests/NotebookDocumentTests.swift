import Core
import Notebook
import Testing

func parsed(_ text: String) -> (NotebookDocument, [Diagnostic]) {
  NotebookDocument.parse(text: Array(text.utf8), file: "n.md")
}

/// Lines of a notebook whose code cells are the given ones, without prose.
func notebook(_ cells: String...) -> String {
  cells.map { "```swift\n\($0)\n```\n" }.joined(separator: "\n")
}

@Suite struct NotebookDocumentTests {
  @Test func `Blocks keep their order, Markdown and lines`() throws {
    let (document, diagnostics) = parsed("# One\n\ntext\n\n```swift\nlet a = 1\n```\nafter\n\n~~~ {swift}\na\n~~~\n")
    #expect(diagnostics.isEmpty)
    try #require(document.blocks.count == 4)
    guard case .prose(let first) = document.blocks[0], case .cell(let cell) = document.blocks[1],
      case .prose(let second) = document.blocks[2], case .cell(let last) = document.blocks[3]
    else {
      Issue.record("expected prose, cell, prose, cell")
      return
    }
    #expect(first.markdown == "# One\n\ntext\n" && first.lines == 1...3)
    #expect(cell.code == "let a = 1\n" && cell.lines == 5...7 && cell.id == 1)
    #expect(second.markdown == "after\n" && second.lines == 8...8)
    #expect(last.code == "a\n" && last.lines == 10...12 && last.id == 2)
  }

  @Test(arguments: [
    ("", 0), ("\n\n", 0), ("```python\nx\n```\n", 0), ("- ```swift\n  x\n  ```\n", 1), ("> ```swift\n> x\n> ```\n", 1),
    ("1. a\n\n\t> - ```swift\n\t>   x\n\t>   ```\n", 1), ("- a\n- b\n\n+ ```{swift}\n  x\n  ```\n", 1),
    ("- ```python\n  x\n", 0), ("````swift\n```\nx\n```\n````\n", 1), ("```swift\n```\n", 1),
    ("````\n```swift\nx\n```\n````\n", 0),
    ("```swift\nx\n```", 1), ("```{swift}\nx\n```", 1),
    ("<div>\n\n```swift\nx\n```\n</div>\n", 1),
  ])
  func `Swift fences are cells, also inside lists and quotations`(text: String, count: Int) {
    let (document, diagnostics) = parsed(text)
    #expect(document.cells.count == count)
    #expect(diagnostics.isEmpty)
  }

  @Test func `Front matter fills every known field`() {
    let (document, diagnostics) = parsed(
      """
      ---
      title: "Watu: wengi"
      subtitle: مرحبا
      authors: [Ana, Bo]
      date: 2026-11-23
      abstract: |
        Two
        lines
      description: d
      seed: 9223372036854775807
      language: sw
      environment: [FOO, BAR_2, FOO]
      secrets: TOKEN
      ---
      x
      """)
    #expect(diagnostics.isEmpty)
    let front = document.frontMatter
    #expect(front.title == "Watu: wengi" && front.subtitle == "مرحبا" && front.authors == ["Ana", "Bo"])
    #expect(front.date == "2026-11-23" && front.abstract == "Two\nlines" && front.description == "d")
    #expect(front.seed == .max && front.language == "sw")
    #expect(front.environment == ["FOO", "BAR_2"] && front.secrets == ["TOKEN"])
    #expect(document.bodyLine == 15 && document.body == "x")
  }

  @Test(arguments: [
    ("---\ntitel: x\n---\n", 2, 1, "did you mean “title”"),
    ("---\ntitle: a\nauthor: x\n---\n", 3, 1, "did you mean “authors”"),
    ("---\nzzzzzzzzzzzz: x\n---\n", 2, 1, "known are title"),
    ("---\nseed: -1\n---\n", 2, 7, "“seed” must be a whole number"),
    ("---\nenvironment: [2x]\n---\n", 2, 1, "“2x” is not the name of an environment variable"),
    ("---\nsecrets: \"A B\"\n---\n", 2, 1, "“A B” is not the name of an environment variable"),
    ("---\nenvironment: [COLOPHON_RUN]\n---\n", 2, 1, "a variable of Colophon's own"),
    ("---\nenvironment: [A]\nsecrets: [A]\n---\n", 3, 1, "cannot be a secret and count in keys"),
    ("---\ntitle: [a]\n---\n", 2, 8, "“title” must be a text"),
    ("---\ntitle:\n---\n", 2, 7, "“title” must be a text"),
    ("---\ntitle: a: b\n---\n", 2, 9, "cannot read this YAML"),
    ("---\ntitle: x\ntitle: y\n---\n", 2, 1, "more than once"),
    ("---\ntitle: x\n", 1, 1, "never closed"),
    ("---\n- a\n---\n", 2, 1, "expected “key: value”"),
    ("x\n\n```swift\ny\n", 3, 1, "never closed: add a line “```”"),
    ("x\n\n  ~~~~python\ny\n~~~\n", 3, 3, "never closed: add a line “~~~~”"),
    ("```swift", 1, 1, "never closed"),
    ("- ```swift\n  x\n\nafter\n", 1, 3, "never closed: add a line “```”"),
    ("> ```swift\n> x\n> ``\n```\ny\n```\n", 1, 3, "never closed: add a line “```”"),
    ("- a\n\n  > ```swift\n  > //| ecko: true\n  > x\n  > ```\n", 4, 9, "did you mean “echo”"),
    ("text\n    ```swift\n    let a = 1\n\n    a\n    ```\n", 2, 5, "belongs to the sentence above"),
    ("- ```{swift, echo=false}\n  x\n  ```\n", 1, 3, "cell options go on lines"),
    ("```{swift, echo=false}\nx\n```\n", 1, 1, "cell options go on lines"),
    ("```swift\n//| ecko: true\n```\n", 2, 5, "did you mean “echo”"),
    ("```swift\n//| label: a\n//| eval: maybe\n```\n", 3, 11, "“eval” must be true or false, not “maybe”"),
    ("```swift\n//| tolerance: -1\n```\n", 2, 16, "“tolerance” must be a number of at least 0"),
    ("```swift\n//| label: a b\n```\n", 2, 12, "“label” must be a word"),
    ("```swift\n//| echo\n```\n", 2, 5, "expected “key: value”"),
    ("\u{FEFF}---\r\ntitel: x\r\n---\r\n", 2, 1, "did you mean “title”"),
  ])
  func `Faults name line, column and remedy`(text: String, line: Int, column: Int, message: String) throws {
    let (_, diagnostics) = parsed(text)
    try #require(diagnostics.count == 1, "\(diagnostics)")
    #expect(diagnostics[0].message.contains(message), "\(diagnostics[0])")
    #expect(diagnostics[0].line == line && diagnostics[0].column == column, "\(diagnostics[0])")
    #expect(diagnostics[0].severity == .error && diagnostics[0].file == "n.md")
  }

  @Test func `A second use of a label names both lines`() throws {
    let (_, diagnostics) = parsed(notebook("//| label: x", "//| label: y", "//| label: x"))
    try #require(diagnostics.count == 1)
    #expect(diagnostics[0].line == 10)
    #expect(diagnostics[0].message.contains("line 10") && diagnostics[0].message.contains("line 2"))
  }

  @Test func `Several faults are all told, in order`() {
    let (_, diagnostics) = parsed("---\ntitel: x\n---\n```swift\n//| evall: true\n```\n\n```swift\n")
    #expect(diagnostics.map(\.line) == [2, 5, 8])
  }

  @Test(
    arguments: [
      ([0x61, 0x0A, 0x62, 0xFF], 2, 2), ([0xC3], 1, 1), ([0x61, 0x0D, 0x0A, 0xED, 0xA0, 0x80], 2, 1),
      ([0xE2, 0x82, 0x41], 1, 1),
      ([0xF0, 0x9F, 0x98, 0x80, 0x80], 1, 5),
    ] as [([UInt8], Int, Int)])
  func `A byte that is not UTF-8 is named by its place`(bytes: [UInt8], line: Int, column: Int) throws {
    let (document, diagnostics) = NotebookDocument.parse(text: bytes, file: "n.md")
    try #require(diagnostics.count == 1)
    #expect(diagnostics[0].line == line && diagnostics[0].column == column)
    #expect(document.blocks.isEmpty)
  }

  @Test func `All options are read and blanked in the code`() throws {
    let (document, diagnostics) = parsed(
      notebook(
        """
        //| label: fig-größe
        //| echo: false
        //| output: false
        //|fig-cap: "A: b"
        //| fig-alt: |
        //|   two
        //|   lines
        //| tbl-cap: t
        //| tolerance: 1e-3
        //| code-fold: true
        let a = 1
        """))
    #expect(diagnostics.isEmpty)
    let cell = try #require(document.cells.first)
    let options = cell.options
    #expect(options.label == "fig-größe" && !options.echo && options.eval && !options.output && options.foldsCode)
    #expect(options.figureCaption == "A: b" && options.figureAlternative == "two\nlines" && options.tableCaption == "t")
    #expect(options.tolerance == 1e-3)
    #expect(cell.code == String(repeating: "\n", count: 10) + "let a = 1\n" && cell.source == "let a = 1\n")
  }

  @Test func `Line ends and a byte order mark change nothing`() {
    let text = "---\ntitle: t\n---\n\nSeen `swift a` pairs.\n\n```swift\nlet a = 1\n```\n"
    let plain = parsed(text).0
    #expect(parsed("\u{FEFF}" + text.replacing("\n", with: "\r\n")).0 == plain)
    #expect(parsed(text.replacing("\n", with: "\r")).0 == plain)
  }
}
