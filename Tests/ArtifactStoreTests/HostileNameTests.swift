import ArtifactStore
import Core
import Foundation
import Testing

/// Names that a database, a file system or an eye could take for something else.
struct HostileNameTests {
  static let names = [
    "'; DROP TABLE outcomes; --", "\" OR 1=1; DELETE FROM files; --", "x'); UPDATE outcomes SET stage = 'y", "%", "_",
    "*",
    "NULL",
    "e\u{301}", "\u{e9}", "Å", "\u{212b}", "ﬁ", "النتائج", "نتائج\u{64e}", "ผลลัพธ์ที่ดี", "क्षत्रिय", "한글",
    "\u{1112}\u{1161}\u{11ab}",
    "👩\u{200d}🔬", "🏳️\u{200d}🌈", "\u{1f1e9}\u{1f1ea}", "a\u{0}b", "\u{1b}[31m", "\u{202e}txt", "نص\u{200f}",
    String(repeating: "é", count: 4000),
  ]

  private func record(_ name: String, _ output: StoredContent) -> StageRecord {
    StageRecord(
      key: Digest(of: Array(name.utf8)), stage: name,
      components: [KeyComponent(name: name, kind: .parameter, digest: Digest(of: name), display: name)], output: output,
      started: 1000, cost: RunCost(seconds: 1, notes: [name]), environment: [name: name])
  }

