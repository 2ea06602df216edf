import ArtifactStore
import Attestation
import Core
import Foundation
import Processes
import Remotes
import Testing

/// Makes a repository say things that no store says, object by object.
private struct Forger {
  let hub: Hub

  @discardableResult
  private func git(_ arguments: [String], _ input: [UInt8] = []) throws -> String {
    let run = try ToolRun("git", ["--git-dir", hub.path] + arguments, input: input)
    try #require(run.succeeded, "git \(arguments): \(run.errors)")
    return run.text
  }

  func blob(_ bytes: [UInt8]) throws -> String { try git(["hash-object", "-w", "--stdin"], bytes) }

  /// - Parameter entries: modes, names and objects, written as they are.
  func tree(_ entries: [(mode: String, name: String, id: String)]) throws -> String {
    var bytes: [UInt8] = []
    for entry in entries {
      bytes += Array("\(entry.mode) \(entry.name)\0".utf8)
      bytes += try #require(ObjectID(hexadecimal: entry.id)).bytes
    }
    return try git(["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], bytes)
  }

  func commit(_ tree: String, _ reference: String) throws {
    let text = "tree \(tree)\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nforged\n"
    let id = try git(["hash-object", "-w", "-t", "commit", "--literally", "--stdin"], Array(text.utf8))
    try git(["update-ref", reference, id])
  }

  /// Publishes lines as records, with the folder of objects that git needs to send them along.
  func publish(_ lines: [[UInt8]], objects: [(mode: String, name: String, id: String)] = [], name: String? = nil) throws
  {
    let bytes = lines.flatMap { $0 + [UInt8(ascii: "\n")] }
    let base = name ?? Digest(of: bytes).hexadecimal
    try commit(
      tree([("100644", base + ".jsonl", blob(bytes)), ("40000", base + ".objects", tree(objects))]),
      "refs/colophon/records")
  }

  func publish(_ records: [StageRecord]) throws {
    let objects = records.flatMap(\.output.files).map {
      ($0.chunked ? "40000" : "100644", $0.object.hexadecimal, $0.object.hexadecimal)
    }
    var seen: Set<String> = []
    try publish(records.map(Self.line), objects: objects.filter { seen.insert($0.1).inserted }.sorted { $0.1 < $1.1 })
  }

  static func line(_ record: StageRecord) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return Array(try encoder.encode(record))
  }

  /// A file's description with its object in the hub.
  func file(_ bytes: [UInt8], name: String = "value.bin") throws -> StoredFile {
    StoredFile(
      name: name, digest: Digest(of: bytes), byteCount: Int64(bytes.count),
      object: try #require(ObjectID(hexadecimal: try blob(bytes))), chunked: false)
  }

  func chunked(_ chunks: [[UInt8]], names: [String]? = nil, modes: [String]? = nil, byteCount: Int64? = nil) throws
    -> StoredFile
  {
    let bytes = chunks.flatMap { $0 }
    let entries = try chunks.enumerated().map { position, chunk in
      (modes?[position] ?? "100644", names?[position] ?? String(format: "%08d", position), try blob(chunk))
    }
    return StoredFile(
      name: "value.bin", digest: Digest(of: bytes), byteCount: byteCount ?? Int64(bytes.count),
      object: try #require(ObjectID(hexadecimal: try tree(entries))), chunked: true)
  }
}

private func content(_ file: StoredFile, format: String = "test/1") -> StoredContent {
  StoredContent(format: format, digest: file.digest, files: [file])
}

/// Hostile or broken contents of a remote are refused, and the message names them; the rest is received.
@Suite struct HostileRemoteTests {
  private let hub: Hub
  private let forger: Forger
  private let site: Site

  init() throws {
    hub = try Hub()
    forger = Forger(hub: hub)
    site = try hub.site()
  }

  /// Pulls records of which the second is good, and expects the first to be refused for this reason.
  private func expectRefusal(of bad: StageRecord, _ reason: String, line: Int = #line) throws {
    let good = StageRecord.sound("good", content(try forger.file([7])))
    try forger.publish([bad, good])
    let report = try site.exchange().pull()
    #expect(report.refused.count == 1, "line \(line)")
    #expect(
      report.refused.first?.description.contains(reason) == true, "line \(line): \(report.refused.map(\.description))")
    #expect(report.refused.first?.name == bad.stage && report.refused.first?.key == bad.key)
    #expect(try site.store.lookup(bad.key) == nil)
    #expect(try site.store.load(good.key) == [7])
    #expect(try site.faults().isEmpty)
    // What was refused is not kept by any reference, and comes back to nobody.
    #expect(try site.reopened().lookup(bad.key) == nil)
    #expect(try !site.git("for-each-ref").contains("incoming"))
  }

  @Test(arguments: [
    "../../etc/passwd", "/etc/passwd", "a/../../b", ".git/config", "a\\b", "c:x", "a/./b", "", "\u{200d}.git",
    "a\u{0}b",
    "con\u{7}",
    "git~1", "-rf",
  ])
  func `A record whose file would leave its folder is refused`(name: String) throws {
    var file = try forger.file([1])
    file.name = name
    try expectRefusal(of: .sound("bad", content(file)), "name")
  }

  @Test func `Digests that are lies are refused: of a file, of a content, of a size`() throws {
    let file = try forger.file([1, 2, 3])
    var other = file
    other.digest = Digest(of: "else")
    try expectRefusal(of: .sound("a", content(other)), "do not hash")
    try expectRefusal(
      of: .sound("b", StoredContent(format: "test/1", digest: Digest(of: "else"), files: [file])),
      "not that of its files")
    other = file
    other.byteCount = 4
    try expectRefusal(of: .sound("c", content(other)), "3 bytes, not 4")
    other.byteCount = -1
    try expectRefusal(of: .sound("d", content(other)), "negative")
    other.byteCount = .max
    try expectRefusal(of: .sound("e", content(other)), "too long")
  }

  @Test func `A key that its components do not make, another stage, and another format are refused`() throws {
    let file = try forger.file([1])
    var record = StageRecord.sound("a", content(file))
    record.key = Digest(of: "the key of something valuable")
    try expectRefusal(of: record, "not the digest of its components")
    record = StageRecord.sound("b", content(file))
    record.stage = "TrainCLIP"
    try expectRefusal(of: record, "of another stage")
    record = StageRecord.sound("c", content(file))
    record.output.format = "Pairs/1"
    try expectRefusal(of: record, "of another format than Pairs/1")
  }

  @Test func `Links, submodules, wrong names, gaps and folders in a list of chunks are refused`() throws {
    let chunks = [someBytes(100_000, 1), someBytes(5, 2)]
    try expectRefusal(
      of: .sound("a", content(try forger.chunked(chunks, modes: ["120000", "100644"]))), "symbolic link")
    try expectRefusal(of: .sound("b", content(try forger.chunked(chunks, modes: ["100755", "100644"]))), "mode 100755")
    try expectRefusal(of: .sound("c", content(try forger.chunked(chunks, names: ["00000000", "00000002"]))), "chunk 1")
    try expectRefusal(of: .sound("d", content(try forger.chunked(chunks, names: ["..", "00000001"]))), "chunk 0")
    try expectRefusal(of: .sound("e", content(try forger.chunked(chunks, byteCount: 50_000))), "longer")
    try expectRefusal(of: .sound("f", content(try forger.chunked(chunks, byteCount: 200_000))), "bytes, not 200000")
    var file = try forger.chunked(chunks)
    file.object = try #require(ObjectID(hexadecimal: try forger.tree([("40000", "00000000", file.object.hexadecimal)])))
    try expectRefusal(of: .sound("g", content(file)), "chunk 0")
    let good = StageRecord.sound("h", content(try forger.chunked(chunks)))
    try forger.publish([good])
    #expect(try site.exchange().pull().refused.isEmpty)
    #expect(try site.store.load(good.key) == chunks.flatMap { $0 })
  }

  @Test func `A list that names one chunk a million times is refused without being read`() throws {
    let chunk = try forger.blob([UInt8](repeating: 0, count: 1 << 20))
    // Twenty kilobytes for a pack, a terabyte for whoever unpacks it.
    let entries = (0..<50_000).map { ("100644", String(format: "%08d", $0), chunk) }
    let file = StoredFile(
      name: "value.bin", digest: Digest(of: "a terabyte"), byteCount: 3_000_000,
      object: try #require(ObjectID(hexadecimal: try forger.tree(entries))), chunked: true)
    try expectRefusal(of: .sound("a", content(file)), "longer than 3000000 bytes need")
    var lying = file
    lying.byteCount = 50_000 << 20
    try expectRefusal(of: .sound("b", content(lying)), "the same ones too often")
  }

  @Test func `A chunk that unpacks to much more than a chunk is refused by its size`() throws {
    let file = try forger.chunked([[UInt8](repeating: 0, count: 30 << 20)])
    try expectRefusal(of: .sound("a", content(file)), "more than a chunk may")
    var whole = try forger.file([UInt8](repeating: 0, count: 30 << 20))
    whole.byteCount = 100
    try expectRefusal(of: .sound("b", content(whole)), "\(30 << 20) bytes, not 100")
  }

  @Test func `Objects that are missing or of another kind are refused`() throws {
    var file = try forger.file([1])
    let tree = try #require(ObjectID(hexadecimal: try forger.tree([])))
    file.object = tree
    let bad = StageRecord.sound("a", content(file))
    try forger.publish([try Forger.line(bad)], objects: [("40000", tree.hexadecimal, tree.hexadecimal)])
    #expect(try site.exchange().pull().refused.first?.reason.contains("is not a file") == true)
    file.object = try #require(ObjectID(hexadecimal: String(repeating: "1", count: 40)))
    let missing = StageRecord.sound("b", content(file))
    try forger.publish([try Forger.line(missing)])
    #expect(try site.exchange().pull().refused.first?.reason.contains("missing") == true)
  }

  @Test func `Lines that are no records, and segments that are not what their names say, are refused by name`() throws {
    let good = StageRecord.sound("good", content(try forger.file([7])))
    let object = good.output.files[0].object.hexadecimal
    let lines = [
      Array("{}".utf8), Array("[[[[".utf8), [0xff, 0xfe, 0], try Forger.line(good), Array("{\"key\":\"x\"}".utf8),
    ]
    try forger.publish(lines, objects: [("100644", object, object)])
    let report = try site.exchange().pull()
    #expect(report.refused.count == 4 && report.refused.allSatisfy { $0.reason.contains("does not decode") })
    #expect(report.refused.map(\.name).contains { $0.hasPrefix("line 1 of ") })
    #expect(try site.store.load(good.key) == [7])
    let other = StageRecord.sound("other", content(try forger.file([8])))
    try forger.publish([try Forger.line(other)], name: Digest(of: "another").hexadecimal)
    #expect(try site.exchange().pull().refused.map(\.reason) == ["its bytes do not hash to its name"])
    let base = Digest(of: "").hexadecimal
    let blob = try forger.blob([])
    try forger.commit(
      forger.tree([("120000", base + ".jsonl", blob), ("100644", "../x.jsonl", blob), ("100644", base + ".exe", blob)]),
      "refs/colophon/records")
    let odd = try site.exchange().pull()
    #expect(odd.refused.count == 3 && odd.records.admitted == 0, "\(odd.refused.map(\.description))")
    #expect(odd.refused.contains { $0.reason.contains("symbolic link") })
  }

  @Test(arguments: [
    "'; DROP TABLE outcomes; --", "\" OR 1=1", "%s%n", "名前", "نام", "नाम", "e\u{301}", "é", "🧑‍🔬", "a\u{202e}b",
    String(repeating: "x", count: 5000),
  ])
  func `Names in every script, with SQL in them, long or not normalised, come through as they are`(name: String) throws
  {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    let output = try ada.store.put(ArtifactContent(bytes: Array(name.utf8), name: "value.bin"), format: name)
    let record = StageRecord.sound(name, output, stage: name)
    try ada.store.add(record)
    try ada.exchange().push()
    #expect(try bob.exchange().pull().records.admitted == 1)
    #expect(try bob.store.record(for: record.key) == record)
    #expect(try bob.store.stageNames() == [name])
    #expect(try bob.store.records(ofStage: name).count == 1)
  }

  @Test func `A version with anything in it that its list does not describe is refused, the other branches come`()
    throws
  {
    let ada = try hub.site()
    try ada.store.version("good", "A", [1])
    try ada.store.version("bad", "A", [2])
    try ada.exchange().push()
    let listed = try ToolRun("git", ["--git-dir", hub.path, "ls-tree", "refs/heads/bad"]).text.split(separator: "\n")
      .map {
        line in
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        return (words[0].hasPrefix("0") ? String(words[0].dropFirst()) : words[0], words[3], words[2])
      }
    let link = try forger.blob(Array("/etc/passwd".utf8))
    let additions: [[(String, String, String)]] = [
      [("120000", "link", link)], [("160000", "module", String(repeating: "2", count: 40))], [("100644", "..", link)],
      [("100755", "tool", link)], [("100644", ".gitmodules", link)],
    ]
    for (number, addition) in additions.enumerated() {
      try forger.commit(forger.tree(listed + addition), "refs/heads/forged\(number)")
    }
    try forger.commit(forger.tree(listed.filter { $0.1 != "artifacts.json" }), "refs/heads/nolist")
    let report = try site.exchange().pull()
    #expect(Set(report.branches.map(\.notebook)) == ["good", "bad"])
    #expect(report.refused.count == 6, "\(report.refused.map(\.description))")
    #expect(try site.store.notebooks() == ["bad", "good"])
    #expect(try site.faults().isEmpty)
  }

  @Test func `A branch whose name is no notebook's, and attestations that are forged, are refused`() throws {
    let ada = try hub.site()
    try ada.store.version("good", "A", [1])
    try ada.exchange().push()
    #expect(try ToolRun("git", ["--git-dir", hub.path, "branch", "feature/x", "good"]).succeeded)
    let forged = Array("{\"payloadType\":\"x\"}".utf8)
    let blob = try forger.blob(forged)
    try forger.commit(
      forger.tree([
        ("100644", Digest(of: forged).hexadecimal + ".json", blob), ("100644", "../../evil.json", blob),
        ("120000", "x.json", blob),
      ]), "refs/colophon/attestations")
    let report = try site.exchange().pull()
    #expect(report.refused.filter { $0.kind == "attestation" }.count == 3)
    #expect(report.refused.filter { $0.kind == "branch" }.map(\.name) == ["feature/x"])
    #expect(try site.store.attestationFiles().isEmpty)
  }

  @Test func `Folders in folders where objects should be listed do no harm`() throws {
    var tree = try forger.tree([("100644", "x", try forger.blob([1]))])
    // Deep enough for any stack that recursion would use; git itself needs a while for more.
    for _ in 0..<300 { tree = try forger.tree([("40000", "d", tree)]) }
    let good = StageRecord.sound("good", content(try forger.file([7])))
    let object = good.output.files[0].object.hexadecimal
    try forger.publish([try Forger.line(good)], objects: [("100644", object, object), ("40000", "z", tree)])
    #expect(try site.exchange().pull().records.admitted == 1)
    #expect(try !site.git("for-each-ref").contains("remotes/hub"))
    _ = try site.store.collect(CollectionLimits())
    #expect(try site.store.load(good.key) == [7] && site.faults().isEmpty)
  }
}

/// Sizes that are large but honest.
@Suite struct LargeExchangeTests {
  @Test func `A version of a hundred thousand artifacts travels, names of every kind among them`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    let contents = try (0..<50).map {
      try ada.store.put(ArtifactContent(bytes: someBytes(100, UInt64($0)), name: "value.bin"), format: "test/1")
    }
    let scripts = ["data", "данные", "データ", "بيانات", "डेटा", "ข้อมูล", "donne\u{301}es", "🧪"]
    let artifacts = (0..<100_000).map {
      NamedContent(name: "\(scripts[$0 % scripts.count]) \($0)", content: contents[$0 % contents.count])
    }
    try ada.store.save("any", [1])
    let commit = try ada.store.commit(
      notebook: "many", artifacts: artifacts, lock: Array("{}".utf8), message: "many", time: 1)
    #expect(commit != nil)
    #expect(try ada.exchange().push().branches.map(\.state) == [.new])
    let report = try bob.exchange().pull()
    #expect(report.refused.isEmpty && report.branches.map(\.commit) == [commit])
    #expect(try bob.store.read("データ 99994", at: "many").content == artifacts[99994].content)
    #expect(try bob.store.artifacts(at: "many").count == 100_000)
    _ = try bob.store.collect(CollectionLimits())
    #expect(try bob.store.log(notebook: "many").count == 1)
  }
}
