import ArtifactStore
import Attestation
import Core
import Foundation
import Processes
import Remotes
import Testing

/// Collections of garbage and inspections, on real repositories.
@Suite struct UpkeepTests {
  private let site: Site

  init() throws { site = try Site() }

  private var packBytes: Int64 {
    let folder = site.repository + "/objects/pack"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { $0.hasSuffix(".pack") }
      .reduce(0) {
        $0 + (((try? FileManager.default.attributesOfItem(atPath: "\(folder)/\($1)"))?[.size] as? Int64) ?? 0) - 32
      }
  }

  private func objectCount() throws -> Int {
    try site.git("cat-file", "--batch-all-objects", "--batch-check").split(separator: "\n").count
  }

  @Test func `Without a limit only what nothing names goes, and a plan says exactly what`() throws {
    let kept = try site.store.save("kept", someBytes(5000, 1))
    try site.store.version("n", "A", someBytes(2_000_000, 2))
    _ = try site.store.put(ArtifactContent(bytes: someBytes(3_000_000, 3), name: "lost"), format: "test/1")
    try site.store.flush()
    let before = try objectCount()
    let plan = try site.store.planCollection(CollectionLimits())
    #expect(
      plan.objects == before && plan.removedObjects > 3 && plan.removedBytes > 3_000_000 && plan.evictions.isEmpty)
    #expect(try objectCount() == before)
    #expect(try site.store.collect(CollectionLimits()) == plan)
    #expect(try objectCount() == before - plan.removedObjects)
    #expect(packBytes == plan.remainingBytes - Int64(28 * (before - plan.removedObjects)))
    #expect(try site.store.load(kept.key) == someBytes(5000, 1))
    #expect(try site.faults().isEmpty)
    let again = try site.store.collect(CollectionLimits())
    #expect(again.removedObjects == 0 && again.removedBytes == 0)
    // What went can be put again.
    #expect(
      try site.store.put(ArtifactContent(bytes: someBytes(3_000_000, 3), name: "lost"), format: "test/1").files.count
        == 1)
  }

  @Test func `Under a limit, results go by the time that a byte of them costs, and runs, locks and tags keep theirs`()
    throws
  {
    let cheap = try site.store.save("cheap", someBytes(100_000, 1), seconds: 0.1)
    let dear = try site.store.save("dear", someBytes(100_000, 2), seconds: 1000)
    let middle = try site.store.save("middle", someBytes(100_000, 3), seconds: 10)
    let locked = try site.store.save("locked", someBytes(100_000, 4), seconds: 0)
    try site.store.version("n", "A", someBytes(100_000, 5))
    let limits = CollectionLimits(byteLimit: 430_000, locked: [(locked.key, locked.output.digest)])
    let plan = try site.store.planCollection(limits)
    #expect(plan.evictions.map(\.key) == [cheap.key] && plan.cutVersions.isEmpty && !plan.exceedsLimit)
    #expect(try site.store.collect(limits) == plan)
    #expect(try packBytes + Int64(28 * objectCount()) == plan.remainingBytes && plan.remainingBytes <= 430_000)
    for store in [site.store, try site.reopened()] {
      #expect(try store.lookup(cheap.key) == nil)
      for record in [dear, middle, locked] { #expect(try store.load(record.key)?.count == 100_000) }
    }
    #expect(try site.faults().isEmpty)
    let more = try site.store.collect(CollectionLimits(byteLimit: 1, locked: limits.locked))
    #expect(more.evictions.map(\.key) == [middle.key, dear.key] && more.exceedsLimit)
    #expect(try site.store.load(locked.key)?.count == 100_000)
    #expect(try site.store.artifacts(at: "n").count == 1)
  }

  @Test func `Under a limit a branch keeps its newest versions, and git finds its shorter history sound`() throws {
    for number in 0..<6 {
      try site.store.version("n", "A", someBytes(100_000, UInt64(number)), time: Int64(number + 1))
    }
    let names = try site.store.log(notebook: "n").map(\.id)
    let plan = try site.store.planCollection(CollectionLimits(byteLimit: 250_000, keptVersions: 2))
    #expect(plan.cutVersions == ["n": 4])
    #expect(try site.store.collect(CollectionLimits(byteLimit: 250_000, keptVersions: 2)) == plan)
    for store in [site.store, try site.reopened()] {
      #expect(try store.log(notebook: "n").map(\.id) == Array(names.prefix(2)))
      #expect(
        try store.content(of: try #require(store.artifacts(at: "n~1").first).content).files[0].bytes()
          == someBytes(100_000, 4))
      #expect(throws: StoreError.self) { try store.artifacts(at: "n~2") }
    }
    #expect(try site.faults().isEmpty)
    #expect(try site.store.inspect(repair: false).damages.isEmpty)
    try site.store.version("n", "A", [1], time: 99)
    #expect(try site.store.log(notebook: "n").count == 3 && site.faults().isEmpty)
    let hub = try Hub()
    try site.remotes.add(Remote(name: "hub", url: hub.path, policy: .trust))
    #expect(try site.exchange().push().branches.count == 1)
  }

  @Test func `A tagged version stays whatever the limit`() throws {
    try site.store.version("n", "A", someBytes(100_000, 1), time: 1)
    try site.git("tag", "paper", "n")
    for number in 2..<5 { try site.store.version("n", "A", someBytes(100_000, UInt64(number)), time: Int64(number)) }
    _ = try site.store.collect(CollectionLimits(byteLimit: 1, keptVersions: 1))
    #expect(try site.store.log(notebook: "n").count == 1)
    let tagged = try #require(try site.store.artifacts(at: "paper").first)
    #expect(try site.store.content(of: tagged.content).files[0].bytes() == someBytes(100_000, 1))
    #expect(try site.faults().isEmpty)
  }

  @Test func `Pulled records and what git packed as differences are collected as exactly`() throws {
    let hub = try Hub()
    let ada = try hub.site()
    var text = someBytes(60_000, 1)
    for number in 0..<20 {
      text[number * 100] ^= 1
      try ada.store.save("\(number)", text, seconds: Double(number))
    }
    try ada.exchange().push()
    #expect(try ToolRun("git", ["--git-dir", hub.path, "-c", "pack.window=10", "repack", "-adfq"]).succeeded)
    let bob = try hub.site()
    #expect(try bob.exchange().pull().records.admitted == 20)
    let limits = CollectionLimits(byteLimit: 50_000)
    let plan = try bob.store.planCollection(limits)
    #expect(!plan.evictions.isEmpty)
    #expect(try bob.store.collect(limits) == plan)
    let second = try bob.store.planCollection(CollectionLimits())
    #expect(second.byteCount == plan.remainingBytes && second.removedObjects == 0)
    #expect(try bob.faults().isEmpty && bob.store.inspect(repair: false).damages.isEmpty)
  }

  @Test func `Loose objects of git commands are packed or removed`() throws {
    try site.store.version("n", "A", [1, 2, 3])
    try site.git("hash-object", "-w", "--stdin", input: [9, 9])
    let tree = try site.git(
      "mktree", input: Array("100644 blob \(try site.git("hash-object", "-w", "--stdin", input: [8]))\tx\n".utf8))
    try site.git("update-ref", "refs/tags/mine", tree)
    let plan = try site.store.collect(CollectionLimits())
    #expect(plan.removedObjects >= 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: site.repository + "/objects")
    for name in names where name.count == 2 {
      #expect(try FileManager.default.contentsOfDirectory(atPath: "\(site.repository)/objects/\(name)").isEmpty)
    }
    #expect(try site.git("cat-file", "-t", "refs/tags/mine") == "tree" && site.faults().isEmpty)
  }

  @Test func `A sound store has no damages, and everything is counted`() throws {
    let hub = try Hub()
    let (ada, bob) = (try hub.site(), try hub.site())
    for number in 0..<10 { try ada.store.save("\(number)", someBytes(2000 * number, 1)) }
    try ada.store.version("n", "A", someBytes(3_000_000, 2))
    try ada.exchange().push()
    try bob.exchange().pull()
    for site in [ada, bob] {
      let result = try site.store.inspect(repair: true)
      #expect(result.damages.isEmpty && result.records == 11 && result.rows == 11 && result.versions == 1)
    }
  }

  /// Overwrites some bytes in the middle of the pack that has an object.
  private func damage(_ object: ObjectID) throws {
    let folder = site.repository + "/objects/pack"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasSuffix(".idx") {
      let shown = try ToolRun(
        "git", ["--git-dir", site.repository, "show-index"],
        input: Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
      for line in shown.text.split(separator: "\n") where line.contains(object.hexadecimal) {
        let offset = try #require(line.split(separator: " ").first.flatMap { UInt64($0) })
        let path = "\(folder)/\(name.dropLast(4)).pack"
        #expect(chmod(path, 0o644) == 0)
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: offset + 20)
        try file.write(contentsOf: Data([0, 1, 2, 3, 4, 5, 6, 7]))
        try file.close()
      }
    }
  }

  @Test func `A damaged output is found by name; repaired, its stage runs again and the others stay`() throws {
    let bad = try site.store.save("bad", someBytes(50_000, 1))
    let good = try site.store.save("good", someBytes(50_000, 2))
    let long = try site.store.save("long", someBytes(3_000_000, 3))
    try site.store.flush()
    try damage(bad.output.files[0].object)
    let found = try site.store.inspect(repair: false)
    #expect(found.damages.map(\.kind).contains("object") && found.damages.contains { $0.name.contains(bad.key.short) })
    #expect(!found.isSound)
    #expect(try site.store.inspect(repair: true).isSound)
    #expect(try site.store.inspect(repair: false).damages.isEmpty)
    for store in [site.store, try site.reopened()] {
      #expect(try store.lookup(bad.key) == nil)
      #expect(try store.load(good.key) == someBytes(50_000, 2) && store.load(long.key) == someBytes(3_000_000, 3))
    }
    try site.store.save("bad", someBytes(50_000, 1))
    try site.store.flush()
    #expect(try site.store.load(bad.key) == someBytes(50_000, 1))
    #expect(try site.faults().isEmpty)
  }

  @Test func `A damaged list of chunks is found, and a version that needs it is said to be`() throws {
    try site.store.version("n", "A", someBytes(3_000_000, 1))
    let file = try #require(try site.store.artifacts(at: "n").first?.content.files.first)
    try damage(file.object)
    let found = try site.store.inspect(repair: true)
    #expect(found.damages.contains { $0.kind == "version" && !$0.isRepaired })
    #expect(try !site.store.inspect(repair: false).isSound)
    try site.store.save("n A", someBytes(3_000_000, 1))
    try site.store.flush()
    #expect(try site.store.inspect(repair: false).damages.isEmpty)
    #expect(try site.faults().isEmpty)
  }

  @Test func `Rows that are not what the repository says, and damaged copies on disk, are found and made again`() throws
  {
    let record = try site.store.save("a", someBytes(50_000, 1))
    try site.store.save("b", [2])
    try site.store.flush()
    let path = try site.store.path(of: record.output.files[0])
    #expect(chmod(path, 0o644) == 0)
    try Data([1]).write(to: URL(fileURLWithPath: path))
    // A row too few and one too many.
    let change = """
      import sqlite3, sys
      index = sqlite3.connect(sys.argv[1])
      index.execute("DELETE FROM outcomes WHERE length(inline) = 1")
      columns = "stage, finished, seconds, output, inline, remote"
      index.execute("INSERT INTO outcomes SELECT randomblob(32), " + columns + " FROM outcomes")
      index.commit()
      """
    #expect(try ToolRun("python3", ["-c", change, site.root + "/.colophon/index.sqlite"]).succeeded)
    let store = try ArtifactStore(project: Project(root: site.root))
    let found = try store.inspect(repair: false)
    #expect(
      found.damages.filter { $0.kind == "index" }.count == 2 && found.damages.filter { $0.kind == "content" }.count == 1
    )
    #expect(try store.inspect(repair: true).isSound)
    #expect(try store.inspect(repair: false).damages.isEmpty)
    #expect(try store.load(record.key) == someBytes(50_000, 1))
  }
}
