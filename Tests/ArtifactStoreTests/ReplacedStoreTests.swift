import ArtifactStore
import Core
import Foundation
import TestSupport
import Testing

/// A repository that is not the one which the index was made for.
struct ReplacedStoreTests {
  private static let other = "the index is of another store"

  private func version(_ store: ArtifactStore, _ content: StoredContent) throws -> ObjectID? {
    try store.commit(
      notebook: "n", artifacts: [NamedContent(name: "a", content: content)], lock: Array("{}\n".utf8), message: "m",
      time: 1)
  }

  @Test func `After the repository was deleted nothing is found any more, and versions can be written again`() throws {
    let workplace = try Workplace()
    var generator = SplitMix64(31)
    let long = generator.bytes(3 << 20)
    let first = try workplace.open()
    try first.save("small", [1])
    try first.save("long", long)
    try first.flush()

    try FileManager.default.removeItem(atPath: workplace.repository)
    let store = try workplace.open()
    #expect(workplace.reports.count { $0.contains(Self.other) } == 1)
    #expect(try store.load("small") == nil && store.lookup([Digest(of: "small"), Digest(of: "long")]).isEmpty)
    #expect(try store.record(for: Digest(of: "small")) == nil && store.stageNames().isEmpty)

    for (name, bytes) in [("small", [UInt8(1)]), ("long", long)] {
      #expect(try version(store, store.save(name, bytes)) != nil)
      #expect(try store.load(name) == bytes)
    }
    #expect(try workplace.open().load("long") == long && workplace.faults().isEmpty)
    #expect(workplace.reports.count { $0.contains(Self.other) } == 1)
  }

  @Test func `After an older copy was restored, what it has is found and nothing else`() throws {
    let workplace = try Workplace()
    let first = try workplace.open()
    try first.save("before", [1])
    try first.flush()
    let backup = workplace.root + "/backup.git"
    try FileManager.default.copyItem(atPath: workplace.repository, toPath: backup)
    let lost = try first.save("after", [2])
    #expect(try version(first, lost) != nil)

    try FileManager.default.removeItem(atPath: workplace.repository)
    try FileManager.default.moveItem(atPath: backup, toPath: workplace.repository)
    let store = try workplace.open()
    #expect(try store.load("before") == [1] && store.load("after") == nil)
    #expect(try store.notebooks().isEmpty)
    #expect(try version(store, store.save("after", [2])) != nil)
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `Another project's repository in the same place gives its own results`() throws {
    let (mine, theirs) = (try Workplace(), try Workplace())
    for (workplace, name) in [(mine, "mine"), (theirs, "theirs")] {
      let store = try workplace.open()
      try store.save(name, Array(name.utf8))
      try store.save("both", Array(name.utf8))
      try store.flush()
    }
    try FileManager.default.removeItem(atPath: mine.repository)
    try FileManager.default.copyItem(atPath: theirs.repository, toPath: mine.repository)
    let store = try mine.open()
    #expect(try store.load("mine") == nil && store.load("theirs") == Array("theirs".utf8))
    #expect(try store.load("both") == Array("theirs".utf8))
  }

  @Test func `A small output whose object is lost is not found, although the index has its bytes`() throws {
    let workplace = try Workplace()
    let first = try workplace.open()
    try first.save("a", [1])
    try first.flush()
    let packs = workplace.packs
    try first.save("b", [2])
    try first.flush()
    for pack in packs {
      for suffix in ["pack", "idx"] {
        try FileManager.default.removeItem(
          atPath: "\(workplace.repository)/objects/pack/\(pack.dropLast("pack".count))\(suffix)")
      }
    }

    let store = try workplace.open()
    #expect(try store.load("a") == nil && store.lookup([Digest(of: "a"), Digest(of: "b")]).count == 1)
    #expect(workplace.reports.contains { $0.contains("the stage runs again") })
    #expect(try version(store, store.save("a", [1], started: 2000)) != nil)
    #expect(try store.load("a") == [1] && store.load("b") == [2])
  }
}
