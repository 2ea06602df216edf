import Core
import Foundation
import Testing

/// Bad input: a message with its place, exit status 1, nothing lost.
@Suite struct FaultTests {
  let place: CommandWorkplace

  init() throws { place = try CommandWorkplace() }

  static func cell(_ code: String) -> String { "Text.\n\n```swift\n\(code)\n```\n" }

  @Test(arguments: [
    ("Fine.\n\n```swift\nlet a = 1\n", "n.md:3:1: error:"),
    ("---\ntitel: X\n---\n", "n.md:2:1: error:"),
    (cell("//| labl: x\n1"), "n.md:4"),
    (cell("//| label: x\n1") + cell("//| label: x\n2"), "n.md:"),
  ])
  func `A faulty notebook is refused at the line of its fault`(text: String, message: String) throws {
    try place.write("n.md", text)
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains(message), "\(outcome.errors)")
  }

  @Test func `A notebook that is not UTF-8 is refused at the byte`() throws {
    try place.write("n.md", bytes: Array("one\ntwo ".utf8) + [0xff, 0xfe])
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("n.md:2:5: error:"), "\(outcome.errors)")
  }

  @Test(arguments: [["run"], ["run", "a.md", "--threads", "0"], ["nonsense"], ["show"]])
  func `Wrong usage has status 64`(arguments: [String]) throws {
    let process = try place.process(arguments)
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 64)
  }

  @Test(arguments: ["a/b", ".git", "-x", "tab\\tbed"])
  func `A name that cannot be kept is refused before its stage runs`(name: String) throws {
    try place.write(
      "n.md",
      Self.cell(
        """
        struct Touch: Stage {
          func run(_ context: StageContext) async throws -> Int {
            print("it ran")
            return 1
          }
        }
        let one = try await Touch()(as: "\(name)")
        """))
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains("n.md:10") && outcome.errors.contains("choose another name for `as:`"),
      "\(outcome.errors)")
    let report = try String(contentsOf: place.root.appending(path: "Artifacts/n/report.md"), encoding: .utf8)
    #expect(!report.contains("\nit ran"))
  }

  @Test func `A missing notebook is named`() throws {
    let outcome = try place.colophon("run", "nowhere.md")
    #expect(outcome.status == 1 && outcome.errors.contains("nowhere.md"))
  }

  @Test(arguments: [
    ("absent.txt", "no such file"), ("folder", "it is a folder"), ("pipe", "it is a pipe"),
    ("link", "does not exist"),
  ])
  func `An input that cannot be hashed is named with the reason`(path: String, reason: String) throws {
    try FileManager.default.createDirectory(at: place.root.appending(path: "folder"), withIntermediateDirectories: true)
    #expect(mkfifo(place.root.appending(path: "pipe").path, 0o644) == 0)
    try FileManager.default.createSymbolicLink(
      atPath: place.root.appending(path: "link").path, withDestinationPath: "gone")
    try place.write(
      "n.md",
      Self.cell(
        """
        struct Size: Stage {
          var file: InputFile
          func run(_ context: StageContext) async throws -> Int { 1 }
        }
        """)
        + Self.cell("let size = try await Size(file: InputFile(\"\(path)\"))()") + Self.cell("\"the rest\""))
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("n.md:12:1: error: cannot read the input (\(path))"), "\(outcome.errors)")
    #expect(outcome.errors.contains(reason))
    #expect(try place.read("Artifacts/n/report.md").contains("the rest"))
  }

  @Test func `An input that changes while it is read spoils the output`() throws {
    try place.write("words.txt", "one")
    try place.write(
      "n.md",
      Self.cell(
        """
        struct Meddle: Stage {
          var file: InputFile
          func run(_ context: StageContext) async throws -> String {
            let text = try String(contentsOfFile: file.path, encoding: .utf8)
            try (text + " more").write(toFile: file.path, atomically: true, encoding: .utf8)
            return text
          }
        }
        let text = try await Meddle(file: InputFile("words.txt"))()
        """))
    for _ in 0..<2 {
      let outcome = try place.colophon("run", "n.md")
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("an input changed while the stage was reading it"), "\(outcome.errors)")
      #expect(CommandWorkplace.ran(outcome.errors) == [])
    }
  }

  @Test func `What does not depend on a failure still runs`() throws {
    try place.write(
      "n.md",
      Self.cell(
        """
        struct Trap: Stage {
          var list: [Int]
          func run(_ context: StageContext) async throws -> Int { list[3] }
        }
        struct Fine: Stage {
          var n: Int
          func run(_ context: StageContext) async throws -> Int { n }
        }
        """) + Self.cell("let bad = try await Trap(list: [])()") + Self.cell("bad + 1")
        + Self.cell("let wrong: Int = \"text\"") + Self.cell("let fine = try await Fine(n: 77)()\nfine"))
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("Index out of range, at n.md:6"), "\(outcome.errors)")
    #expect(outcome.errors.contains("n.md:26:18: error: cannot convert value of type 'String'"), "\(outcome.errors)")
    let report = try place.read("Artifacts/n/report.md")
    #expect(report.contains("77"))
    #expect(report.contains("Not run"))
    #expect(!FileManager.default.fileExists(atPath: place.root.appending(path: "Artifacts/n/lock.json").path))
    try place.write("n.md", Self.cell("1"))
    #expect(try place.colophon("run", "n.md").status == 0)
  }

  @Test func `A damaged index is built again`() throws {
    try place.write("n.md", FaultTests.cell(Self.slow(milliseconds: 1)))
    try place.colophon("run", "n.md")
    try place.write(".colophon/index.sqlite", "this is no database")
    for name in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(at: place.root.appending(path: ".colophon/index.sqlite" + name))
    }
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(CommandWorkplace.ran(outcome.errors) == [])
  }

  @Test func `A damaged output is named and its stage runs again`() throws {
    try place.write(
      "n.md",
      Self.cell(
        """
        struct Long: Stage {
          func run(_ context: StageContext) async throws -> [Int] { (0..<5_000).map { $0 * $0 % 7_919 } }
        }
        let numbers = try await Long()()
        numbers.count
        """))
    #expect(try place.colophon("run", "n.md").status == 0)
    try FileManager.default.removeItem(at: place.root.appending(path: ".colophon/content"))
    let folder = place.root.appending(path: "Artifacts/store.git/objects/pack")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".pack") {
      let file = folder.appending(path: name)
      var bytes = Array(try Data(contentsOf: file))
      guard bytes.count > 4_000 else { continue }
      bytes[bytes.count / 2] ^= 0x55
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
      try Data(bytes).write(to: file)
    }
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(CommandWorkplace.ran(outcome.errors) == ["Long"])
    #expect(outcome.errors.contains("damaged"), "\(outcome.errors)")
    let after = try place.colophon("run", "n.md")
    #expect(after.status == 0 && CommandWorkplace.ran(after.errors) == [], "\(after.errors)")
  }

  @Test func `A store of a newer format is refused`() throws {
    try place.write("n.md", FaultTests.cell("1"))
    try place.colophon("run", "n.md")
    let config = try place.read("Artifacts/store.git/config")
    try place.write("Artifacts/store.git/config", config.replacingOccurrences(of: "format = 1", with: "format = 99"))
    let outcome = try place.colophon("run", "n.md")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("99"), "\(outcome.errors)")
  }

  /// Four stages in a chain, each of which takes its time.
  static func slow(milliseconds: Int, count: Int = 4) -> String {
    """
    struct Slow: Stage {
      var x: Int
      var i: Int
      func run(_ context: StageContext) async throws -> Int {
        try await Task.sleep(for: .milliseconds(\(milliseconds)))
        return x + i
      }
    }
    var x = 0
    for i in 0..<\(count) { x = try await Slow(x: x, i: i)() }
    x
    """
  }
}
