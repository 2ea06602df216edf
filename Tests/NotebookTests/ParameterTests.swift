import Core
import Notebook
import Testing

@Suite struct ParameterTests {
  static func front(_ lines: String...) -> String {
    "---\nparameters:\n" + lines.map { "  \($0)\n" }.joined() + "---\n\n"
  }

  @Test(arguments: [
    ("0", Parameter.Kind.integer, "0"), ("-12", .integer, "-12"), ("+3", .integer, "3"), ("007", .integer, "7"),
    ("9223372036854775807", .integer, "9223372036854775807"), ("0.5", .number, "0.5"), ("-1.", .number, "-1.0"),
    (".nan", .number, "nan"), ("-.inf", .number, "-inf"), (".Inf", .number, "inf"), ("nan", .text, "nan"),
    (".5", .number, "0.5"), ("1e-3", .number, "0.001"), ("2E2", .number, "200.0"), ("true", .flag, "true"),
    ("false", .flag, "false"), ("word", .text, "word"), ("two words", .text, "two words"), ("True", .text, "True"),
    ("2026-11-23", .text, "2026-11-23"), ("0x10", .text, "0x10"), ("1.2.3", .text, "1.2.3"), ("\"5\"", .text, "5"),
    ("'true'", .text, "true"), ("\"\"", .text, ""), ("e", .text, "e"), ("-", .text, "-"), ("\"null\"", .text, "null"),
    ("ሰላም 😀", .text, "ሰላም 😀"),
  ])
  func `The type of a value decides the type of the parameter`(yaml: String, kind: Parameter.Kind, value: String) throws
  {
    // A lone hyphen would be a list: it needs quotation marks in YAML.
    let (document, diagnostics) = parsed(Self.front("p: \(yaml == "-" ? "'-'" : yaml)"))
    #expect(diagnostics.isEmpty, "\(diagnostics)")
    #expect(document.frontMatter.parameters == [Parameter(name: "p", kind: kind, value: value, line: 3)])
  }

  @Test func `Parameters keep their order and lines`() {
    let (document, _) = parsed(Self.front("b: 1", "größe: x", "a: 2.0"))
    #expect(document.frontMatter.parameters.map { "\($0.name) \($0.line)" } == ["b 3", "größe 4", "a 5"])
  }

  @Test(arguments: [
    ("p: null", 6, "“p” must be a number, true, false or a text"), ("p:", 5, "“p” must be a number"),
    ("p: ~", 6, "“p” must be a number"), ("p: [1]", 6, "“p” must be a number"),
    ("p: {a: 1}", 6, "“p” must be a number"),
    ("p: 9223372036854775808", 3, "too large for a whole number (Int)"),
    ("p: 1e999", 3, "too large for a number (Double)"),
    ("class: 1", 3, "“class” cannot be the name"), ("self: 1", 3, "cannot be the name"),
    ("a-b: 1", 3, "cannot be the name"),
    ("5: 1", 3, "cannot be the name"), ("a b: 1", 3, "cannot be the name"), ("\"`in`\": 1", 3, "cannot be the name"),
    ("\"\": 1", 3, "cannot be the name"), ("_x: 1", 3, "begins with “_”"), ("_: 1", 3, "begins with “_”"),
    ("seed: 1", 3, "outside “parameters”"), ("[a]: 1", 3, "a name must be a plain word"),
  ])
  func `A fault of a parameter is told at its place`(line: String, column: Int, message: String) throws {
    let (document, diagnostics) = parsed(Self.front("fine: 1", line))
    try #require(diagnostics.count == 1, "\(diagnostics)")
    #expect(diagnostics[0].line == 4 && diagnostics[0].column == column, "\(diagnostics[0])")
    #expect(diagnostics[0].message.contains(message), "\(diagnostics[0])")
    #expect(document.frontMatter.parameters.map(\.name) == ["fine"])
  }

