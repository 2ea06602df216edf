import Core
import Foundation
import NotebookRuntime
import Testing

@Suite struct LockFileTests {
  let lock = LockFile(
    notebook: "a \"quoted\" näme.md",
    stages: [
      .init(
        artifact: "Counts", stage: "Count", cell: "count", key: Digest(of: "key"),
        output: OutputSummary(format: "json/Int", digest: Digest(of: "1"), byteCount: 1)),
      .init(
        artifact: "犬", stage: "Inu", cell: "2", key: Digest(of: "k2"),
        output: OutputSummary(format: "pairs/1", digest: Digest(of: "2"), byteCount: 1 << 40)),
    ])

  @Test func `A lock reads back as it was written`() throws {
    #expect(try LockFile(data: Data(lock.bytes), name: "lock.json") == lock)
  }

  @Test func `Parameters are kept in the order of their names, and no parameters leave no trace`() throws {
    #expect(!String(decoding: lock.bytes, as: UTF8.self).contains("parameters"))
    let set = LockFile(notebook: "n.md", parameters: ["b": "1", "größe": "\"x\"\n", "a": "0.5"], stages: lock.stages)
    let text = String(decoding: set.bytes, as: UTF8.self)
    #expect(
      text.contains("\n\"parameters\": {\"a\": \"0.5\", \"b\": \"1\", \"größe\": \"\\\"x\\\"\\n\"},\n\"stages\": ["),
      "\(text)")
    #expect(try LockFile(data: Data(set.bytes), name: "lock.json") == set)
  }

  @Test(arguments: ["", "{}", "[1]", "{\"format\": 1}"])
  func `What is no lock file is refused by name`(text: String) {
    #expect {
      _ = try LockFile(data: Data(text.utf8), name: "some/lock.json")
    } throws: {
      "\($0)".contains("some/lock.json")
    }
  }

  @Test func `A newer format is refused`() throws {
    var newer = lock
    newer.format = 99
    #expect {
      _ = try LockFile(data: Data(newer.bytes), name: "lock.json")
    } throws: {
      "\($0)".contains("99")
    }
  }
}
