import Core
import Notebook
import Testing

/// A notebook and what its program prints.
struct RunningCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var text: String
  var output: String

  init(_ name: String, _ text: String, prints output: String) {
    testDescription = name
    self.text = text
    self.output = output
  }
}

@Suite(.serialized) struct CompiledProgramTests {
  static let stage = "struct Twice: Stage { var x: Int; func run() async throws -> Int { x * 2 } }"

  static let running = [
    RunningCase(
      "async let across cells",
      notebook(stage, "async let a = Twice(x: 3)()\nasync let b = Twice(x: 4)()", "try await a + b"),
      prints: "14\n"),
    RunningCase(
      "variables mutated across cells",
      notebook("var n = 1\nvar list = [1]", "n += 1\nlist.append(n)", "n += 10\nlist.append(n)\nlist", "n"),
      prints: "[1, 2, 12]\n12\n"),
    RunningCase(
      "local functions that use values",
      notebook(
        "let scale = 3\nfunc scaled(_ x: Int) -> Int { x * scale }\nfunc twice(_ x: Int) -> Int { scaled(x) * 2 }",
        "twice(5)"),
      prints: "30\n"),
    RunningCase(
      "a function keeps the value it was written for",
      notebook("let k = 1\nfunc f() -> Int { k }", "let k = \"s\"", "\"\\(f()) \\(k)\""),
      prints: "1 s\n"),
    RunningCase(
      "a function that changes a variable",
      notebook("var n = 0\nfunc bump() { n += 1 }\nbump()", "bump()\nbump()", "n"),
      prints: "3\n"),
    RunningCase(
      "mutual recursion with a value",
      notebook(
        """
        let end = 0
        func isEven(_ n: Int) -> Bool { n == end || isOdd(n - 1) }
        func isOdd(_ n: Int) -> Bool { n != end && isEven(n - 1) }
        """, "isEven(10)"), prints: "true\n"),
    RunningCase(
      "tuple patterns", notebook("let (a, (b, _)) = (1, (2, 3)), c = 4\nlet `default` = 5", "[a, b, c, `default`]"),
      prints: "[1, 2, 4, 5]\n"),
    RunningCase(
      "shadowed names", notebook("let x = 1", "let x = x + 1", "let x = x + 1\nlet y = [1].map { x in x }", "x"),
      prints: "3\n"),
    RunningCase("a last expression without value", notebook("let a = 1", "print(a)"), prints: "1\n"),
    RunningCase(
      "inline values",
      "A `swift 1 + 1`.\n\n" + notebook("let a = [3]", "let a = a + [4]") + "\nB `swift a` and `swift a.first!`\n",
      prints: "inline 1: 2\ninline 2: [3, 4]\ninline 3: 3\n"),
    RunningCase(
      "guard binds", notebook("struct E: Error {}\nguard let a = Int(\"3\") else { throw E() }", "a"), prints: "3\n"),
    RunningCase(
      "names of the generated program are free", notebook("let notebook = 1\nlet cell1 = 2", "notebook + cell1"),
      prints: "3\n"),
    RunningCase("tabs and comments", notebook("\tlet a = 1 // one\n\n\t/* x */ a; // shown"), prints: "1\n"),
    RunningCase(
      "right-to-left text and emoji", notebook("let مرحبا = \"سلام 😀\"", "let 😀 = مرحبا; 😀.count"), prints: "6\n"),
    RunningCase("a multi-line string", notebook("let s = \"\"\"\n  a\n    b\n  \"\"\"\ns"), prints: "a\n  b\n"),
    RunningCase(
      "imports, operators and generic functions",
      notebook("import Foundation\ninfix operator +++\nfunc +++ <T>(a: [T], b: T) -> [T] { a + [b] }", "[1] +++ 2"),
      prints: "[1, 2]\n"),
    RunningCase(
      "an error ends only its cell", notebook("struct E: Error {}\nlet a = 1\nif a == 1 { throw E() }", "print(2)"),
      prints: "failed: E()\n2\n"),
    RunningCase(
      "stages have digests",
      notebook(
        "enum Outer { struct Inner: Stage { func run() -> Int { 1 } } }\npublic struct P {}",
        "Outer.Inner.codeDigest!.text.count"
      ),
      prints: "64\n"),
    RunningCase(
      "public, private, generic and extended stages",
      notebook(
        """
        public struct P: Stage { public func run() -> Int { 1 } }
        private struct Q: Stage { func run() -> Int { 2 } }
        struct G<T: Codable & Sendable>: Stage { var t: T; func run() -> Int { 3 } }
        struct X { var x = 1 }
        extension X: Stage { func run() -> Int { x } }
        struct Own: Stage { static var codeDigest: Digest? { nil }; func run() -> Int { 5 } }
        """, "[P.codeDigest, Q.codeDigest, G<Int>.codeDigest, X.codeDigest, Own.codeDigest].map { $0 == nil }"),
      prints: "[false, false, false, false, true]\n"),
    RunningCase("variables bound anew", notebook("var x = 1", "var x = x + 1\nx += 1", "x += 1", "x"), prints: "4\n"),
    RunningCase(
      "values of if and switch expressions",
      notebook(
        "let x = [1, 2, 3].count\nstruct E: Error {}\nif x > 5 { 1.5 } else { [x] }",
        "switch x {\ncase 1: throw E()\ncase 2: 2\ndefault:\n  if x == 3 { \"three\" } else { x } // shown\n}",
        "if x == 3 { print(\"no value\") } else { print(0) }", "if x == 3 { _ = x }",
        "var y = 1\nif x == 3 { y = 2 } else { y = 3 }", "y")
        + "\n`swift if x > 1 { \"more\" } else { \"less\" }`\n",
      prints: "[3]\nthree\nno value\n2\ninline 1: more\n"),
    RunningCase(
      "constants and computed properties at file scope, in any order",
      notebook(
        "limits",
        "struct S: Stage { func run() -> Int { k + factor + names.count + helper() } }", "try await S()()",
        "let k = 10, unused = 5\nlet names = [\"a\", \"b\"]\nlet limits: [String: Double?] = [\"low\": -1]\nk",
        "var factor: Int { other * 2 }\nlet other = -4",
        "func helper() -> Int { func inner() -> Int { last }; return inner() }",
        "let last = 100", "last + other"),
      prints: "[\"low\": Optional(-1.0)]\n104\n10\n96\n"),
    RunningCase(
      "names that cells bind again, or that mean something else, stay values",
      notebook(
        "let max = 3\nstruct S: Stage { func run() -> Int { max(1, 2) } }", "try await S()() + max",
        "let n = 1", "let n = n + 1", "var twice: Int { n * 2 }", "twice"),
      prints: "5\n4\n"),
    RunningCase(
      "cells in lists and quotations",
      "- ```swift\n  let a = 1\n  ```\n  > ```swift\n  > a + 1\n  > ```\n\n<details>\n\n" + notebook("a + 2")
        + "\n</details>\n",
      prints: "2\n3\n"),
    RunningCase("not evaluated", notebook("//| eval: false\nthis is no Swift", "print(1)"), prints: "1\n"),
    RunningCase("an assignment at the end", notebook("var a = 1\na = 2", "a *= 3", "a"), prints: "6\n"),
    RunningCase(
      "long closures infer", notebook((0..<30).map { "let v\($0) = \($0)" }.joined(separator: "\n"), "v0 + v29"),
      prints: "29\n"),
  ]

