import Foundation
import Testing

/// Artifacts, files and stages inside the properties of stages, through the command.
@Suite struct NestedInputTests {
  static let notebook = """
    # Nested

    ```swift
    struct Mk: Stage {
      func run(_ context: StageContext) async throws -> Table { Table(columns: [.init("x")], rows: [[.number(1)]]) }
    }
    struct Plain: Stage {
      var t: Table
      func run(_ context: StageContext) async throws -> Int { t.rows.count }
    }
    struct Maybe: Stage {
      var t: Table?
      func run(_ context: StageContext) async throws -> Int { t?.rows.count ?? 0 }
    }
    struct Listed: Stage {
      var ts: [Table]
      func run(_ context: StageContext) async throws -> [Table] { ts }
    }
    struct Keyed: Stage {
      var t: [String: Table]
      func run(_ context: StageContext) async throws -> Int { t.count }
    }
    struct Inner: Codable, Sendable {
      var table: Table
      var limit = 5
    }
    struct Inside: Stage {
      var i: Inner
      func run(_ context: StageContext) async throws -> Table { i.table }
    }
    struct Around: Stage {
      var plain: Plain
      func run(_ context: StageContext) async throws -> Int { try await plain.run(context) }
    }
    struct Words: Codable, Sendable { var files: [String: InputFile] }
    struct Reader: Stage {
      var words: Words
      func run(_ context: StageContext) async throws -> Int {
        try words.files.values.map { try String(contentsOfFile: $0.path, encoding: .utf8).count }.reduce(0, +)
      }
    }
    ```

    ```swift
    let t = try await Mk()()
    let plain = try await Plain(t: t)()
    let maybe = try await Maybe(t: t)()
    let listed = try await Listed(ts: [t, t])()
    let keyed = try await Keyed(t: ["a": t])()
    let inside = try await Inside(i: Inner(table: t))()
    let around = try await Around(plain: Plain(t: t))()
    let again = try await Listed(ts: [listed[0]])(as: "again")
    let reader = try await Reader(words: Words(files: ["one": InputFile("f1.txt"), "two": InputFile("f2.txt")]))()
    ```
    """

  let place: CommandWorkplace

  init() throws {
    place = try CommandWorkplace()
    try place.write("f1.txt", "one")
    try place.write("f2.txt", "two")
    try place.write("n.md", Self.notebook)
    let run = try place.colophon("run", "n.md")
    #expect(run.status == 0, "\(run.errors)")
  }

  /// The stages of a plan that are not current, with the word before them.
  static func open(_ plan: String) -> [String] {
    plan.split(separator: "\n").filter { $0.contains("  line ") }.map { line in
      let words = line.components(separatedBy: "  line ")[0].split(separator: " ")
      return words.joined(separator: " ")
    }
  }

  @Test func `What reads an output anywhere in a property follows it`() throws {
    let page = try place.read("Artifacts/n/report.html")
    #expect(page.contains("9 stage calls, 7 connections."))
    #expect(page.contains("<td>plain.t</td><td>artifact</td>") && page.contains("Code of plain"))

    let text = Self.notebook.replacingOccurrences(of: ".number(1)", with: ".number(2)")
    try place.write("n.md", text)
    let plan = try place.colophon("plan", "n.md").output
    let readers = ["Around", "Inside", "Keyed", "Listed", "Listed", "Maybe", "Plain"]
    #expect(Self.open(plan).sorted() == (readers.map { "may run \($0)" } + ["runs Mk"]).sorted(), "\(plan)")
    #expect(plan.contains("ts[0], ts[1] may change") && plan.contains("plain.t may change"), "\(plan)")
    #expect(plan.contains("1 of 9 stages are current"), "\(plan)")
    for stage in ["Listed", "Keyed", "Inside", "Around"] {
      let why = try place.colophon("why", "n.md", stage).output
      #expect(why.hasPrefix("\(stage) may run because Mk changed because its code changed"), "\(why)")
    }

    let run = try place.colophon("run", "n.md")
    #expect(CommandWorkplace.ran(run.errors).sorted() == (readers + ["Mk"]).sorted(), "\(run.errors)")
    let why = try place.colophon("why", "n.md", "Keyed").output
    #expect(why.contains("because Mk changed because its code changed") && why.contains("t[a] changed"), "\(why)")
    // Mk made both of the list's tables, and is explained once.
    let twice = try place.colophon("why", "n.md", "Listed").output
    #expect(twice.contains("ts[1] changed") && twice.matches(of: #/Mk: its code changed/#).count == 1, "\(twice)")
  }

  @Test func `A file anywhere in a property is named when it changes, and is there in a verification`() throws {
    let verify = try place.colophon("verify", "n.md")
    #expect(verify.status == 0 && verify.output.hasPrefix("n.md: identical"), "\(verify.output) \(verify.errors)")
    #expect(!verify.output.contains("findings:"), "\(verify.output)")

    try place.write("f1.txt", "other")
    let plan = try place.colophon("plan", "n.md").output
    #expect(Self.open(plan) == ["runs Reader"] && plan.contains("(file f1.txt changed)"), "\(plan)")
    let why = try place.colophon("why", "n.md", "Reader").output
    #expect(why.contains("Reader would run because file f1.txt changed"), "\(why)")
    #expect(CommandWorkplace.ran(try place.colophon("run", "n.md").errors) == ["Reader"])
  }

  @Test func `A divergence is inherited through a property`() throws {
    let text = Self.notebook.replacingOccurrences(of: ".number(1)", with: ".number(.random(in: 0..<1))")
    try place.write("n.md", text)
    #expect(try place.colophon("run", "n.md").status == 0)
    let output = try place.colophon("verify", "n.md").output
    #expect(output.contains(/Mk \(line \d+\): diverged by itself/), "\(output)")
    for artifact in ["Listed", "Inside", "again"] {
      #expect(output.contains("\(artifact) (line"), "\(output)")
      #expect(
        output.split(separator: "\n").contains {
          $0.contains("\(artifact) (line") && $0.contains("diverged because of its inputs: on the recorded ones")
        }, "\(output)")
    }
  }

  @Test func `A property of a type that has no form in a key is named`() throws {
    let cell = """

      ```swift
      struct Wide: Stage {
        var limits: [Int128] = [1]
        func run(_ context: StageContext) async throws -> Int { 1 }
      }
      let wide = try await Wide()()
      ```
      """
    try place.write("n.md", Self.notebook + cell)
    let run = try place.colophon("run", "n.md")
    #expect(run.status == 1)
    #expect(
      run.errors.contains(
        "cannot count the property in the stage's key (Wide.limits[0]): Int128 has no form in a key; use Int, UInt64"),
      "\(run.errors)")
    #expect(!run.errors.contains("EncodingError"))
  }
}
