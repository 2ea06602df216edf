import Core
import Foundation
import Testing

/// Notebooks that are run with other values than their own.
@Suite struct ParameterRunTests {
  static let notebook = """
    ---
    title: Samples
    seed: 3
    parameters:
      sample: 0
      rate: 0.5
      label: a b
    ---

    ```swift
    struct Take: Stage {
      var count: Int
      func run(_ context: StageContext) async throws -> [Int] { Array(0..<count) }
    }

    struct Rate: Stage {
      var rate: Double
      func run(_ context: StageContext) async throws -> Double { rate * 2 }
    }
    ```

    ```swift
    let taken = try await Take(count: sample)()
    let doubled = try await Rate(rate: rate)()
    "\\(label) \\(seed)"
    ```

    We took `swift taken.count` at `swift doubled`.
    """

  let place: CommandWorkplace

  init() throws {
    place = try CommandWorkplace()
    try place.write("n.md", Self.notebook)
    let first = try place.colophon("run", "n.md")
    #expect(first.status == 0, "\(first.errors)")
    #expect(CommandWorkplace.ran(first.errors) == ["Take", "Rate"])
  }

  func programs() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: place.root.path + "/.colophon/programs").sorted()
  }

  @Test func `A setting runs only what uses it and compiles nothing`() throws {
    let compiled = try programs()
    let outcome = try place.colophon("run", "n.md", "--set", "sample=150")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(CommandWorkplace.ran(outcome.errors) == ["Take"])
    #expect(
      outcome.errors.contains("(count 0 → 150)"), "the reason is told against the notebook's own run: \(outcome.errors)"
    )
    #expect(try programs() == compiled)
    #expect(CommandWorkplace.ran(try place.colophon("run", "n.md", "--set", "sample=150").errors) == [])
  }

  @Test func `Edits of values compile nothing and run only what uses them`() throws {
    let compiled = try programs()
    let edited = Self.notebook.replacing("rate: 0.5", with: "rate: 0.75").replacing("We took", with: "Taken were")
    try place.write("n.md", edited)
    #expect(CommandWorkplace.ran(try place.colophon("run", "n.md").errors) == ["Rate"])
    #expect(try programs() == compiled)
    #expect(try place.read("Artifacts/n/report.md").contains("Taken were 0 at 1.5."))
    try place.write("n.md", edited.replacing("rate: 0.75", with: "rate: word"))
    let outcome = try place.colophon("run", "n.md")
    #expect(
      outcome.status == 1 && outcome.errors.contains("cannot convert value of type 'String'"), "\(outcome.errors)")
  }

  @Test func `The committed report stays and the other says what differs`() throws {
    let before = try ["report.md", "report.html", "lock.json"].map { try place.read("Artifacts/n/\($0)") }
    let outcome = try place.colophon("run", "n.md", "--set", "sample=2", "--set", "seed=9", "--set", "rate=0.50")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try ["report.md", "report.html", "lock.json"].map { try place.read("Artifacts/n/\($0)") } == before)
    let name = "n-with-seed-9-sample-2"
    #expect(outcome.output.hasSuffix("/Artifacts/\(name)/report.html\n"))
    #expect(outcome.errors.contains("with seed=9, sample=2: report and versions go to Artifacts/\(name)"))
    let report = try place.read("Artifacts/\(name)/report.md")
    #expect(
      report.contains("> **This run has values of its own:** `seed` is 9 instead of 3, `sample` is 2 instead of 0."))
    #expect(report.contains("We took 2 at 1.") && report.contains("a b 9"))
    #expect(report.contains("| Parameter `sample` | 2 (set for this run; the notebook says 0) |"))
    #expect(report.contains("| Parameter `rate` | 0.5 |"))
    #expect(report.contains("colophon run n.md --set seed=9 --set sample=2\n"))
    #expect(
      try place.read("Artifacts/\(name)/lock.json").contains(
        "\"parameters\": {\"label\": \"a b\", \"rate\": \"0.5\", \"sample\": \"2\", \"seed\": \"9\"},"))
    #expect(before[2].contains("\"parameters\": {\"label\": \"a b\", \"rate\": \"0.5\", \"sample\": \"0\"},"))
    let commit = try #require(
      try place.read("Artifacts/\(name)/report.md").firstMatch(of: #/Commit of the outputs \| `([0-9a-f]{40})`/#))
    #expect(try place.colophon("log", name, "--json").output.contains(String(commit.1)))
  }

  @Test func `Every command finds a run with settings`() throws {
    #expect(try place.colophon("run", "n.md", "--set", "rate=2.5").status == 0)
    #expect(try place.colophon("log", "n-with-rate-2.5").output.contains("n.md with rate=2.5: Rate"))
    #expect(try place.colophon("show", "n-with-rate-2.5", "Rate").output == "5.0\n")
    #expect(try place.colophon("show", "n", "Rate").output == "1.0\n")
    #expect(try place.colophon("export", "n-with-rate-2.5", "Rate", "rate.json").status == 0)
    #expect(try place.read("rate.json") == "5.0")
    #expect(try place.colophon("stages", "n-with-rate-2.5").output.contains("Rate"))
    #expect(try place.colophon("plan", "n.md", "--set", "rate=2.5").output.contains("all 2 stages are current"))
    #expect(try place.colophon("plan", "n.md", "--set", "rate=3").output.contains("runs     Rate"))
    #expect(try place.colophon("why", "n.md", "Rate", "--set", "rate=3").output.contains("rate 0.5 → 3.0"))
    #expect(try place.colophon("why", "n.md", "Take", "--set", "rate=2.5").output.contains("Take is current"))
  }

  @Test func `An output has the name that is asked for`() throws {
    let outcome = try place.colophon("run", "n.md", "--set", "label=it's", "--output", "mine")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      try place.read("Artifacts/mine/report.md").contains("colophon run n.md --set 'label=it'\\''s' --output mine\n"))
    #expect(try place.colophon("log", "mine").output.contains("mine"))
    try place.write("other.md", "1 `swift 1`\n")
    let other = try place.colophon("run", "other.md", "--output", "mine")
    #expect(other.status == 1 && other.errors.contains("holds the results of n.md"), "\(other.errors)")
  }

  @Test func `Different texts have different names`() throws {
    var names: Set<String> = []
    for label in ["a/b", "a b c", "a-b", "", "../../x", String(repeating: "long ", count: 100), "ሰላም"] {
      let outcome = try place.colophon("run", "n.md", "--set", "label=\(label)")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let report = outcome.output.trimmingCharacters(in: .newlines)
      #expect(
        report.hasPrefix("\(place.root.path)/Artifacts/n-with-label-") && FileManager.default.fileExists(atPath: report)
      )
      names.insert(report)
    }
    #expect(names.count == 7)
  }

  @Test(arguments: [
    (["--set", "smaple=1"], "did you mean “sample”?"),
    (["--set", "sample=1.5"], "must be a whole number (Int), not “1.5”"),
    (["--set", "sample"], "name=value"), (["--set", "sample=1", "--set", "sample=2"], "set twice"),
    (["--set", "seed=-1"], "a whole number from 0"), (["--output", "a/b"], "--output"),
    (["--output", ".."], "--output"),
    (["--output", "store.git"], "--output"),
  ])
  func `A setting that cannot be taken has status 64 and runs nothing`(arguments: [String], message: String) throws {
    for command in [["run", "n.md"], ["plan", "n.md"], ["why", "n.md", "Take"]] {
      let outcome = try place.colophon(command + arguments)
      #expect(outcome.status == 64 && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(CommandWorkplace.ran(outcome.errors) == [])
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: place.root.path + "/Artifacts").sorted() == [
        "n", "store.git",
      ])
  }

  @Test func `A parameter that a cell declares again is a fault of the cell`() throws {
    try place.write("n.md", Self.notebook.replacing("let taken =", with: "let sample = 5\nlet taken ="))
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains("n.md:23:1: error: “sample” is a parameter of the notebook (line 5)"), "\(outcome.errors)"
    )
  }
}