  @Test(arguments: running) func `The program compiles without a word and prints its values`(_ test: RunningCase) throws
  {
    let (document, diagnostics) = parsed(test.text)
    #expect(diagnostics.isEmpty)
    let program = NotebookProgram(document)
    #expect(program.diagnostics.isEmpty)
    let compiled = try CompiledNotebook(program)
    #expect(program.rewrite(compiled.compilerOutput).isEmpty, "\(compiled.compilerOutput)\n\(program.source)")
    #expect(compiled.output == test.output, "\(compiled.compilerOutput)\n\(program.source)")
  }

  @Test func `Compiler errors are told at their Markdown line and column, several at once`() throws {
    let text = """
      ---
      title: t
      ---

      Prose with `swift nothing + 1`.

      ```swift
      let a = [1].count
      ```

        ~~~swift
        //| label: second
        let b = "😀"; let wrong: Int = "s"
        b + zz
        ~~~

      ```swift
      struct S: Stage { func run() -> Int { a } }
      unknownCall(
        a)
      ```
      """
    let program = NotebookProgram(parsed(text).0)
    let compiled = try CompiledNotebook(program)
    let report = program.report(on: compiled.compilerOutput)
    let errors = report.diagnostics.filter { $0.severity == .error }
    let places = errors.map { "\($0.line):\($0.column) \($0.message.prefix(28))" }
    #expect(
      places.sorted()
        == [
          "13:36 cannot convert value of type", "14:7 cannot find 'zz' in scope", "18:39 cannot find 'a' in scope",
          "19:1 cannot find 'unknownCall' in", "5:19 cannot find 'nothing' in sco",
        ].sorted(), "\(compiled.compilerOutput)")
    #expect(report.cells == [2, 3] && report.inlines == [1])
    let note = report.diagnostics.first { $0.severity == .note && $0.message.contains("stored property") }
    #expect(
      note?.message == "a is a value of cell 1: a type sees only its own properties; pass it as a stored property")
    #expect(note?.line == 18 && note?.column == 39)
    #expect(errors.allSatisfy { $0.file == "n.md" })
  }

  @Test func `Errors in lists, in branches and in declarations that moved are at their place`() throws {
    let text = """
      1. a

         > - ```swift
         >   //| label: first
         >   struct S: Stage { func run() -> Int { k } }
         >   let k: Int = "s", j = [1].count
         >   if j > 1 { 1 } else { wrong }
         >   ```

      \t```swift
      \tvar p: Int { missing }
      \t```
      """
    let (document, diagnostics) = parsed(text)
    let program = NotebookProgram(document)
    #expect(diagnostics.isEmpty && document.cells.count == 2)
    let report = program.report(on: try CompiledNotebook(program).compilerOutput)
    let errors = report.diagnostics.filter { $0.severity == .error }
    #expect(
      errors.map { "\($0.line):\($0.column) \($0.message.prefix(22))" }.sorted()
        == [
          "11:15 cannot find 'missing' ", "5:46 cannot find 'k' in sco", "7:30 cannot find 'wrong' in",
          "6:21 cannot convert value o",
        ].sorted(), "\(errors)")
  }

  @Test func `A cell that does not compile leaves the others running`() throws {
    let (document, _) = parsed(
      notebook("let a = 1", "let b: Int = \"s\"\nfunc helper() -> Int { 3 }", "b", "helper()", "a + 41")
        + "\n`swift b` `swift a`\n")
    let program = NotebookProgram(document)
    let report = program.report(on: try CompiledNotebook(program).compilerOutput)
    #expect(report.cells == [2])
    let (rest, skipped, skippedInlines) = program.pruned(removing: report.cells, inlines: report.inlines)
    #expect(skipped == [3: 2, 4: 2] && skippedInlines == [1: 2])
    #expect(try CompiledNotebook(rest).output == "42\ninline 2: 1\n")
  }

  @Test func `A declaration that cannot see a value says what to do`() throws {
    let program = NotebookProgram(
      parsed(
        notebook(
          "//| label: scale\nlet k = [1].count\nfunc f() -> Int { k }", "struct S { var a: Int { f() } }",
          "prefix operator +++\nprefix func +++ (a: Int) -> Int { k }")
      ).0)
    let report = program.report(on: try CompiledNotebook(program).compilerOutput)
    #expect(
      report.diagnostics.map { "\($0.line):\($0.column) \($0.message)" } == [
        "8:25 cannot find 'f' in scope",
        "8:25 f is a function of cell “scale” that uses values of cells: a type sees only its own "
          + "properties; give the function all it needs as arguments",
        "13:35 cannot find 'k' in scope",
        "13:35 k is a value of cell “scale”: an operator sees only its own arguments; make it a function",
      ])
  }

  @Test func `Warnings about the author's own code stay, those about generated code go`() throws {
    let program = NotebookProgram(
      parsed(
        notebook("async let a = 1\nfunc f() -> Int { 1 }", "let b = await a\nf()\nvar c = 2", "await b", "1; // last")
      ).0)
    let diagnostics = program.rewrite(try CompiledNotebook(program).compilerOutput)
    #expect(
      diagnostics.map { "\($0.line):\($0.column) \($0.severity)" } == ["8:1 warning", "9:5 warning", "13:1 warning"],
      "\(diagnostics)")
  }

  @Test func `Crash messages lead back to the notebook`() throws {
    let program = NotebookProgram(parsed("x\n\n" + notebook("let a: [Int] = []\nfatalError(\"no\")")).0)
    let output = try #require(try CompiledNotebook(program).output)
    #expect(program.lineMap.rewrite(text: output).contains("n.md:5: Fatal error: no"), "\(output)")
  }
}
