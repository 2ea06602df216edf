import ArtifactStore
import Core
import Foundation
import TestSupport
import Testing

struct VersionTests {
  private func content(_ store: ArtifactStore, _ bytes: [UInt8], _ name: String = "value.json") throws -> StoredContent
  {
    try store.put(ArtifactContent(bytes: bytes, name: name), format: "test/1")
  }

  @Test func `A clone restores artifacts with cat`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    var generator = SplitMix64(4)
    let long = generator.bytes(5 << 20)
    let artifacts = try [
      NamedContent(name: "modèle", content: content(store, long, "model.safetensors")),
      NamedContent(name: "scores", content: content(store, Array("{}".utf8))),
    ]
    let id = try store.commit(
      notebook: "méta clip", artifacts: artifacts, lock: Array("{}\n".utf8), message: "first", time: 1000)
    #expect(id != nil)
    let clone = workplace.root + "/clone"
    #expect(try workplace.run("git", ["clone", "-q", workplace.repository, clone]).status == 0)
    #expect(try workplace.run("sh", ["-c", "cat \(clone)/modèle/*"]).output == long)
    #expect(try workplace.run("sh", ["-c", "cat \(clone)/scores/*"]).output == Array("{}".utf8))
    #expect(try workplace.read(clone + "/lock.json") == Array("{}\n".utf8))
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `A commit is written only when something changed`() throws {
    let store = try Workplace().open()
    let one = [NamedContent(name: "a", content: try content(store, [1]))]
    let two = [NamedContent(name: "a", content: try content(store, [2]))]
    let first = try store.commit(notebook: "n", artifacts: one, lock: [], message: "first", time: 1000)
    #expect(try store.commit(notebook: "n", artifacts: one, lock: [], message: "again", time: 2000) == nil)
    let second = try store.commit(notebook: "n", artifacts: two, lock: [], message: "second\n\nMore.", time: 3000)
    let log = try store.log(notebook: "n")
    #expect(log.map(\.id) == [second, first])
    #expect(log.map(\.message) == ["second\n\nMore.\n", "first\n"])
    #expect(log.map(\.time) == [3000, 1000])
    #expect(try store.artifacts(at: "n~1") == one)
    #expect(try store.read("a", at: try #require(second).hexadecimal) == two[0])
    #expect(try store.artifacts(at: String(try #require(first).hexadecimal.prefix(12))) == one)
    #expect(try store.notebooks() == ["n"])
    #expect(throws: StoreError.self) { try store.read("b", at: "n") }
    #expect(throws: StoreError.self) { try store.read("a", at: "m") }
  }

  @Test func `An export writes one file, or a folder of several`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    var generator = SplitMix64(5)
    let long = generator.bytes(2 << 20)
    let several = ArtifactContent(files: [
      try ContentFile(path: workplace.write(long, to: "x"), name: "part/long.bin"),
      try ContentFile(path: workplace.write([1], to: "y"), name: "short"),
    ])
    let artifacts = try [
      NamedContent(name: "one", content: content(store, [1, 2])),
      NamedContent(name: "several", content: store.put(several, format: "test/1")),
    ]
    _ = try store.commit(notebook: "n", artifacts: artifacts, lock: [], message: "m", time: 0)
    try store.export("one", at: "n", to: workplace.root + "/out/one.json")
    try store.export("several", at: "n", to: workplace.root + "/out/several")
    #expect(try workplace.read(workplace.root + "/out/one.json") == [1, 2])
    #expect(try workplace.read(workplace.root + "/out/several/part/long.bin") == long)
    #expect(try workplace.git("ls-tree", "-r", "--name-only", "n").text.contains("several/part/long.bin/00000000\n"))
  }

  @Test(arguments: [
    "a/b", "..", ".", "", ".git", ".hidden", "a\0b", "a\nb", "a\\b", "C:", "-rf", "a ", "a.", "GIT~1", "lock.json",
    "\u{200c}.git", "a\u{202e}b",
  ])
  func `A name that is a trick is refused`(name: String) throws {
    let store = try Workplace().open()
    let artifacts = [NamedContent(name: name, content: try content(store, [1]))]
    let error = #expect(throws: StoreError.self) {
      try store.commit(notebook: "n", artifacts: artifacts, lock: [], message: "m", time: 0)
    }
    guard case .invalidName? = error?.cause else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: ["a//b", "/a", "a/", "../a", "a/../b", "a/./b", "a/.git/config", "a\\b", ""])
  func `A file of an artifact cannot leave its folder`(name: String) throws {
    let store = try Workplace().open()
    #expect(throws: StoreError.self) { try content(store, [1], name) }
  }

  @Test(arguments: [
    "scores", "得分", "оценки", "النتائج", "می‌خواهم", "स्कोर", "a b", "a'\"$(rm)", "a*?", "x.lock", "emoji 🐱",
  ])
  func `A name in any script will do`(name: String) throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let artifacts = [NamedContent(name: name, content: try content(store, [1]))]
    _ = try store.commit(notebook: "n", artifacts: artifacts, lock: [], message: "m", time: 0)
    #expect(try store.artifacts(at: "n") == artifacts)
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `Different notebooks have different branches, whatever they are called`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let names = [
      "a", "a/b", "a b", "a%20b", "HEAD", "@", "x.lock", "..", "-n", "~1", "メタ", "a.b", "refs/heads/a", "a^{commit}",
    ]
    for (position, name) in names.enumerated() {
      let artifacts = [NamedContent(name: "v", content: try content(store, [UInt8(position)]))]
      #expect(try store.commit(notebook: name, artifacts: artifacts, lock: [], message: name, time: 0) != nil)
    }
    #expect(try store.notebooks() == names.sorted())
    for name in names { #expect(try store.log(notebook: name).map(\.message) == [name + "\n"]) }
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `Two artifacts with one name, or a file where a folder is, are refused`() throws {
    let store = try Workplace().open()
    let one = try content(store, [1])
    #expect(throws: StoreError.self) {
      try store.commit(
        notebook: "n", artifacts: [.init(name: "a", content: one), .init(name: "a", content: one)], lock: [],
        message: "", time: 0
      )
    }
  }
}
