import ArtifactStore
import Core
import Foundation
import TestSupport
import Testing

struct ChunkingTests {
  /// The gear table of the documentation: SplitMix64 from `colophon`.
  private func gear() -> [UInt64] {
    var generator = SplitMix64(0x636f_6c6f_7068_6f6e)
    return (0..<256).map { _ in generator.next() }
  }

  /// FastCDC as its documentation says, one byte after the other.
  private func naiveLengths(_ bytes: [UInt8]) -> [Int] {
    let gear = gear()
    var lengths: [Int] = []
    var start = 0
    while start < bytes.count {
      var hash: UInt64 = 0
      var length = 0
      while start + length < bytes.count {
        if length >= 4096 { hash = hash &* 2 &+ gear[Int(bytes[start + length])] }
        length += 1
        if length == 65536 { break }
        if length > 4096, hash.leadingZeroBitCount >= (length <= 16384 ? 16 : 12) { break }
      }
      lengths.append(length)
      start += length
    }
    return lengths
  }

  private func storedLengths(_ bytes: [UInt8], _ workplace: Workplace) throws -> [Int] {
    let store = try workplace.open()
    let stored = try store.put(ArtifactContent(bytes: bytes, name: "long.bin"), format: "test/1")
    #expect(stored.files[0].chunked)
    try store.flush()
    let list = try workplace.git("ls-tree", "-l", stored.files[0].object.hexadecimal).text
    let lines = list.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace) }
    #expect(lines.map { String($0[4]) } == (0..<lines.count).map { String(format: "%08d", $0) })
    return try lines.map { try #require(Int($0[3])) }
  }

  @Test func `Chunks end where the documented algorithm says, at these golden lengths too`() throws {
    var generator = SplitMix64(7)
    let bytes = generator.bytes(4 << 20)
    let lengths = try storedLengths(bytes, Workplace())
    #expect(lengths == naiveLengths(bytes))
    #expect(Array(lengths.prefix(20)) == Self.golden && lengths.count == 222)
  }

  /// The first twenty.
  static let golden = [
    22114, 16490, 16642, 20158, 20683, 18194, 22399, 17464, 15637, 16532, 18471, 17828, 17158, 19890, 16448, 24896,
    13949, 21395,
    4780, 17245,
  ]

  @Test func `Bytes without any variety are split at the maximum`() throws {
    let bytes = [UInt8](repeating: 0, count: 3_000_000)
    let lengths = try storedLengths(bytes, Workplace())
    #expect(lengths == naiveLengths(bytes))
    #expect(lengths == [Int](repeating: 65536, count: 45) + [50880])
  }

  @Test func `Splitting does not depend on the blocks in which a file is read`() throws {
    var generator = SplitMix64(8)
    let bytes = generator.bytes(20 << 20) + [1, 2, 3]
    #expect(try storedLengths(bytes, Workplace()) == naiveLengths(bytes))
  }

  @Test func `A version with one byte inserted shares all chunks but one or two`() throws {
    let workplace = try Workplace()
    let store = try workplace.open()
    var generator = SplitMix64(9)
    let bytes = generator.bytes(24 << 20)
    var changed = bytes
    changed.insert(1, at: 10_000_000)
    var chunks: [Set<Substring>] = []
    for (name, bytes) in [("a", bytes), ("b", changed)] {
      let path = try workplace.write(bytes, to: name)
      let stored = try store.put(ArtifactContent(path: path), format: "test/1")
      try store.flush()
      let list = try workplace.git("ls-tree", stored.files[0].object.hexadecimal).text
      chunks.append(Set(list.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace)[2] }))
    }
    #expect(chunks[0].count > 1000)
    #expect(chunks[1].subtracting(chunks[0]).count <= 2)
    #expect(try workplace.faults().isEmpty)
  }
}
