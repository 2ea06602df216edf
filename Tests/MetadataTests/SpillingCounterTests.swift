import ArtifactTypes
import Core
import Counting
import Foundation
import TestSupport
import Testing

@Suite struct SpillingCounterTests {
  private struct Seen: Equatable {
    var key: [UInt8]
    var count: Int
    var position: UInt64
  }

  private func folder() throws -> String { try temporaryFolder("runs") }

  /// Keys with many prefixes of one another, zero bytes and shared beginnings of eight and more bytes.
  private func randomKey(_ random: inout some RandomNumberGenerator) -> [UInt8] {
    let starts: [[UInt8]] = [[], [0], Array("the same long beginning ".utf8), [255]]
    let bytes: [UInt8] = [0, 1, 127, 128, 255]
    return starts[.random(in: 0..<4, using: &random)]
      + (0..<Int.random(in: 0...9, using: &random)).map { _ in bytes[.random(in: 0..<5, using: &random)] }
  }

  private func reference(_ additions: [Seen]) -> [Seen] {
    var seen: [[UInt8]: Seen] = [:]
    for addition in additions {
      let before = seen[addition.key] ?? Seen(key: addition.key, count: 0, position: .max)
      seen[addition.key] = Seen(
        key: addition.key, count: before.count + addition.count, position: min(before.position, addition.position))
    }
    return seen.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  private func collect(_ counters: [SpillingCounter]) throws -> [Seen] {
    var found: [Seen] = []
    try SpillingCounter.finish(counters) { found.append(Seen(key: Array($0), count: $1, position: $2)) }
    return found
  }

  @Test(arguments: [(0, 256), (0, 2), (500, 3), (4_000, 256), (1 << 20, 256)])
  func `Counts and first positions are those of a dictionary at every limit`(limit: Int, fanIn: Int) throws {
    var random = SystemRandomNumberGenerator()
    for size in [0, 1, 2, 700, 3_000] {
      let additions = (0..<size).map { _ in
        Seen(
          key: randomKey(&random), count: .random(in: 1...300, using: &random),
          position: .random(in: 0 ... .max, using: &random))
      }
      let counter = SpillingCounter(folder: try folder(), memoryLimit: limit, fanIn: fanIn)
      for addition in additions {
        try addition.key.withUnsafeBytes { try counter.add($0, count: addition.count, position: addition.position) }
      }
      if limit == 0, size > 2 { #expect(counter.runCount > size / 2) }
      if limit == 1 << 20 { #expect(counter.runCount == 0) }
      #expect(try collect([counter]) == reference(additions))
      #expect(try collect([counter]).isEmpty)
    }
  }

  @Test(arguments: [0, 3_000, 1 << 20]) func `Several counters give what one would have given`(limit: Int) throws {
    var random = SystemRandomNumberGenerator()
    let additions = (0..<2_000).map { Seen(key: randomKey(&random), count: 1, position: UInt64($0)) }
    let place = try folder()
    let counters = (0..<5).map { _ in SpillingCounter(folder: place, memoryLimit: limit, fanIn: 4) }
    for addition in additions {
      try addition.key.withUnsafeBytes {
        try counters[.random(in: 0..<4, using: &random)].add($0, position: addition.position)
      }
    }
    #expect(try collect(counters) == reference(additions))
  }

  @Test(arguments: [(0, 256), (0, 2), (3_000, 3), (1 << 20, 256)])
  func `The commonest come first, those as common in the order of their positions`(limit: Int, fanIn: Int) throws {
    var random = SystemRandomNumberGenerator()
    for (size, lanes) in [(0, 1), (1, 1), (900, 1), (3_000, 1), (2_000, 3)] {
      let frequent = [UInt8](repeating: 7, count: 5)
      let additions = (0..<size).map { number in
        Seen(
          key: number.isMultiple(of: 3) ? frequent : randomKey(&random), count: number.isMultiple(of: 3) ? 9 : 1,
          position: UInt64(number))
      }
      let place = try folder()
      let counters = (0..<lanes).map { _ in
        SpillingCounter(folder: place, memoryLimit: limit, fanIn: fanIn, isSorted: false)
      }
      for addition in size == 900 ? additions.shuffled() : additions {
        let counter = counters[.random(in: 0..<lanes, using: &random)]
        try addition.key.withUnsafeBytes { try counter.add($0, count: addition.count, position: addition.position) }
      }
      var found: [Seen] = []
      try SpillingCounter.finishCommonestFirst(counters) { found.append(Seen(key: Array($0), count: $1, position: $2)) }
      #expect(found == reference(additions).sorted { ($1.count, $0.position) < ($0.count, $1.position) })
      #expect(try collect(counters).isEmpty)
    }
  }

  @Test(arguments: [0, 5_000, 1 << 20]) func `Keys counted later and keys in any order are the same keys`(limit: Int)
    throws
  {
    var random = SystemRandomNumberGenerator()
    let additions = (0..<1_500).map { Seen(key: randomKey(&random), count: 1, position: UInt64(1_500 - $0)) }
    let counter = SpillingCounter(folder: try folder(), memoryLimit: limit, isSorted: false)
    let bytes = additions.flatMap(\.key)
    try bytes.withUnsafeBytes { bytes in
      var start = 0
      for addition in additions {
        try counter.addLater(
          UnsafeRawBufferPointer(rebasing: bytes[start..<start + addition.key.count]), position: addition.position)
        start += addition.key.count
      }
      try counter.flush()
    }
    #expect(try collect([counter]).sorted { $0.key.lexicographicallyPrecedes($1.key) } == reference(additions))
  }

  @Test func `Keys longer than the buffers and the limit come back whole`() throws {
    let long = [UInt8](repeating: 65, count: 600_000)
    let keys = [long, long + [0], Array(long.dropLast()), long + long]
    let counter = SpillingCounter(folder: try folder(), memoryLimit: 10_000)
    for (number, key) in keys.enumerated() { try key.withUnsafeBytes { try counter.add($0, position: UInt64(number)) } }
    for key in keys { try key.withUnsafeBytes { try counter.add($0, position: 9) } }
    #expect(
      try collect([counter])
        == [(2, 2), (0, 0), (1, 1), (3, 3)].map { Seen(key: keys[$0.0], count: 2, position: UInt64($0.1)) })
  }

  @Test func `Nothing stays in the folder, neither while counting nor after an error`() throws {
    struct Stop: Error {}
    let place = try folder()
    let counter = SpillingCounter(folder: place, memoryLimit: 0)
    for number in UInt8(0)..<100 { try [number].withUnsafeBytes { try counter.add($0, position: 0) } }
    #expect(counter.runCount == 99)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
    #expect(throws: Stop.self) { try counter.finish { _, _, _ in throw Stop() } }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place).isEmpty)
    #expect(try collect([counter]).isEmpty)
    try [UInt8(7)].withUnsafeBytes { try counter.add($0, position: 3) }
    #expect(try collect([counter]) == [Seen(key: [7], count: 1, position: 3)])
  }

  @Test func `A folder that is not there is an error that names it`() throws {
    let counter = SpillingCounter(folder: "/nowhere/at/all", memoryLimit: 0)
    try [UInt8(1)].withUnsafeBytes { try counter.add($0, position: 0) }
    let error = #expect(throws: OperationError.self) {
      try [UInt8(2)].withUnsafeBytes { try counter.add($0, position: 0) }
    }
    #expect(error?.description.contains("/nowhere/at/all") ?? false)
  }
}
