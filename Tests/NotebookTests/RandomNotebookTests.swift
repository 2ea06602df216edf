import Core
import Notebook
import TestSupport
import Testing

@Suite struct RandomNotebookTests {
  static let pieces = [
    "```swift\n", "```\n", "~~~\n", "let a = 1\n", "`swift a`", "`", "``", "\\", "> ", "- ", "\n", "\r\n", "\t", "    ",
    "---\n",
    "title: x\n",
    "//| label: b\n", "//| eval:", "var b = a\n", "func f() -> Int { a }\n", "struct S: Stage {", "}", "(", "\"",
    "\"\"\"\n", "é",
    "ש", "😀", "<a ",
    "[x]: ", "guard let c = b else", "async let d = f()\n", "return\n", "\u{0}", "extension S {", "# ", "{swift}",
    " swift ",
    "a;", "#if x\n",
  ]

  @Test(arguments: 0..<400) func `Any text parses, and its places stay within it`(seed: UInt64) {
    var generator = SplitMix64(seed)
    let text = (0..<Int.random(in: 0..<60, using: &generator)).compactMap { _ in
      Self.pieces.randomElement(using: &generator)
    }
    .joined()
    let lineCount = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
    let (document, diagnostics) = parsed(text)
    let program = NotebookProgram(document)
    for diagnostic in diagnostics + program.diagnostics {
      #expect((1...lineCount).contains(diagnostic.line), "\(diagnostic) in \(text.debugDescription)")
    }
    for case .prose(let prose) in document.blocks {
      let bytes = Array(prose.markdown.utf8)
      for inline in prose.inlines {
        let span = String(decoding: bytes[inline.range], as: UTF8.self)
        #expect(span.hasPrefix("`") && span.hasSuffix("`") && span.contains("swift"), "\(text.debugDescription)")
        #expect(prose.lines.contains(inline.line))
      }
    }
    var next = 1
    for block in document.blocks {
      let lines =
        if case .prose(let prose) = block { prose.lines } else if case .cell(let cell) = block { cell.lines } else {
          0...0
        }
      #expect(lines.lowerBound >= next && lines.upperBound <= lineCount)
      next = lines.upperBound + 1
    }
    #expect(program.pruned(removing: program.faultyCells, inlines: program.faultyInlines).program.diagnostics.isEmpty)
  }
}
