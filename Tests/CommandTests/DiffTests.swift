import Core
import Foundation
import Testing

/// `colophon diff` on versions, artifacts, lock files and files, and the driver for git.
@Suite struct DiffTests {
  static func notebook(_ best: Double, extra: Bool) -> String {
    """
    # Scores

    ```swift
    struct Score: Stage {
      var best: Double
      func run(_ context: StageContext) async throws -> Table {
        Table(columns: [.init("language"), .init("top-1")], rows: [["de", 0.5], ["en", .interval(best, \
        low: 0.6, high: 0.7)]])
      }
    }
    let scores = try await Score(best: best)()
    \(extra ? "let more = try await Score(best: 2)()" : "")
    scores
    ```
    """.replacing("# Scores", with: "---\ntitle: Scores\nparameters:\n  best: \(best)\n---")
  }

  let place: CommandWorkplace

  /// Two versions of a notebook: a number changed, and an artifact is new.
  init() throws {
    place = try CommandWorkplace()
    for notebook in [Self.notebook(0.65, extra: false), Self.notebook(0.75, extra: true)] {
      try place.write("scores.md", notebook)
      let outcome = try place.colophon("run", "scores.md")
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  @Test func `An artifact of two versions is compared by its rows`() throws {
    let outcome = try place.colophon("diff", "Score@scores~1", "Score@scores")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("1 row changed; 1 of 1 number outside the old interval"), "\(outcome.output)")
    #expect(
      outcome.output.contains(
        #/en +top-1 +0.6500 \[0.6000, 0.7000\] +0.7500 \[0.6000, 0.7000\] +\+15\u{a0}% +outside/#),
      "\(outcome.output)")
    #expect(!outcome.output.contains("\u{1B}"))
    #expect(
      try place.colophon("diff", "Score@scores~1", "Score@scores", "--color", "always").output.contains("\u{1B}[32m"))
    // Without a revision it is the last version's.
    #expect(try place.colophon("diff", "Score@scores~1", "Score").output == outcome.output)
    let same = try place.colophon("diff", "Score", "Score")
    #expect(same.status == 0 && same.output.contains("no difference"))
  }

