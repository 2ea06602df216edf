import ArtifactStore
import Core
import Foundation
import TestSupport
import Testing

struct ManyProcessesTests {
  @Test func `Stores that are open at the same time lose nothing of each other's`() async throws {
    let workplace = try Workplace()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let store = try workplace.open()
          for number in 0..<30 {
            try store.save("\(writer) \(number)", Array("value \(writer) \(number)".utf8))
            if number % 3 == 0 { try store.flush() }
          }
          try store.flush()
        }
      }
      try await group.waitForAll()
    }
    try FileManager.default.removeItem(atPath: workplace.root + "/.colophon")
    let store = try workplace.open()
    for writer in 0..<4 {
      for number in 0..<30 { #expect(try store.load("\(writer) \(number)") == Array("value \(writer) \(number)".utf8)) }
    }
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `One store can be written from several threads`() async throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          var generator = SplitMix64(UInt64(writer % 2))
          for number in 0..<10 {
            let bytes = generator.bytes(number % 3 == 0 ? 2 << 20 : 5000)
            try store.save("\(writer) \(number)", bytes, seconds: 0.05)
            #expect(try store.load("\(writer) \(number)") == bytes)
          }
        }
      }
      try await group.waitForAll()
    }
    try store.flush()
    #expect(try workplace.faults().isEmpty)
  }

  @Test func `Many packs become few, segments too, and every object stays, also for a store that was open before`()
    throws
  {
    let workplace = try Workplace()
    let reader = try workplace.open()
    let store = try workplace.open()
    for number in 0..<160 {
      try store.save("\(number)", [UInt8](repeating: UInt8(number), count: 5000 + number))
      try store.flush()
      if number == 20 { #expect(try reader.load("3") == [UInt8](repeating: 3, count: 5003)) }
    }
    #expect(workplace.packs.count <= 49)
    let segments = try workplace.git("ls-tree", "--name-only", "refs/colophon/records").text.split(separator: "\n")
    #expect(segments.count { $0.hasSuffix(".jsonl") } <= 65)
    #expect(workplace.reports.isEmpty)
    // Each flush replaced the records' commit; consolidation drops the former ones.
    let dangling = try workplace.git("fsck").text.split(separator: "\n").count { $0.hasPrefix("dangling commit") }
    #expect(dangling < 60)
    try FileManager.default.removeItem(atPath: workplace.root + "/.colophon/index.sqlite")
    for store in [reader, store, try workplace.open()] {
      for number in stride(from: 0, to: 160, by: 7) {
        #expect(try store.load("\(number)") == [UInt8](repeating: UInt8(number), count: 5000 + number))
      }
    }
    #expect(try workplace.faults().isEmpty)
    // What plain git keeps when it collects garbage is all that records need.
    #expect(try workplace.git("gc", "-q", "--prune=now").status == 0)
    let after = try workplace.open()
    for number in 0..<160 {
      #expect(try after.load("\(number)") == [UInt8](repeating: UInt8(number), count: 5000 + number))
    }
  }

  @Test func `A colleague's records become look-ups here, with their contents, over plain git`() throws {
    let (mine, theirs) = (try Workplace(), try Workplace())
    var generator = SplitMix64(21)
    let long = generator.bytes(3 << 20)
    let store = try theirs.open()
    try store.save("long", long)
    try store.save("both", [1], started: 10)
    try store.flush()
    let here = try mine.open()
    try here.save("both", [2], started: 20)
    try here.save("here", [3])
    try here.flush()
    #expect(try mine.git("fetch", "-q", theirs.repository, "+refs/colophon/records:refs/colophon/fetched").status == 0)
    #expect(try here.mergeRecords(from: "refs/colophon/fetched") == 1)
    #expect(try here.mergeRecords(from: "refs/colophon/fetched") == 0)
    try FileManager.default.removeItem(atPath: theirs.repository)
    for store in [here, try mine.open()] {
      #expect(try store.load("long") == long)
      #expect(try store.load("both") == [2])
      #expect(try store.load("here") == [3])
    }
    #expect(throws: StoreError.self) { try here.mergeRecords(from: "refs/colophon/none") }
    #expect(try mine.faults().isEmpty)
  }
}
