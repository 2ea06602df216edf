import ArtifactStore
import Core
import Foundation
import TestSupport
import Testing

struct StoreTests {
  @Test func `What was put is one pack that git can read, and no loose objects`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let stored = try store.save("a", Array("{\"value\":1}".utf8))
    try store.flush()
    #expect(try workplace.git("cat-file", "blob", stored.files[0].object.hexadecimal).text == "{\"value\":1}")
    #expect(try workplace.faults().isEmpty)
    #expect(workplace.packs.count == 1)
    #expect(workplace.looseObjects.isEmpty)
  }

  @Test(arguments: [0, 1, 63, 64, 65, 4096, 4097, 65535, 65536, 65537, 1 << 20, 1 << 20 + 1, 3 << 20, 8 << 20, 9 << 20])
  func `Contents of every length come back, before and after they are durable`(length: Int) throws {
    let workplace = try Workplace()
    var generator = SplitMix64(UInt64(length))
    let random = Array(generator.bytes(length + 8).prefix(length))
    let text = Array(String(repeating: "kittens are small cats; ", count: length / 24 + 1).utf8.prefix(length))
    let store = try workplace.open()
    for (name, bytes) in [("random", random), ("text", text)] {
      let stored = try store.save(name, bytes)
      #expect(try store.bytes(of: stored.files[0]) == bytes)
    }
    try store.flush()
    for store in [store, try workplace.open()] {
      #expect(try store.load("random") == random)
      #expect(try store.load("text") == text)
      let path = try store.content(of: try #require(try store.lookup(Digest(of: "random")))).path()
      #expect(try workplace.read(path) == random)
    }
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `Equal content is written once, from memory, from a file, and from another name`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    var generator = SplitMix64(1)
    let bytes = generator.bytes(3 << 20)
    let first = try store.put(ArtifactContent(bytes: bytes, name: "a.bin"), format: "test/1")
    try store.flush()
    let packs = workplace.packs
    let path = try workplace.write(bytes, to: "again")
    let second = try store.put(ArtifactContent(path: path, name: "b.bin"), format: "test/1")
    try store.flush()
    #expect(first.files[0].object == second.files[0].object)
    #expect(second.files[0].name == "b.bin")
    #expect(workplace.packs == packs)
  }

  @Test(arguments: [10, 2 << 20]) func `Bytes that do not hash to the declared digest are an error`(length: Int) throws
  {
    let workplace = try Workplace()
    let store = try workplace.open()
    let path = try workplace.write([UInt8](repeating: 1, count: length), to: "file")
    let content = try ArtifactContent(path: path)
    _ = try workplace.write([UInt8](repeating: 2, count: length), to: "file")
    let error = #expect(throws: StoreError.self) { try store.put(content, format: "test/1") }
    guard case .changedWhileStored(content.digest, Digest(of: [UInt8](repeating: 2, count: length)))? = error?.cause
    else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func `An artifact of several files comes back file by file`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    var generator = SplitMix64(2)
    let long = generator.bytes(2 << 20)
    let content = ArtifactContent(files: [
      try ContentFile(path: workplace.write(long, to: "x/long.bin"), name: "part/long.bin"),
      try ContentFile(path: workplace.write([1, 2, 3], to: "x/short"), name: "short"),
    ])
    let stored = try store.put(content, format: "test/1")
    try store.add(someRecord("several", stored))
    try store.flush()
    let back = store.content(of: try #require(try workplace.open().lookup(Digest(of: "several"))))
    #expect(back == content)
    #expect(try #require(back["part/long.bin"]).bytes() == long)
    #expect(try workplace.read(#require(back["short"]).path()) == [1, 2, 3])
  }

  @Test func `A stored file can be put again under another record, and read by only its digest`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    try store.save("a", [5, 6, 7])
    let outcome = try #require(try store.lookup(Digest(of: "a")))
    let again = try store.put(store.content(of: outcome), format: "other/1")
    #expect(again.files == outcome.output.files)
    let bare = ContentFile(name: "x", digest: Digest(of: [5, 6, 7] as [UInt8]), byteCount: 3, location: .stored(store))
    #expect(try bare.bytes() == [5, 6, 7])
    #expect(try workplace.read(bare.path()) == [5, 6, 7])
  }

  @Test func `Records are seen at once, by other processes after a flush, and by stage from the newest`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let other = try workplace.open()
    try store.save("old", [1], started: 10)
    try store.save("new", [2], started: 20)
    #expect(try store.lookup(Digest(of: "old")) != nil)
    #expect(try other.lookup(Digest(of: "old")) == nil)
    try store.flush()
    let key = Digest(of: "old")
    #expect(try other.lookup(key) == store.lookup(key))
    #expect(try other.lookup([key, Digest(of: "new"), Digest(of: "none")]).count == 2)
    #expect(try other.records(ofStage: "Stage").map(\.started) == [20, 10])
    #expect(try other.record(for: key)?.components == someRecord("old", store.lookup(key)!.output).components)
    #expect(try other.stageNames() == ["Stage"])
  }

  @Test func `Of two records with one key the one that finished last stays`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    try store.save("a", [1], started: 10)
    try store.flush()
    try store.save("a", [2], started: 20)
    try store.flush()
    #expect(try store.load("a") == [2])
    try FileManager.default.removeItem(atPath: workplace.index)
    #expect(try workplace.open().load("a") == [2])
  }

  @Test func `A record whose output was never put is refused`() throws {
    let store = try Workplace().open()
    let object = try #require(ObjectID(bytes: [UInt8](repeating: 1, count: 20)))
    let file = StoredFile(name: "a", digest: Digest(of: "a"), byteCount: 1, object: object, chunked: false)
    #expect(throws: StoreError.self) {
      try store.add(someRecord("a", StoredContent(format: "test/1", digest: file.digest, files: [file])))
    }
  }

  @Test func `A file from a scratch folder needs no second copy, and stays when the folder goes`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    var generator = SplitMix64(3)
    let bytes = generator.bytes(2 << 20)
    let scratch = workplace.root + "/scratch"
    let source = try workplace.write(bytes, to: "scratch/out.bin")
    let stored = try store.put(ArtifactContent(path: source), format: "test/1", scratch: scratch)
    let inode = try FileManager.default.attributesOfItem(atPath: source)[.systemFileNumber] as? Int
    try FileManager.default.removeItem(atPath: scratch)
    let path = try store.content(of: stored).path()
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int == inode)
    #expect(try workplace.read(path) == bytes)
  }

  @Test func `A copy on disk that someone changed is written again`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let stored = try store.save("a", [UInt8](repeating: 1, count: 10_000))
    let path = try store.path(of: stored.files[0])
    #expect(throws: (any Error).self) {
      // Read-only for everyone; a superuser may still write.
      if geteuid() == 0 { throw CocoaError(.fileWriteNoPermission) }
      try Data([1]).write(to: URL(fileURLWithPath: path))
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.write(contentsOf: Data([9]))
    try handle.close()
    #expect(try workplace.read(store.path(of: stored.files[0])) == [UInt8](repeating: 1, count: 10_000))
    try FileManager.default.removeItem(atPath: path)
    #expect(try workplace.read(store.path(of: stored.files[0])) == [UInt8](repeating: 1, count: 10_000))
  }

  @Test func `A file's digest is remembered until the file changes`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    let path = try workplace.write([1, 2, 3], to: "input")
    #expect(try store.digest(ofFile: path) == FileDigest(digest: Digest(of: [1, 2, 3] as [UInt8]), byteCount: 3))
    // Within the same tick of the clock, the same size: the racy case.
    _ = try workplace.write([1, 2, 4], to: "input")
    #expect(try store.digest(ofFile: path).digest == Digest(of: [1, 2, 4] as [UInt8]))
    let other = try workplace.write([9], to: "other")
    #expect(try store.digests(ofFiles: [other, path]).map(\.byteCount) == [1, 3])
    #expect(throws: StoreError.self) { try store.digest(ofFile: workplace.root + "/none") }
  }
}
