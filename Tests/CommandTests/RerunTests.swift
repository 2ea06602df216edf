import Core
import Foundation
import Testing

/// Stages that run again, and stages that do not.
@Suite struct RerunTests {
  static let notebook = """
    # Words

    ```swift
    func shout(_ word: String) -> String { word.uppercased() }
    func unused() -> Int { 1 }

    struct Shout: Stage {
      var file: InputFile
      func run(_ context: StageContext) async throws -> [String] {
        try String(contentsOfFile: file.path, encoding: .utf8).split(separator: "\\n").map { shout(String($0)) }
      }
    }

    struct Count: Stage {
      var words: [String]
      func run(_ context: StageContext) async throws -> Int { words.count }
    }

    struct Double: Stage {
      var number: Int
      func run(_ context: StageContext) async throws -> Int { number * 2 }
    }
    ```

    ```swift
    let words = try await Shout(file: InputFile("words.txt"))()
    let count = try await Count(words: words)()
    let double = try await Double(number: count)()
    double
    ```

    Twice the count is `swift double`.
    """

  let place: CommandWorkplace

  init() throws {
    place = try CommandWorkplace()
    try place.write("words.txt", "one\ntwo\n")
    try place.write("n.md", Self.notebook)
    let first = try place.colophon("run", "n.md")
    #expect(first.status == 0, "\(first.errors)")
    #expect(CommandWorkplace.ran(first.errors) == ["Shout", "Count", "Double"])
  }

  func ranAfter(_ change: () throws -> Void) throws -> [String] {
    try change()
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return CommandWorkplace.ran(outcome.errors)
  }

  func edit(_ old: String, _ new: String) throws {
    let text = try place.read("n.md")
    try #require(text.contains(old))
    try place.write("n.md", text.replacingOccurrences(of: old, with: new))
  }

  @Test func `Nothing runs twice`() throws {
    #expect(try ranAfter {} == [])
    #expect(try place.read("Artifacts/n/report.md").contains("Twice the count is 4."))
  }

  @Test func `Prose runs nothing and compiles nothing`() throws {
    let programs = place.root.appending(path: ".colophon/programs").path
    let before = try FileManager.default.contentsOfDirectory(atPath: programs).sorted()
    #expect(try ranAfter { try edit("# Words", "# All the words\n\nA paragraph.") } == [])
    #expect(try FileManager.default.contentsOfDirectory(atPath: programs).sorted() == before)
    #expect(try place.read("Artifacts/n/report.md").contains("A paragraph."))
  }

  @Test func `A comment runs nothing`() throws {
    #expect(try ranAfter { try edit("func shout", "/* louder */ func   shout") } == [])
  }

  @Test func `An unreached helper runs nothing`() throws {
    #expect(try ranAfter { try edit("func unused() -> Int { 1 }", "func unused() -> Int { 2 }") } == [])
  }

  @Test func `A helper reruns exactly the stages that reach it`() throws {
    #expect(try ranAfter { try edit("word.uppercased()", "word.lowercased()") } == ["Shout", "Count"])
  }

  @Test func `An input's content counts, and an early cut-off stops`() throws {
    #expect(try ranAfter { try place.write("words.txt", "three\nfour\n") } == ["Shout", "Count"])
    #expect(try ranAfter { try place.write("words.txt", "a\nb\nc\n") } == ["Shout", "Count", "Double"])
  }

  @Test func `Touching a file runs nothing`() throws {
    #expect(try ranAfter { try place.write("words.txt", "one\ntwo\n") } == [])
  }

  @Test func `Plan says what would run and why`() throws {
    try place.write("words.txt", "three\n")
    let plan = try place.colophon("plan", "n.md")
    #expect(plan.status == 0)
    #expect(plan.output.contains("runs     Shout"))
    #expect(plan.output.contains("file words.txt changed"))
    #expect(CommandWorkplace.ran(try place.colophon("run", "n.md").errors) == ["Shout", "Count", "Double"])
  }

  @Test func `Why names the first cause`() throws {
    try place.write("words.txt", "a\nb\nc\n")
    try place.colophon("run", "n.md")
    let why = try place.colophon("why", "n.md", "Shout")
    #expect(why.status == 0, "\(why.errors)")
    #expect(why.output.contains("file words.txt changed"))
    #expect(try place.colophon("why", "n.md", "Nobody").status == 1)
  }

  @Test func `Versions can be listed shown and exported`() throws {
    try place.write("words.txt", "a\nb\nc\n")
    try place.colophon("run", "n.md")
    let log = try place.colophon("log", "n.md", "--json")
    #expect(log.output.components(separatedBy: "\"commit\"").count == 3)
    #expect(try place.colophon("show", "n", "Double").output.trimmingCharacters(in: .whitespacesAndNewlines) == "6")
    #expect(try place.colophon("show", "n~1", "Double").output.trimmingCharacters(in: .whitespacesAndNewlines) == "4")
    #expect(try place.colophon("export", "n~1", "Shout", "out.json").status == 0)
    #expect(try place.read("out.json") == "[\"ONE\",\"TWO\"]")
    let again = try place.colophon("export", "n", "Shout", "out.json")
    #expect(again.status == 1 && again.errors.contains("--force"))
  }
}
