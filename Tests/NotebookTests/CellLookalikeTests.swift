import Core
import Notebook
import Testing

/// Markdown that looks like a cell or a computed value and is not one.
@Suite struct CellLookalikeTests {
  @Test(arguments: [
    ("x\n\n```Swift\nx\n```\n", 3, 1, "a cell begins with “```swift”"),
    ("``` {.swift}\nx\n```\n", 1, 1, "//| eval: false"), ("```swift {#fig-a}\nx\n```\n", 1, 1, "shown and not run"),
    ("```swift ignored\nx\n```\n", 1, 1, "shown and not run"),
    ("~~~SWIFT\nx\n~~~\n", 1, 1, "a cell begins with “~~~swift”"),
    ("- a\n\n  > ```{.swift .numberLines}\n  > x\n  > ```\n", 3, 5, "shown and not run"),
    ("    ```swift\n    x\n", 1, 5, "indented by four columns or more"),
    ("text\n\n\t```swift\n\tx\n\t```\n", 3, 2, "indented by four columns or more"),
    ("<details>\n```swift\nx\n```\n</details>\n", 2, 1, "put a blank line before it"),
    ("a\nb `swift\tn`\n", 2, 4, "shown and not computed"), ("`  swift n`\n", 1, 2, "shown and not computed"),
    ("`{swift} n`\n", 1, 2, "a value in a sentence is written “`swift EXPRESSION`”"),
    ("---\ntitle: t\n---\n- `swift\u{A0}n`\n", 4, 4, "shown and not computed"),
  ])
  func `A block or code span that is none is reported at its line`(
    text: String, line: Int, column: Int, message: String
  ) throws {
    let (document, diagnostics) = parsed(text)
    try #require(diagnostics.count == 1, "\(diagnostics)")
    #expect(diagnostics[0].severity == .warning && diagnostics[0].message.contains(message), "\(diagnostics)")
    #expect(diagnostics[0].line == line && diagnostics[0].column == column, "\(diagnostics)")
    #expect(document.cells.isEmpty && document.inlines.isEmpty)
  }

  @Test(arguments: [
    "````markdown\n```swift\nx\n```\n````\n", "```swift-example\nx\n```\n", "```text\n```Swift\nx\n```\n",
    "<!--\n```swift\nx\n```\n-->\n", "<pre>\n```swift\nx\n```\n</pre>\n", "`Swift 6` `swift` `swift  ` `swiftly x`\n",
    "    let x = 1\n", "```\nswift\n```\n", "```swift\n//| eval: false\nx\n```\n", "```swift n``` is a value\n",
    "`swift  n`\n", "> ```sh\n> swift build\n",
  ])
  func `Code that is shown on purpose is not reported`(text: String) {
    #expect(parsed(text).1.isEmpty, "\(parsed(text).1)")
  }

  @Test func `Each of several is reported, in order`() {
    let text = "`swift\tn` and `swift\tn`\n\n```Swift\nx\n```\n\n    ```swift\n    x\n    ```\n"
    #expect(parsed(text).1.map { "\($0.line):\($0.column)" } == ["1:2", "1:16", "3:1", "7:5"])
  }
}
