import Core
import Foundation
import Testing

/// Two people with one notebook: they run it differently, merge, and go on.
@Suite struct TeamTests {
  /// Values in the front matter compile nothing when they change.
  static func notebook(one: String, two: String) -> String {
    """
    ---
    parameters:
      one: \(one)
      two: \(two)
    ---

    ```swift
    struct One: Stage {
      var text: String
      func run(_ context: StageContext) async throws -> Int { text.count }
    }
    struct Two: Stage {
      var text: String
      func run(_ context: StageContext) async throws -> Int { text.count * 10 }
    }
    struct Sum: Stage {
      var one, two: Int
      func run(_ context: StageContext) async throws -> Int { one + two }
    }
    let (first, second) = (try await One(text: one)(), try await Two(text: two)())
    let sum = try await Sum(one: first, two: second)()
    ```

    The sum is `swift sum`.
    """
  }

  let ada: CommandWorkplace
  let bob: CommandWorkplace
  let hub: String

  init() throws {
    (ada, bob) = (try CommandWorkplace(), try CommandWorkplace())
    hub = ada.root.path + "/hub.git"
    try Self.git(ada.root, "init", "-q", "--bare", hub)
    try ada.write("n.md", Self.notebook(one: "a", two: "b"))
    #expect(try ada.colophon("run", "n.md").status == 0)
    for place in [ada, bob] { #expect(try place.colophon("remote", "add", "hub", hub).status == 0) }
    #expect(try ada.colophon("push").status == 0)
    #expect(try bob.colophon("pull").status == 0)
  }

  @discardableResult
  private static func git(_ folder: URL, _ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/git")
    process.arguments = ["-c", "user.name=T", "-c", "user.email=t@example.org"] + arguments
    process.currentDirectoryURL = folder
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Ada changes the first text, Bob the second; Bob's push is rejected, and his pull says so.
  private func diverge() throws {
    try ada.write("n.md", Self.notebook(one: "aaa", two: "b"))
    #expect(CommandWorkplace.ran(try ada.colophon("run", "n.md").errors) == ["One", "Sum"])
    #expect(try ada.colophon("push").status == 0)
    try bob.write("n.md", Self.notebook(one: "a", two: "bbbb"))
    #expect(CommandWorkplace.ran(try bob.colophon("run", "n.md").errors) == ["Two", "Sum"])
    let pushed = try bob.colophon("push")
    #expect(pushed.status == 1 && pushed.errors.contains("nothing was forced"), "\(pushed.errors)")
    #expect(try bob.colophon("pull").output.contains("n has diverged"))
  }

  private func versions(_ place: CommandWorkplace, _ names: String...) throws -> Int {
    try place.colophon(["log"] + names).output.split(separator: "\n").count
  }

  @Test func `A run of the merged notebook comes after both sides, and only then can it be pushed`() throws {
    try diverge()
    #expect(try versions(bob, "n", "hub/n") == 4)

    // As long as Bob's notebook has nothing of Ada's, his runs follow nothing, however new they are.
    for two in ["bbbb", "bbbbb"] {
      try bob.write("n.md", Self.notebook(one: "a", two: two))
      let run = try bob.colophon("run", "n.md")
      #expect(run.status == 0 && run.errors.contains("has not what changed there (One)"), "\(run.errors)")
      #expect(try bob.colophon("push").status == 1)
    }

    try bob.write("n.md", Self.notebook(one: "aaa", two: "bbbb"))
    let merged = try bob.colophon("run", "n.md")
    #expect(merged.status == 0 && CommandWorkplace.ran(merged.errors) == ["Sum"], "\(merged.errors)")
    #expect(merged.errors.contains("n comes after hub's version"))
    let pushed = try bob.colophon("push")
    #expect(pushed.status == 0 && pushed.output.contains("n: advanced"), "\(pushed.output)\(pushed.errors)")

    // Nothing is lost: the first version, one of Ada's, three of Bob's.
    #expect(try ada.colophon("pull").output.contains("n moved to"))
    #expect(try versions(ada, "n") == 5 && versions(bob, "n") == 5)
    try ada.write("n.md", Self.notebook(one: "aaa", two: "bbbb"))
    #expect(try CommandWorkplace.ran(ada.colophon("run", "n.md").errors).isEmpty)
    #expect(try ada.read("Artifacts/n/report.md").contains("The sum is 43."))
    #expect(try ada.colophon("push").status == 0)
  }

  @Test func `A conflict of git that is settled as on one side is known from the project's history`() throws {
    try ada.write(".gitignore", "/Artifacts/store.git\n/.colophon\n/hub.git\n/.output\n/.errors\n")
    try Self.git(ada.root, "init", "-q", "-b", "main")
    try Self.git(ada.root, "add", ".")
    #expect(try Self.git(ada.root, "commit", "-q", "-m", "first") == 0)
    try Self.git(bob.root, "init", "-q", "-b", "main")
    #expect(try Self.git(bob.root, "pull", "-q", ada.root.path, "main") == 0)

    // Both change the same value, run and commit.
    for (place, one) in [(ada, "aaa"), (bob, "aaaaa")] {
      try place.write("n.md", Self.notebook(one: one, two: "b"))
      #expect(try place.colophon("run", "n.md").status == 0)
      #expect(try Self.git(place.root, "commit", "-q", "-a", "-m", one) == 0)
    }
    #expect(try ada.colophon("push").status == 0)
    #expect(try bob.colophon("pull").output.contains("n has diverged"))
    #expect(try bob.colophon("run", "n.md").errors.contains("has not what changed there"))
    #expect(try Self.git(bob.root, "checkout", "-q", "--", ".") == 0)

    // The merge stops, and Bob decides for his value: the run has no stage of Ada's.
    #expect(try Self.git(bob.root, "pull", "-q", "--no-rebase", ada.root.path, "main") != 0)
    #expect(try bob.read("Artifacts/n/lock.json").contains("<<<<<<<"))
    try bob.write("n.md", Self.notebook(one: "aaaaa", two: "b"))
    let run = try bob.colophon("run", "n.md")
    #expect(run.status == 0 && CommandWorkplace.ran(run.errors).isEmpty, "\(run.errors)")
    #expect(run.errors.contains("git has left a conflict"), "\(run.errors)")
    #expect(run.errors.contains("n comes after hub's version"), "\(run.errors)")
    #expect(try !bob.read("Artifacts/n/lock.json").contains("<<<<<<<"))
    #expect(try bob.colophon("push").status == 0)
    #expect(try ada.colophon("pull").output.contains("n moved to"))
    #expect(try bob.colophon("show", "n", "One").output == "5\n" && versions(ada, "n") == 4)
  }

  @Test func `Without a merge one command takes theirs, keeps ours, or keeps both under names`() throws {
    try diverge()
    for choice in [[], ["--ours", "--theirs"], ["--both", "a/b"]] {
      #expect(try bob.colophon(["resolve", "n"] + choice).status == 64, "\(choice)")
    }
    let other = try bob.colophon("resolve", "n", "lab", "--ours")
    #expect(other.status == 1 && other.errors.contains("colophon pull"), "\(other.errors)")

    let both = try bob.colophon("resolve", "n.md", "--both", "mine")
    #expect(both.status == 0 && both.output.contains("mine has the versions that were here"), "\(both.errors)")
    #expect(
      try bob.colophon("show", "mine", "Two").output == "40\n" && bob.colophon("show", "n", "One").output == "3\n")
    #expect(try bob.colophon("push").status == 0)

    // Bob goes on with his notebook, which has nothing of Ada's.
    let mine = try bob.colophon("run", "n.md")
    #expect(mine.status == 0 && !mine.errors.contains("gone another way"), "\(mine.errors)")
    try ada.write("n.md", Self.notebook(one: "aaaaa", two: "b"))
    #expect(try ada.colophon("run", "n.md").status == 0 && ada.colophon("push").status == 0)
    #expect(try bob.colophon("pull").output.contains("n has diverged"))
    let theirs = try bob.colophon("resolve", "n", "hub", "--theirs")
    #expect(theirs.status == 0 && theirs.errors.contains("merge them in git"), "\(theirs.errors)")
    #expect(try bob.colophon("show", "n", "One").output == "5\n" && bob.colophon("push").status == 0)
    #expect(try bob.colophon("fsck").status == 0)
  }

  @Test func `A repository that was deleted, or is an older copy, makes stages run again`() throws {
    let store = ada.root.path + "/Artifacts/store.git"
    let copy = ada.root.path + "/copy.git"
    try FileManager.default.copyItem(atPath: store, toPath: copy)
    try ada.write("n.md", Self.notebook(one: "a", two: "bb"))
    #expect(CommandWorkplace.ran(try ada.colophon("run", "n.md").errors) == ["Two", "Sum"])

    // What the backup has is used, the rest computed.
    try FileManager.default.removeItem(atPath: store)
    try FileManager.default.moveItem(atPath: copy, toPath: store)
    let restored = try ada.colophon("run", "n.md")
    #expect(
      restored.status == 0 && CommandWorkplace.ran(restored.errors) == ["Two", "Sum"]
        && restored.errors.contains("the index is of another store"), "\(restored.errors)")

    try FileManager.default.removeItem(atPath: store)
    let plan = try ada.colophon("plan", "n.md")
    #expect(plan.status == 0 && plan.output.contains("0 of "), "\(plan.output)")
    let run = try ada.colophon("run", "n.md")
    #expect(run.status == 0 && CommandWorkplace.ran(run.errors) == ["One", "Two", "Sum"], "\(run.errors)")
    #expect(try versions(ada, "n") == 1 && ada.colophon("fsck").status == 0)
  }
}
