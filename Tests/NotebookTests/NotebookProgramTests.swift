import Core
import Foundation
import Notebook
import Testing

@Suite struct NotebookProgramTests {
  func program(_ cells: String...) -> NotebookProgram {
    NotebookProgram(parsed(cells.map { "```swift\n\($0)\n```\n" }.joined(separator: "\n")).0)
  }

  @Test func `Prose changes neither the program nor the fingerprint`() {
    let code = ["let a = 1\n//| no option\na", "struct S: Stage {}\nS()()"]
    let bare = NotebookProgram(parsed(notebook(code[0], code[1])).0)
    let dressed = NotebookProgram(
      parsed("---\ntitle: t\n---\n# Head\n\n" + notebook(code[0]) + "\n\nmore\n\n```python\n```\n" + notebook(code[1]))
        .0)
    #expect(bare.source == dressed.source)
    #expect(bare.manifest == dressed.manifest)
    let other = program("let a = 2", code[1])
    #expect(other.digest != bare.digest && other.manifest.fingerprint != bare.manifest.fingerprint)
  }

  @Test func `Options but eval change neither program nor fingerprint when they keep the lines`() {
    let one = program("//| label: a\nlet a = 1")
    let two = program("//| echo: false\nlet a = 1")
    #expect(one.manifest == two.manifest)
    #expect(program("//| eval: false\nlet a = 1").manifest.fingerprint != one.manifest.fingerprint)
  }

  @Test(arguments: [
    (["let a = 1", "let b = 2", "a + b"], [[], [], [1, 2]]),
    (["let a = 1", "let a = 2", "a"], [[], [], [2]]),
    (["var a = 1", "a += 1", "a"], [[], [1], [2]]),
    (["let a = 1", "x.a; f(a: 2)"], [[], []]),
    (["let a = 1", "[1].map { a in a }"], [[], []]),
    (["let a: Int? = 1", "if let a { print(a) }"], [[], [1]]),
    (["let a = 1", "func f(a: Int) -> Int { a }", "f(a: 2)"], [[], [], []]),
    (["let a = 1", "func f() -> Int { a }", "f()"], [[], [1], [1]]),
    (["let a = 1", "struct S { var a = 2 }", "S()"], [[], [], []]),
    (["let a = 1", "\"\\(a)\""], [[], [1]]),
    (["let a = 1", "for a in [a] { print(a) }"], [[], [1]]),
    (["let a = 1", "for a in [2] { print(a) }"], [[], []]),
    (["let a = 1", "switch 3 { case let a: print(a) }"], [[], []]),
    (["let a = 1", "switch 3 { case a: print(2) }"], [[], [1]]),
    (["let error = 1", "do { try f() } catch { print(error) }"], [[], []]),
    (["let a = 1", "let k = \\S.a", "[k].map { [a] in a }"], [[], [], [1, 2]]),
  ])
  func `A cell needs exactly the cells whose values it mentions`(cells: [String], needs: [[Int]]) {
    let text = cells.map { "```swift\n\($0)\n```\n" }.joined(separator: "\n")
    let program = NotebookProgram(parsed(text).0)
    #expect(program.manifest.cells.map(\.needs) == needs, "\(program.source)")
  }

  @Test func `Syntax errors are told per cell`() throws {
    let program = program("let a = 1", "let b = (", "func f( {", "let c = 2")
    #expect(program.faultyCells == [2, 3])
    #expect(
      program.diagnostics.allSatisfy { $0.severity == .error && [6, 10].contains($0.line) }, "\(program.diagnostics)")
    let rest = program.pruned(removing: program.faultyCells).program
    #expect(rest.diagnostics.isEmpty && rest.manifest.cells.map(\.id) == [1, 4])
  }

  @Test func `A return at a cell's top level and a stage inside a function are errors`() {
    let returned = program("let a = 1\nif a == 1 { return }\nlet f = { return }")
    #expect(returned.diagnostics.map(\.line) == [3] && returned.diagnostics.map(\.column) == [13])
    let hidden = program("func f() { struct S: Stage {} }")
    #expect(hidden.diagnostics.count == 1 && hidden.faultyCells == [1])
    let concealed = program("enum E { private enum F { struct S: Stage {} }\nstruct T: Stage {} }")
    #expect(concealed.diagnostics.map(\.line) == [2] && concealed.manifest.stages.map(\.name) == ["E.T"])
  }

  @Test(arguments: ["let x = 1", "a, b", "x = 2", "(", "a; b"])
  func `Inline code that is no expression is an error`(code: String) {
    let program = NotebookProgram(parsed("x `swift \(code)`").0)
    #expect(program.faultyInlines == [1])
    #expect(program.diagnostics.allSatisfy { $0.line == 1 && $0.column >= 10 })
  }

  @Test func `Leaving out a cell leaves out what uses its declarations, members and values`() {
    let program = program(
      "struct P { var v = 1 }", "extension Int { var third: Int { self / 3 } }", "let p = P()", "p.v", "9.third",
      "var n = 1",
      "n += 1", "let k = 3\nfunc local() -> Int { k }", "func user() -> Int { local() }", "1 + 1")
    #expect(program.pruned(removing: [1]).skipped == [3: 1, 4: 3])
    #expect(program.pruned(removing: [2]).skipped == [5: 2])
    #expect(program.pruned(removing: [6]).skipped == [7: 6])
    #expect(program.pruned(removing: [8]).skipped == [9: 8])
    #expect(program.pruned(removing: []).program.source == program.source)
  }

  @Test func `Stage calls are listed with their places`() {
    let program = program(
      "struct Mine: Stage {}",
      "let x = try await Download(url: u)()\nlet m = Mine()\nprint(Int(3))\nlet y = try await\n "
        + " Outer.Inner<Int>(x: Nested()())()"
    )
    let calls = program.manifest.stageCalls
    #expect(calls.map(\.name) == ["Download", "Mine", "Outer.Inner", "Nested"])
    #expect(
      calls.map(\.cell) == [2, 2, 2, 2] && calls.map(\.line) == [2, 3, 6, 6] && calls.map(\.column) == [19, 9, 3, 23])
  }

  @Test func `The manifest survives its encoding`() throws {
    let manifest = program("struct S: Stage {}", "let a = S()", "a").manifest
    #expect(try JSONDecoder().decode(ProgramManifest.self, from: JSONEncoder().encode(manifest)) == manifest)
    #expect(manifest.cells.map(\.names) == [[], ["a"], []] && manifest.stages.map(\.name) == ["S"])
  }

  @Test func `A long notebook keeps every line in place`() throws {
    let cells = (1...300).map { "Prose \($0) `swift v\($0)`\n\n```swift\nlet v\($0) = \($0)\nprint(v\($0))\n```\n" }
    let (document, diagnostics) = parsed(cells.joined(separator: "\n"))
    let program = NotebookProgram(document)
    #expect(diagnostics.isEmpty && program.diagnostics.isEmpty)
    #expect(program.manifest.cells.count == 300 && program.manifest.inlines.count == 300)
    #expect(try #require(program.locate(cell: "cell-300", line: 3, column: 7)) == (299 * 7 + 5, 7))
  }

  @Test func `Errors in generated lines are told at their cell`() throws {
    let program = program("let a = 1", "let b = a")
    let line = try #require(
      program.source.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.hasPrefix("return (b)") })
    let report = program.report(
      on: "/tmp/p.swift:\(line + 1):9: error: odd\n/tmp/p.swift:\(line + 1):9: note: because\nerror: link failed")
    #expect(report.diagnostics.map(\.line) == [5, 5, 1] && report.cells == [2])
  }
}
