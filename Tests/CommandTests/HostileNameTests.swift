import Core
import Foundation
import Testing

/// Names and locks that come from elsewhere, as the commands take them.
@Suite struct HostileNameTests {
  static func notebook(_ calls: [String]) -> String {
    """
    ```swift
    struct CountLetters: Stage {
      var text: String
      func run(_ context: StageContext) async throws -> Int {
        context.note("noted \\u{1b}[31m\\u{202e}")
        return text.count
      }
    }
    \(calls.joined(separator: "\n"))
    ```

    """
  }

  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  @Test func `Names in every script, in either form, with SQL and like counted ones, stand side by side`() throws {
    let names = [
      "a", "a", "a-2", "a-2", "e\u{301}", "\u{e9}", "النتائج", "ผลลัพธ์", "한글", "👩\u{200d}🔬",
      "'; DROP TABLE outcomes; --", "%",
      "x y",
    ]
    let calls = names.enumerated().map {
      "let v\($0) = try await CountLetters(text: \"\($0)\")(as: \($1.debugDescription))"
    }
    try place.write("n.md", Self.notebook(calls))
    let run = try place.colophon("run", "n.md")
    #expect(run.status == 0 && CommandWorkplace.ran(run.errors).count == names.count, "\(run.errors)")
    let lock = try place.read("Artifacts/n/lock.json")
    for name in ["a", "a-2", "a-2-2", "a-2-3", "النتائج", "ผลลัพธ์", "👩\u{200d}🔬", "'; DROP TABLE outcomes; --"] {
      #expect(lock.contains("{\"artifact\": \"\(name)\","), "\(name)")
    }
    #expect(CommandWorkplace.ran(try place.colophon("run", "n.md").errors).isEmpty)
    #expect(try place.colophon("export", "n", "'; DROP TABLE outcomes; --", "out.json").status == 0)
    #expect(try place.colophon("fsck").status == 0)
  }

  @Test(arguments: [
    "../../escaped", "/tmp/escaped", "..", ".git", "a\\b", "\u{1b}[31mred", "a\u{202e}b", "lock.json", "a\nb",
  ])
  func `A name that leads elsewhere or steers the terminal is refused, and reaches neither`(name: String) throws {
    try place.write(
      "n.md", Self.notebook(["let a = try await CountLetters(text: \"a\")(as: \(name.debugDescription))"]))
    let run = try place.colophon("run", "n.md")
    #expect(run.status == 1 && run.errors.contains("choose another name"), "\(run.errors)")
    #expect(!(run.output + run.errors).unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" })
    let around = try FileManager.default.contentsOfDirectory(atPath: place.root.deletingLastPathComponent().path)
    #expect(!around.contains("escaped") && !FileManager.default.fileExists(atPath: "/tmp/escaped"))
  }

  @Test(arguments: [
    "e\u{301}.md", "\u{e9}.md", "تجربة.md", "การทดลอง.md", "👩\u{200d}🔬.md", "'; --.md", "-x.md", "a b%2F.md",
  ])
  func `A notebook's file may have any name`(name: String) throws {
    try place.write(name, Self.notebook(["let a = try await CountLetters(text: \"a\")()"]))
    let run = try place.colophon("run", "./" + name)
    #expect(run.status == 0, "\(run.errors)")
    let stem = String(name.dropLast(3))
    #expect(try place.read("Artifacts/\(stem)/lock.json").contains("CountLetters"))
    #expect(CommandWorkplace.ran(try place.colophon("run", "./" + name).errors).isEmpty)
    #expect(try place.colophon("why", "./" + name, "CountLetters").status == 0)
  }

  @Test func `A lock with names that lead elsewhere, escapes and lies is read by every command without harm`() throws {
    try place.write(
      "n.md",
      Self.notebook(["let a = try await CountLetters(text: \"a\")()", "let b = try await CountLetters(text: \"bc\")()"])
    )
    #expect(try place.colophon("run", "n.md").status == 0)
    let good = try place.read("Artifacts/n/lock.json")
    let evil = "../../../escaped\\u001b[31m\\u202e"
    let lock = good.replacing("\"artifact\": \"CountLetters\"", with: "\"artifact\": \"\(evil)\"")
      .replacing("\"cell\": \"1\"", with: "\"cell\": \"\(evil)\"")
      .replacing("\"byteCount\": 1", with: "\"byteCount\": 9223372036854775807")
      .replacing("\"notebook\": \"n.md\"", with: "\"notebook\": \"../../\(evil)\"")
    #expect(lock != good)
    try place.write("old.lock.json", good)
    try place.write("evil.lock.json", lock)
    try place.write("Artifacts/n/lock.json", lock)
    let outcomes = try [
      place.colophon("diff", "old.lock.json", "evil.lock.json"),
      place.colophon("diff", "evil.lock.json", "old.lock.json", "--html", "d.html"),
      place.colophon("verify", "n.md", "--no-sandbox", "--html", "v.html"), place.colophon("plan", "n.md"),
      place.colophon("why", "n.md", "CountLetters"), place.colophon("why", "n.md", "../../../escaped"),
      place.colophon("verify", "n.md", "--no-sandbox", "--stage", "../../../escaped"), place.colophon("run", "n.md"),
    ]
    for outcome in outcomes {
      // Not ended by a signal: a trap would have a status above.
      #expect([0, 1].contains(outcome.status), "\(outcome.errors)")
      #expect(
        !(outcome.output + outcome.errors).unicodeScalars.contains { $0 == "\u{1b}" || $0 == "\u{202e}" },
        "\(outcome.output)")
    }
    let around = try FileManager.default.contentsOfDirectory(atPath: place.root.deletingLastPathComponent().path)
    #expect(!around.contains { $0.hasPrefix("escaped") })
    // The run has written the lock anew.
    #expect(try place.read("Artifacts/n/lock.json") == good)
  }

  @Test(arguments: [
    ("النتائج", true), ("ผลลัพธ์", true), ("e\u{301}", true), ("한글", true), ("../x", false), ("a b", false),
    ("'; --", false),
    ("<b>", false), ("\"👩\u{200d}🔬\"", false),
  ])
  func `Labels of a cell in any script do, those with anything else are faults at their line`(
    label: String, isGood: Bool
  ) throws {
    try place.write("n.md", "```swift\n//| label: \(label)\n1 + 1\n```\n")
    let run = try place.colophon("run", "n.md")
    #expect((run.status == 0) == isGood, "\(run.errors)")
    if !isGood { #expect(run.errors.contains("n.md:2:")) }
  }
}