  @Test func `Versions tell what is new gone and changed`() throws {
    let outcome = try place.colophon("diff", "scores~1", "scores")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("Score  1 row changed"), "\(outcome.output)")
    #expect(outcome.output.contains("new: Score-2\n1 changed, 0 the same"), "\(outcome.output)")
    #expect(try place.colophon("diff", "scores", "scores~1").output.contains("gone: Score-2"))
  }

  @Test func `Lock files are versions`() throws {
    try place.write("after.json", try place.read("Artifacts/scores/lock.json"))
    try place.write("before.json", try place.colophon("stages", "scores~1", "--json").output)
    let outcome = try place.colophon("diff", "before.json", "after.json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("new: Score-2"), "\(outcome.output)")
    #expect(outcome.output.contains("Score  1 row changed"))
  }

  @Test func `Variants are branches`() throws {
    #expect(try place.colophon("run", "scores.md", "--set", "best=0.5").status == 0)
    let outcome = try place.colophon("diff", "scores", "scores-with-best-0.5")
    #expect(
      outcome.status == 0 && outcome.output.contains("1 changed, 1 the same"), "\(outcome.output)\(outcome.errors)")
    let candidates = try place.colophon("diff", "Score", "Score@scores~1")
    #expect(candidates.status == 1)
    #expect(candidates.errors.contains("Score@scores, Score@scores-with-best-0.5"), "\(candidates.errors)")
  }

  @Test func `JSON and page hold the whole difference`() throws {
    let outcome = try place.colophon("diff", "scores~1", "scores", "--json", "--html", "page.html")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let value = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(value["added"] as? [String] == ["Score-2"])
    let difference = try #require((value["differences"] as? [[String: Any]])?.first)
    #expect(difference["name"] as? String == "Score" && difference["format"] as? String == "table/1")
    let page = try place.read("page.html")
    #expect(page.contains("default-src 'none'") && !page.contains("<script") && page.contains("Changed cells"))
  }

  @Test func `Files on disk need no store`() throws {
    let other = try CommandWorkplace()
    try other.write("a.csv", "k,<b>\n<script>alert(1)</script>,1\n")
    try other.write("b.csv", "k,<b>\n<script>alert(1)</script>,2\n")
    let outcome = try other.colophon("diff", "a.csv", "b.csv", "--html", "d.html")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let page = try other.read("d.html")
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"))
    try other.write("a.npy", "nothing")
    try other.write("b.npy", "of this kind")
    let broken = try other.colophon("diff", "a.npy", "b.npy")
    #expect(broken.status == 1 && broken.errors.contains("cannot read .npy (a.npy)"), "\(broken.errors)")
    let missing = try other.colophon("diff", "a.csv", "nothing.csv")
    #expect(missing.status == 1 && missing.errors.contains("nothing.csv"), "\(missing.errors)")
  }

  @Test func `Wrong use is reported as such`() throws {
    #expect(try place.colophon("diff", "scores").status == 64)
    #expect(try place.colophon("diff", "scores", "scores", "--limit", "-1").status == 64)
    #expect(try place.colophon("diff", "scores", "scores", "--color", "blue").status == 64)
    let mixed = try place.colophon("diff", "Score@scores", "scores")
    #expect(mixed.status == 1 && mixed.errors.contains("is one artifact"), "\(mixed.errors)")
    let unknown = try place.colophon("diff", "Nothing@scores", "Score@scores")
    #expect(unknown.status == 1 && unknown.errors.contains("Nothing"), "\(unknown.errors)")
  }

  // MARK: Git

  @discardableResult
  private func git(_ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "core.pager=cat", "-C", place.root.path]
      + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "git \(arguments)")
    return String(decoding: output, as: UTF8.self)
  }

  @Test func `Git shows what changed inside of a lock`() throws {
    try git("init", "--quiet")
    try place.write(".gitattributes", "*.txt text\n")
    try place.write("Artifacts/scores/lock.json", try place.colophon("stages", "scores~1", "--json").output)
    try git("add", "Artifacts/scores/lock.json", ".gitattributes")
    try git("commit", "--quiet", "-m", "first")
    let installed = try place.colophon("install-git-driver")
    #expect(installed.status == 0, "\(installed.errors)")
    let attributes = try place.read(".gitattributes")
    #expect(attributes.hasPrefix("*.txt text\n") && attributes.contains("Artifacts/*/lock.json diff=colophon"))
    #expect(try place.colophon("install-git-driver").status == 0)
    #expect(try place.read(".gitattributes") == attributes, "twice is as once")

    try place.write("Artifacts/scores/lock.json", try place.colophon("stages", "scores", "--json").output)
    let diff = try git("diff")
    #expect(
      diff.contains("-  en | 0.6500 [0.6000, 0.7000]") && diff.contains("+  en | 0.7500 [0.6000, 0.7000]"), "\(diff)")
    #expect(diff.contains("+Score-2 (table/1)"), "\(diff)")
    try git("commit", "--quiet", "-a", "-m", "second")
    #expect(try git("log", "-p", "-1").contains("+  en | 0.7500 [0.6000, 0.7000]"))

    #expect(try place.colophon("install-git-driver", "--uninstall").status == 0)
    #expect(try place.read(".gitattributes") == "*.txt text\n")
    #expect(!(try git("config", "--local", "--list").contains("diff.colophon")))
    #expect(try place.colophon("install-git-driver", "--uninstall").status == 0)
  }

  @Test func `Without git the driver says so`() throws {
    let outcome = try place.colophon("install-git-driver", environment: ["GIT_CEILING_DIRECTORIES": "/"])
    #expect(outcome.status == 1 && outcome.errors.contains("git init"), "\(outcome.errors)")
  }
}
