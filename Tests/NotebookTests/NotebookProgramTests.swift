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

  @Test func `A name in another Unicode form is reported at its place`() {
    let composed = "caf\u{E9}"
    let decomposed = "cafe\u{301}"
    let mixed = program(
      "let \(composed) = 1", "\(composed) + 1", "let x = \(decomposed) + 1", "struct \(decomposed) {}")
    #expect(mixed.diagnostics.map { "\($0.line):\($0.column)" } == ["10:9", "14:8"] && mixed.faultyCells == [3, 4])
    #expect(mixed.diagnostics.allSatisfy { $0.message.contains("two names for Swift") })
    #expect(program("let \(decomposed) = 1", "\(decomposed) + 1").diagnostics.isEmpty)
    let labels = parsed(notebook("//| label: \(composed)", "//| label: \(decomposed)")).1
    #expect(labels.map(\.line) == [6] && labels[0].message.contains("is already the label"))
  }

  @Test func `Constants that are needed elsewhere and computed properties go to file scope`() {
    // Of a function that is needed, all constants; without a need, the program stays as it is.
    #expect(program("let k = 1", "k").manifest.cells.map(\.needs) == [[], [1]])
    let constant = program("let k = 1\nk", "struct S { var x = k }", "k")
    #expect(constant.manifest.cells.map(\.needs) == [[], [], []] && constant.manifest.cells[0].names == ["k"])
    #expect(program("let k = 1", "func f() -> Int { k }", "f()").manifest.cells.map(\.needs) == [[], [1], [1]])
    let function = program("struct S { var x = f() }", "let k = 1", "func f() -> Int { k }", "f()")
    #expect(function.manifest.cells.map(\.needs) == [[], [], [], []])
    // What stays a value: something computed, what a cell binds again, members and calls of the same name.
    for value in ["[1].count", "\"\\(1)\"", "1 + 1", "S2()"] {
      let program = program("let k = \(value)", "struct S { var x = k }", "k")
      #expect(program.manifest.cells.map(\.needs) == [[], [], [1]], "\(value)")
    }
    #expect(program("let k = 1", "let k = 2", "struct S { var x = k }", "k").manifest.cells[3].needs == [2])
    #expect(program("let k = 1", "struct S { var k = 2; var y: Int { k } }", "k").manifest.cells[2].needs == [1])
    #expect(program("let k = 1", "struct S { var y: Int { k(2) } }", "k").manifest.cells[2].needs == [1])
    // A computed property that uses a value stays with it.
    #expect(program("let a = [1].count", "var p: Int { a }", "p").manifest.cells.map(\.needs) == [[], [1], [2]])
    #expect(program("p", "var p: Int { 2 }").manifest.cells.map(\.needs) == [[], []])
    // Whatever is left out takes along what uses it.
    #expect(constant.pruned(removing: [1]).skipped == [2: 1, 3: 1])
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

  @Test func `Reads of environment variables by name are in the manifest`() {
    let reads = program(
      "let a = ProcessInfo.processInfo.environment[\"A\"]",
      "struct S { var b: String? { Foundation.ProcessInfo.processInfo.environment[\"B\", default: \"\"] } }",
      "let all = ProcessInfo.processInfo.environment\nlet c = all[\"C\"]"
    ).manifest.variables
    #expect(reads.map(\.name) == ["A", "B"] && reads.map(\.cell) == [1, 2] && reads.first?.column == 9)
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
