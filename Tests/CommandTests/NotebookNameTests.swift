import Core
import Driver
import Foundation
import Testing

/// Notebooks of one file name in different folders, paths that lead to one file, and locks in conflict.
@Suite struct NotebookNameTests {
  static func notebook(_ text: String, cell: String = "") -> String {
    """
    ```swift
    struct CountLetters: Stage {
      var text: String
      func run(_ context: StageContext) async throws -> Int { text.count }
    }
    let count = try await CountLetters(text: "\(text)")()
    \(cell)
    ```

    There are `swift count` letters.
    """
  }

  let place: CommandWorkplace

  init() throws {
    place = try CommandWorkplace()
    for folder in ["sub", "deep/er"] {
      try FileManager.default.createDirectory(
        at: place.root.appending(path: folder), withIntermediateDirectories: true)
    }
  }

  private func name(_ notebook: String) throws -> String {
    try NotebookName("\(place.root.path)/\(notebook)", in: Project(root: place.root.path)).choose().base
  }

  private func lock(_ name: String, of notebook: String) throws {
    try FileManager.default.createDirectory(
      at: place.root.appending(path: "Artifacts/\(name)"), withIntermediateDirectories: true)
    try place.write(
      "Artifacts/\(name)/lock.json", "{\n\"format\": 1,\n\"notebook\": \"\(notebook)\",\n\"stages\": []\n}\n")
  }