  @Test func `Stages of any name are found by it, byte for byte, and harm no other, also by a new index`() throws {
    let workplace = try Workplace()
    do {
      let store = try workplace.open()
      for name in Self.names {
        let content = try store.put(ArtifactContent(bytes: Array(name.utf8), name: "value.json"), format: name)
        try store.add(record(name, content))
      }
      try store.flush()
    }
    for isNew in [false, true] {
      if isNew { try FileManager.default.removeItem(atPath: workplace.root + "/.colophon") }
      let store = try workplace.open()
      // Two forms of one name are one for people, and SQLite lists a name up to its NUL.
      #expect(Set(try store.stageNames()) == Set(Self.names.map { $0.contains("\0") ? "a" : $0 }))
      for name in Self.names {
        let found = try store.records(ofStage: name)
        #expect(
          found.map(\.cost.notes) == [[name]] && found.map { Array($0.stage.utf8) } == [Array(name.utf8)],
          "\(name.debugDescription)")
        let outcome = try #require(try store.lookup(Digest(of: Array(name.utf8))))
        #expect(try store.content(of: outcome).files[0].bytes() == Array(name.utf8))
        #expect(Array(outcome.output.format.utf8) == Array(name.utf8))
      }
    }
    #expect(try workplace.faults().isEmpty)
  }

  @Test(arguments: [
    ("\u{e9}", "e\u{301}"), ("Å", "\u{212b}"), ("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"),
  ])
  func `A name is found in either form, and two forms of one name cannot be in one version`(one: String, other: String)
    throws
  {
    let workplace = try Workplace()
    let store = try workplace.open()
    let content = try store.put(ArtifactContent(bytes: [1], name: "value.json"), format: "test/1")
    _ = try store.commit(
      notebook: "n", artifacts: [.init(name: one, content: content)], lock: [], message: "m", time: 0)
    #expect(Array(try store.artifacts(at: "n")[0].name.utf8) == Array(one.utf8))
    #expect(try store.read(other, at: "n").content == content)
    #expect(throws: StoreError.self) {
      try store.commit(
        notebook: "n", artifacts: [.init(name: one, content: content), .init(name: other, content: content)], lock: [],
        message: "m", time: 1)
    }
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `Notebooks of any name have a history of their own`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let names = Self.names.filter { !$0.utf8.contains(0) && $0.utf8.count <= 200 }
    for name in names {
      let content = try store.put(ArtifactContent(bytes: Array(name.utf8), name: "value.json"), format: "test/1")
      _ = try store.commit(
        notebook: name, artifacts: [.init(name: "a", content: content)], lock: [], message: "m", time: 0)
    }
    #expect(Set(try store.notebooks().map { Array($0.utf8) }) == Set(names.map { Array($0.utf8) }))
    for name in names {
      #expect(try store.log(notebook: name).count == 1, "\(name.debugDescription)")
      #expect(try store.content(of: store.read("a", at: name).content).files[0].bytes() == Array(name.utf8))
    }
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `A symbolic link or a submodule that someone put into a version is not followed`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let secret = try workplace.write(Array("secret".utf8), to: "secret.txt")
    let content = try store.put(ArtifactContent(bytes: [1], name: "value.json"), format: "test/1")
    _ = try store.commit(
      notebook: "n", artifacts: [.init(name: "a", content: content)], lock: [], message: "m", time: 0)
    // The same version, whose list and lock are links to a file outside.
    let script = """
      cd "$1" && link=$(printf %s "$2" | git hash-object -w --stdin) \
      && tree=$(printf '120000 blob %s\\tartifacts.json\\n120000 blob %s\\tlock.json\\n160000 commit %s\\tmodule\\n' \
      $link $link $(git rev-parse n) | git mktree) \
      && git update-ref refs/heads/evil $(git -c user.name=e -c user.email=e@e commit-tree -m x $tree)
      """
    #expect(try workplace.run("sh", ["-c", script, "sh", workplace.repository, secret]).status == 0)
    let again = try workplace.open()
    #expect(throws: StoreError.self) { try again.artifacts(at: "evil") }
    #expect(throws: StoreError.self) { try again.export("a", at: "evil", to: workplace.root + "/out") }
    #expect(String(decoding: (try? again.lock(at: "evil")) ?? [], as: UTF8.self) != "secret")
    #expect(try again.artifacts(at: "n").map(\.name) == ["a"])
  }

  @Test func `A list of a version that names files outside of the folder writes none of them`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let content = try store.put(
      ArtifactContent(files: [
        try ContentFile(path: workplace.write([1], to: "x"), name: "a"),
        try ContentFile(path: workplace.write([2], to: "y"), name: "b"),
      ]), format: "test/1")
    _ = try store.commit(
      notebook: "n", artifacts: [.init(name: "v", content: content)], lock: [], message: "m", time: 0)
    let script = """
      cd "$1" && list=$(git show n:artifacts.json | sed 's|"name" : "b"|"name" : "../../escaped"|' | git \
      hash-object -w --stdin) \
      && tree=$( (git ls-tree n | grep -v artifacts.json; printf '100644 blob \
      %s\\tartifacts.json\\n' $list) | git mktree) \
      && git update-ref refs/heads/evil $(git -c user.name=e -c user.email=e@e commit-tree -m x $tree)
      """
    #expect(try workplace.run("sh", ["-c", script, "sh", workplace.repository]).status == 0)
    let again = try workplace.open()
    #expect(try again.artifacts(at: "evil")[0].content.files.map(\.name) == ["a", "../../escaped"])
    #expect(throws: StoreError.self) { try again.export("v", at: "evil", to: workplace.root + "/deep/er/out") }
    #expect(!FileManager.default.fileExists(atPath: workplace.root + "/deep/escaped"))
  }

  @Test(arguments: [Double.infinity, -.infinity, .nan, 1e300, -1e300])
  func `A record whose time is not one, or of sizes beyond counting, contradicts itself`(time: Double) {
    let file = StoredFile(
      name: "a", digest: Digest(of: "a"), byteCount: .max,
      object: ObjectID(hexadecimal: String(repeating: "1", count: 40))!,
      chunked: true)
    var second = file
    second.name = "b"
    let content = StoredContent(format: "test/1", digest: Digest(of: "a"), files: [file, second])
    #expect(content.byteCount == .max)
    let components = [
      KeyComponent(
        name: "Stage", kind: .stage, digest: CanonicalValue.list([.text("Stage"), .text("test/1")]).digest, display: "")
    ]
    func record(_ started: Double, _ seconds: Double) -> StageRecord {
      StageRecord(
        key: StageRecord.key(of: components), stage: "Stage", components: components, output: content, started: started,
        cost: RunCost(seconds: seconds))
    }
    #expect(record(time, 0).fault == "its times are no times")
    #expect(record(0, time).fault == "its times are no times")
    #expect(record(1000, 1).fault != "its times are no times")
  }
}
