import ArtifactStore
import Core
import Foundation
import TestSupport
import Testing

struct RepairTests {
  private func filled(_ workplace: Workplace) throws -> [String: StoredOutcome] {
    let store = try workplace.open()
    var generator = SplitMix64(11)
    try store.save("long", generator.bytes(2 << 20))
    for number in 0..<500 { try store.save("small \(number)", Array("\(number)".utf8)) }
    try store.flush()
    return try outcomes(store)
  }

  private func outcomes(_ store: ArtifactStore) throws -> [String: StoredOutcome] {
    var outcomes: [String: StoredOutcome] = [:]
    for name in ["long"] + (0..<500).map({ "small \($0)" }) { outcomes[name] = try store.lookup(Digest(of: name)) }
    return outcomes
  }

  private func overwrite(_ path: String, at offset: UInt64, with bytes: [UInt8]) throws {
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: Data(bytes))
    try handle.close()
  }

  @Test func `A deleted index is made again and finds the same`() throws {
    let workplace = try Workplace()
    let before = try filled(workplace)
    #expect(before.count == 501)
    try FileManager.default.removeItem(atPath: workplace.root + "/.colophon")
    let store = try workplace.open()
    #expect(try outcomes(store) == before)
    #expect(try store.load("small 7") == Array("7".utf8))
  }

  @Test(arguments: ["not a database at all", ""]) func `A file that is not an index is moved aside and made again`(
    text: String
  ) throws {
    let workplace = try Workplace()
    let before = try filled(workplace)
    for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: workplace.index + suffix) }
    try Data(text.utf8).write(to: URL(fileURLWithPath: workplace.index))
    #expect(try outcomes(workplace.open()) == before)
    #expect(workplace.reports.count == (text.isEmpty ? 0 : 1))
  }

  @Test func `An index with other tables is moved aside and made again`() throws {
    let workplace = try Workplace()
    let before = try filled(workplace)
    #expect(try workplace.run("sqlite3", [workplace.index, "DROP TABLE contents"]).status == 0)
    #expect(try outcomes(workplace.open()) == before)
    #expect(workplace.reports.count == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: workplace.root + "/.colophon")
    #expect(names.contains { $0.hasPrefix("index.sqlite.old-") })
  }

  @Test func `Damage inside the index is found when it is met`() throws {
    let workplace = try Workplace()
    let before = try filled(workplace)
    #expect(try workplace.run("sqlite3", [workplace.index, "PRAGMA wal_checkpoint(TRUNCATE)"]).status == 0)
    let size = try #require(try FileManager.default.attributesOfItem(atPath: workplace.index)[.size] as? UInt64)
    try overwrite(workplace.index, at: 4096 * 2, with: [UInt8](repeating: 0xa5, count: Int(size) - 4096 * 2))
    let store = try workplace.open()
    #expect(try outcomes(store) == before)
    #expect(!workplace.reports.isEmpty)
    try store.save("after", [1])
    try store.flush()
    #expect(try workplace.open().load("after") == [1])
  }

  @Test func `A damaged object is named, and running the stage again repairs the store`() throws {
    let workplace = try Workplace()
    var generator = SplitMix64(12)
    let bytes = generator.bytes(3 << 20)
    let first = try workplace.open()
    try first.save("a", bytes)
    try first.save("b", [UInt8](repeating: 3, count: 9000))
    try first.flush()
    let pack = workplace.repository + "/objects/pack/" + (try #require(workplace.packs.first))
    try overwrite(pack, at: 1_500_000, with: [0, 1, 2, 3, 4, 5, 6, 7])
    let store = try workplace.open()
    let outcome = try #require(try store.lookup(Digest(of: "a")))
    for _ in 0..<2 {
      let error = #expect(throws: StoreError.self) { try store.content(of: outcome).path() }
      guard case .damaged(let object?, bytes.digest, _)? = error?.cause else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(try workplace.git("cat-file", "-e", object.hexadecimal).status == 0)
      #expect(error?.isDamage == true)
    }
    #expect(try store.verify().map(\.cause).count == 1)
    try store.save("a", bytes, started: 2000)
    try store.flush()
    #expect(try workplace.read(store.content(of: try #require(try store.lookup(Digest(of: "a")))).path()) == bytes)
    #expect(try store.load("b") == [UInt8](repeating: 3, count: 9000))
    #expect(try store.verify().isEmpty)
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `A missing pack is damage, not a crash`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let stored = try store.save("a", [UInt8](repeating: 3, count: 9000))
    try store.flush()
    let folder = workplace.repository + "/objects/pack"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      try FileManager.default.removeItem(atPath: folder + "/" + name)
    }
    let error = #expect(throws: StoreError.self) { try workplace.open().bytes(of: stored.files[0]) }
    #expect(error?.isDamage == true)
  }

  @Test func `A lock file that a killed process left is in the way for two seconds`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let content = try store.save("a", [1])
    for reference in ["refs/colophon/records", "refs/heads/n", "HEAD"] {
      try FileManager.default.createDirectory(
        atPath: workplace.repository + "/refs/colophon", withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: workplace.repository + "/" + reference + ".lock"))
    }
    let artifacts = [NamedContent(name: "a", content: content)]
    #expect(try store.commit(notebook: "n", artifacts: artifacts, lock: [], message: "m", time: 0) != nil)
    #expect(try workplace.git("symbolic-ref", "HEAD").text == "refs/heads/n\n")
    #expect(try workplace.open().load("a") == [1])
  }

  @Test func `A line of a segment that is no record is reported, and the others are used`() throws {
    let workplace = try Workplace()
    _ = try filled(workplace)
    // A segment from elsewhere, with a line of a future version.
    let script = """
      cd \(workplace.repository) && name=$(git ls-tree --name-only refs/colophon/records | grep jsonl) &&
      git show refs/colophon/records:$name | sed '1s/.*/{"key":"of another version"}/' > ../edited &&
      blob=$(git hash-object -w ../edited) &&
      tree=$(printf '100644 blob %s\\tforeign.jsonl\\n' $blob | git mktree) &&
      git update-ref refs/colophon/records $(git -c user.name=x -c user.email=x commit-tree -m x $tree)
      """
    let (status, output) = try workplace.run("sh", ["-c", script])
    #expect(status == 0, "\(String(decoding: output, as: UTF8.self))")
    try FileManager.default.removeItem(atPath: workplace.root + "/.colophon")
    #expect(try outcomes(workplace.open()).count == 500)
    #expect(workplace.reports.contains { $0.contains("line 1") && $0.contains("foreign.jsonl") })
  }

  @Test func `A repository of someone else's, or of a newer version, is refused`() throws {
    let workplace = try Workplace()
    #expect(try workplace.run("git", ["init", "-q", "--bare", workplace.repository]).status == 0)
    for text in ["someone else", "format 9"] {
      let error = #expect(throws: StoreError.self) { try workplace.open() }
      guard case .foreignFormat(let found)? = error?.cause else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(found.contains(text))
      #expect(try workplace.git("config", "colophon.format", "9").status == 0)
    }
  }
}

extension [UInt8] {
  fileprivate var digest: Digest { Digest(of: self) }
}