  @Test func `The second notebook of a file name gets one made of its path, and neither touches the other's results`()
    throws
  {
    try place.write("n.md", Self.notebook("kittens"))
    try place.write("sub/n.md", "---\nseed: 1\n---\n\n" + Self.notebook("cats"))
    let first = try place.colophon("run", "n.md")
    #expect(first.status == 0 && !first.errors.contains("has the results of"), "\(first.errors)")
    let lock = try place.read("Artifacts/n/lock.json")
    let second = try place.colophon("run", "sub/n.md")
    #expect(
      second.status == 0
        && second.errors.contains("Artifacts/n has the results of n.md: those of sub/n.md go to Artifacts/sub-n"),
      "\(second.errors)")
    #expect(
      try place.read("Artifacts/n/lock.json") == lock && place.read("Artifacts/n/report.md").contains("7 letters"))
    #expect(try place.read("Artifacts/sub-n/lock.json").contains("\"notebook\": \"sub/n.md\""))
    #expect(try place.read("Artifacts/sub-n/report.md").contains("4 letters"))
    for (word, count) in [("n.md", 1), ("sub/n.md", 1), ("sub-n", 1)] {
      #expect(try place.colophon("log", word).output.split(separator: "\n").count == count, "\(word)")
    }

    // Its name is settled: nothing is said again, and a run with other values belongs to it too.
    let again = try place.colophon("run", "sub/n.md")
    #expect(again.status == 0 && !again.errors.contains("has the results of"), "\(again.errors)")
    #expect(try place.colophon("run", "sub/n.md", "--set", "seed=7").output.contains("Artifacts/sub-n-with-seed-7/"))
    #expect(try place.colophon("plan", "sub/n.md").output.contains("nothing would run"))

    // A name that the user gives is not another's either.
    let given = try place.colophon("run", "sub/n.md", "--output", "n")
    #expect(given.status == 1 && given.errors.contains("holds the results of n.md"), "\(given.errors)")
    #expect(try place.read("Artifacts/n/lock.json") == lock)
  }

  @Test func `All paths to one file are the same notebook`() throws {
    try place.write("n.md", Self.notebook("kittens"))
    let files = FileManager.default
    try files.createSymbolicLink(atPath: "\(place.root.path)/link.md", withDestinationPath: "n.md")
    try files.createSymbolicLink(atPath: "\(place.root.path)/again", withDestinationPath: ".")
    for path in ["n.md", "./sub/../n.md", "link.md", "again/n.md", "\(place.root.path)/n.md"] {
      let run = try place.colophon("run", path)
      #expect(run.status == 0 && run.output.hasSuffix("/Artifacts/n/report.html\n"), "\(path): \(run.errors)")
    }
    #expect(try place.colophon("log").output.split(separator: "\n").count == 1)
    #expect(try place.read("Artifacts/n/lock.json").contains("\"notebook\": \"n.md\""))
  }

  @Test func `A link out of the project, or to a tool's hidden folder, is the notebook's place`() throws {
    let files = FileManager.default
    let outside = try CommandWorkplace()
    try outside.write("real.md", "Text.")
    try files.createDirectory(at: place.root.appending(path: ".annex"), withIntermediateDirectories: true)
    try place.write(".annex/0af7e3.md", "Text.")
    for (name, target) in [("a.md", "\(outside.root.path)/real.md"), ("b.md", ".annex/0af7e3.md")] {
      try files.createSymbolicLink(atPath: "\(place.root.path)/\(name)", withDestinationPath: target)
      #expect(NotebookName("\(place.root.path)/\(name)", in: Project(root: place.root.path)).path == name)
    }
  }

  @Test func `A name belongs to the notebook of its lock, note or branch, and to one that moved`() throws {
    for path in ["n.md", "sub/n.md", "deep/er/n.md"] { try place.write(path, Self.notebook("x")) }
    #expect(try name("sub/n.md") == "n" && name("n.md") == "n")

    // The lock of an earlier version of Colophon, for the notebook at the place that it had.
    try lock("n", of: "sub/n.md")
    #expect(try name("sub/n.md") == "n" && name("deep/er/n.md") == "deep-er-n")
    #expect {
      _ = try name("n.md")
    } throws: {
      "\($0)".contains("holds the results of sub/n.md") && "\($0)".contains("--output NAME")
    }

    // A notebook named like the path of another.
    try place.write("deep-er-n.md", Self.notebook("x"))
    try lock("deep-er-n", of: "deep-er-n.md")
    #expect(throws: OperationError.self) { try name("deep/er/n.md") }

    // Its notebook is gone: whoever has its file name goes on with it.
    try FileManager.default.removeItem(atPath: "\(place.root.path)/sub/n.md")
    #expect(try name("n.md") == "n" && name("deep/er/n.md") == "n")

    // Without a lock, the report of a run that failed still has an owner.
    try FileManager.default.removeItem(atPath: "\(place.root.path)/Artifacts/n")
    let failing = "struct Missing: Error {}\nif count > 0 { throw Missing() }\nlet rest = count"
    try place.write("sub/n.md", Self.notebook("x", cell: failing))
    #expect(try place.colophon("run", "sub/n.md").status == 1)
    #expect(FileManager.default.fileExists(atPath: "\(place.root.path)/Artifacts/n/report.md"))
    #expect(throws: OperationError.self) { try name("n.md") }

    // Nor is a branch that a pull brought, while nothing is in Artifacts, somebody else's.
    try place.write("sub/n.md", Self.notebook("x"))
    #expect(try place.colophon("run", "sub/n.md").status == 0)
    for path in ["Artifacts/n", ".colophon/names"] {
      try FileManager.default.removeItem(atPath: "\(place.root.path)/\(path)")
    }
    #expect(throws: OperationError.self) { try name("n.md") }
    #expect(try name("sub/n.md") == "n")
  }

  @Test func `A lock in conflict is recognised by every command, and the next run settles it`() throws {
    try place.write("n.md", Self.notebook("kittens"))
    #expect(try place.colophon("run", "n.md").status == 0)
    let whole = try place.read("Artifacts/n/lock.json")
    let entry = try #require(whole.split(separator: "\n").first { $0.contains("\"artifact\"") }).description
    let digest = try #require(entry.firstMatch(of: #/"digest": "([0-9a-f]{12})/#)).1
    let other = entry.replacing(digest, with: "5555aaaa5555")
    let conflict = whole.replacing(
      entry, with: "<<<<<<< HEAD\n\(entry)\n=======\n\(other)\n>>>>>>> feature/long names")
    let report = try place.read("Artifacts/n/report.md")
    let broken = report.replacing(
      "There are 7 letters.",
      with: "<<<<<<< HEAD\nThere are 7 letters.\n=======\nThere are 9 letters.\n>>>>>>> feature/long names")
    try place.write("Artifacts/n/lock.json", conflict)
    try place.write("Artifacts/n/report.md", broken)

    let told =
      "git has left a conflict between HEAD and feature/long names in it, CountLetters is \(digest) in HEAD "
      + "and 5555aaaa5555 in feature/long names"
    let plan = try place.colophon("plan", "n.md")
    #expect(plan.status == 0 && plan.errors.contains(told) && plan.errors.contains("run the notebook again"))
    #expect(plan.output.contains("nothing would run"))
    let why = try place.colophon("why", "n.md", "CountLetters")
    #expect(why.status == 0 && why.errors.contains(told) && why.output.contains("is current"), "\(why.errors)")
    let verify = try place.colophon("verify", "n.md")
    #expect(
      verify.status == 1 && verify.errors.contains(told) && verify.errors.contains("run the notebook again"),
      "\(verify.errors)")
    #expect(try place.colophon("gc").status == 0)

    let run = try place.colophon("run", "n.md")
    #expect(run.status == 0 && run.errors.contains(told) && run.errors.contains("this run settles it"), "\(run.errors)")
    #expect(CommandWorkplace.ran(run.errors).isEmpty)
    #expect(try place.read("Artifacts/n/lock.json") == whole)
    #expect(try place.read("Artifacts/n/report.md").contains("\nThere are 7 letters."))
    #expect(try !place.read("Artifacts/n/report.md").contains("<<<<<<<"))
  }
}