  @Test func `Faults of the front matter are collected`() {
    let (_, diagnostics) = parsed("---\ntitel: x\nparameters:\n  a: null\n  in: 1\nseed: x\n---\n")
    #expect(diagnostics.map(\.line) == [2, 4, 5, 6])
    #expect(
      parsed("---\nparameters: 5\n---\n").1.map(\.message) == ["“parameters” must be lines “name: value”, indented"])
    #expect(
      parsed("---\nparameters:\n  a: 1\n  a: 2\n---\n").1.first?.message.contains("“a” is given more than once") == true
    )
  }

  static let document = parsed("---\nseed: 7\nparameters:\n  count: 0\n  rate: 0.5\n  fast: false\n  name: a b\n---\n")
    .0

  static func values(_ settings: String...) throws(SettingError) -> ParameterValues {
    var values = ParameterValues(document.frontMatter)
    try values.set(settings, of: "n.md")
    return values
  }

  @Test func `Without settings the values are the document's`() throws {
    let values = try Self.values()
    #expect(values.entries.map(\.name) == ["seed", "count", "rate", "fast", "name"] && values.changed.isEmpty)
    #expect(values.texts == ["seed": "7", "count": "0", "rate": "0.5", "fast": "false", "name": "a b"])
  }

  @Test(arguments: [
    ("count=150", "count", "150"), ("count=-1", "count", "-1"), ("rate=1", "rate", "1.0"),
    ("rate=2.5e1", "rate", "25.0"),
    ("rate=nan", "rate", "nan"), ("rate=Infinity", "rate", "inf"), ("rate=-.inf", "rate", "-inf"),
    ("rate=-0", "rate", "-0.0"), ("name=nan", "name", "nan"), ("fast=true", "fast", "true"),
    ("name=x=y", "name", "x=y"), ("name=", "name", ""), ("name=5", "name", "5"),
    ("seed=8", "seed", "8"),
  ])
  func `A setting is read by the parameter's type`(setting: String, name: String, value: String) throws {
    let values = try Self.values(setting)
    #expect(values.changed.map(\.name) == [name] && values.texts[name] == value)
  }

  @Test func `A setting equal to the document's value changes nothing`() throws {
    #expect(try Self.values("count=+0", "rate=0.50", "name=a b", "seed=7").changed.isEmpty)
  }

  @Test(arguments: [
    ("count=1.5", "“count” must be a whole number (Int), not “1.5”"), ("count=", "not “”"), ("count= 1", "not “ 1”"),
    ("rate=x", "“rate” must be a number (Double)"), ("rate=endless", "not “endless”"), ("rate=0x1p3", "not “0x1p3”"),
    ("rate=1e999", "not “1e999”"), ("fast=yes", "“fast” must be true or false (Bool)"),
    ("seed=-1", "“seed” must be a whole number from 0"), ("seed=1.5", "“seed” must be a whole number from 0"),
    ("cuont=1", "did you mean “count”?"), ("utterlyOther=1", "there is no parameter “utterlyOther”;"),
    ("count", "--set takes name=value, not “count”"), ("=1", "--set takes name=value"),
  ])
  func `A setting that the notebook cannot take is told with what the notebook has`(setting: String, message: String) {
    #expect {
      _ = try Self.values(setting)
    } throws: {
      "\($0)".contains(message)
        && "\($0)".hasSuffix(
          "n.md has seed: Int = 7, count: Int = 0, rate: Double = 0.5, fast: Bool = false, name: String = \"a b\"")
    }
  }

  @Test func `A name that is set twice, and a notebook without parameters, are told`() {
    #expect { _ = try Self.values("count=1", "count=2") } throws: { "\($0)" == "“count” is set twice: keep one" }
    var none = ParameterValues(FrontMatter())
    #expect { try none.set(["a=1"], of: "n.md") } throws: { "\($0)".contains("n.md has no parameters") }
  }

  static let cells = notebook(
    "func scaled(_ x: Int) -> Int { x * count }\nstruct Double: Stage { var x: Int; func run() -> Int { x } }",
    "scaled(2)", "\"\\(rate) \\(fast) \\(name) \\(seed)\"")

  @Test func `Values are no part of the program, names and types are`() {
    func program(_ lines: String...) -> NotebookProgram {
      NotebookProgram(parsed("---\n" + lines.joined(separator: "\n") + "\n---\n" + Self.cells).0)
    }
    let one = program("seed: 1", "parameters:", "  count: 1", "  name: a")
    let two = program("seed: 2", "parameters:", "  count: 2", "  name: b")
    #expect(one.source == two.source && one.manifest == two.manifest)
    let others = [
      program("seed: 1", "parameters:", "  count: 1.5", "  name: a"), program("seed: 1", "parameters:", "  count: 1"),
      program("parameters:", "  count: 1", "  name: a"), program("seed: 1", "parameters:", "  count: 1", "  label: a"),
    ]
    for other in others {
      #expect(other.manifest.fingerprint != one.manifest.fingerprint && other.digest != one.digest)
    }
    for other in others {
      #expect(other.manifest.stages == one.manifest.stages, "parameters are no part of a stage's code")
    }
  }

  @Test func `Cells, functions of cells and inline code see typed parameters`() throws {
    let (document, diagnostics) = parsed(
      "---\nseed: 1\nparameters:\n  count: 1\n  rate: 1.0\n  fast: false\n  name: a\n---\n" + Self.cells
        + "\n`swift count + seed`\n")
    let program = NotebookProgram(document)
    #expect(diagnostics.isEmpty && program.diagnostics.isEmpty)
    let compiled = try CompiledNotebook(
      program, parameters: ["count": "21", "rate": "0.25", "fast": "true", "name": "ñ 😀", "seed": "9"])
    #expect(program.rewrite(compiled.compilerOutput).isEmpty, "\(compiled.compilerOutput)")
    #expect(compiled.output == "42\n0.25 true ñ 😀 9\ninline 1: 30\n")
  }

  @Test func `A type that names a parameter is told to take it as a property`() throws {
    let program = NotebookProgram(
      parsed(Self.front("count: 1") + notebook("struct S: Stage { func run() -> Int { count } }", "1")).0)
    let report = program.report(on: try CompiledNotebook(program, parameters: ["count": "1"]).compilerOutput)
    #expect(
      report.diagnostics.map { "\($0.line):\($0.column) \($0.message)" } == [
        "7:39 cannot find 'count' in scope",
        "7:39 count is a parameter of the notebook: a type sees only its own properties; pass it as a stored property",
      ])
  }

  @Test(arguments: [
    ("let count = 2", 7, 1), ("var other = 1, count = 2", 7, 1), ("let (a, count) = (1, 2)", 7, 1),
    ("let a = 1\n  func count() {}", 8, 3), ("struct count {}", 7, 1),
    ("guard let count = Int(\"1\") else { fatalError() }", 7, 1),
  ])
  func `A cell that declares a parameter anew is at fault`(code: String, line: Int, column: Int) throws {
    let program = NotebookProgram(parsed(Self.front("count: 1") + notebook(code, "count + 1")).0)
    try #require(program.diagnostics.count == 1, "\(program.diagnostics)")
    #expect(program.diagnostics[0].line == line && program.diagnostics[0].column == column, "\(program.diagnostics)")
    #expect(program.diagnostics[0].message.contains("“count” is a parameter of the notebook (line 3)"))
    #expect(program.faultyCells == [1])
  }

  @Test func `Names within functions, closures and types are free`() {
    let program = NotebookProgram(
      parsed(
        Self.front("count: 1")
          + notebook(
            "struct S { var count = 2 }\nfunc f(count: Int) -> Int { let count = count; return count "
              + "}\n[1].map { count in count }"
          )
      ).0)
    #expect(program.diagnostics.isEmpty)
    #expect(NotebookProgram(parsed("---\nseed: 1\n---\n" + notebook("let seed = 2")).0).diagnostics.map(\.line) == [5])
  }
}
