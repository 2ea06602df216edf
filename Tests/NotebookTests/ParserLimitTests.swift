import Core
import Notebook
import Testing

/// Code on which the Swift parser itself would take hours or end the process, as fuzzing found it.
@Suite struct ParserLimitTests {
  static func cell(_ code: String) -> String {
    "```swift\nlet before = 1\n\(code)\n```\n\n```swift\nlet after = 2\nafter\n```\n"
  }

  @Test(arguments: [17, 40, 3000])
  func `Brackets beyond counting are a fault at the first one too many`(count: Int) {
    let (document, diagnostics) = parsed(Self.cell("let x = a" + String(repeating: "[", count: count)))
    #expect(diagnostics.isEmpty)
    let program = NotebookProgram(document)
    #expect(program.diagnostics.map(\.line) == [3] && program.diagnostics.map(\.column) == [26])
    #expect(program.diagnostics.allSatisfy { $0.message.contains("16 square brackets") })
    #expect(program.faultyCells == [1])
    #expect(program.pruned(removing: [1]).program.source.contains("after"))
  }

  @Test func `Sixteen brackets, and any number one behind the other, are none`() {
    let nested = String(repeating: "[", count: 16) + "1" + String(repeating: "]", count: 16)
    let row = (0..<100).map { "[\($0)]" }.joined(separator: ", ")
    #expect(NotebookProgram(parsed(Self.cell("let x = \(nested)\nlet y = [\(row)]")).0).diagnostics.isEmpty)
  }

  @Test(arguments: ["\u{1}", "\u{b}\u{1}", "\u{200b}"])
  func `An invisible character before an equals sign is a fault there`(invisible: String) {
    let program = NotebookProgram(parsed(Self.cell("let x \(invisible)= 1")).0)
    #expect(program.faultyCells == [1])
    #expect(program.diagnostics.contains { $0.severity == .error && $0.line == 3 }, "\(program.diagnostics)")
  }

  @Test func `A parameter's name with brackets is refused without asking the parser`() {
    let (_, diagnostics) = parsed("---\nparameters:\n  a\(String(repeating: "[", count: 60)): 1\n---\n")
    #expect(diagnostics.count == 1 && diagnostics[0].line == 3, "\(diagnostics)")
  }

  @Test func `Options that end too early are reported on their last line`() {
    let (_, diagnostics) = parsed("```swift\n//| label: a\n//| fig-cap\n")
    #expect(!diagnostics.isEmpty && diagnostics.allSatisfy { (1...3).contains($0.line) }, "\(diagnostics)")
  }
}
