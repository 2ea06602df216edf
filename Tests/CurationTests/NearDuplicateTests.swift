import ArtifactTypes
import Core
import Curation
import Foundation
import TestSupport
import Testing

@Suite struct NearDuplicateTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  /// Discs and bars of random places and colours on transparent ground, drawn at any size.
  private static func drawing(_ number: Int, size: Int, shift: Double = 0) -> [UInt8] {
    var random = SplitMix64(UInt64(number))
    let shapes = (0..<4).map { _ in
      (
        x: Double.random(in: 0...1, using: &random), y: Double.random(in: 0...1, using: &random),
        radius: Double.random(in: 0.1...0.4, using: &random),
        colour: (0..<3).map { _ in UInt8.random(in: 0...255, using: &random) }, isBar: Bool.random(using: &random)
      )
    }
    var pixels = [UInt8](repeating: 0, count: size * size * 4)
    for y in 0..<size {
      for x in 0..<size {
        let (u, v) = ((Double(x) + 0.5) / Double(size) + shift, (Double(y) + 0.5) / Double(size))
        for shape in shapes {
          let isInside =
            shape.isBar
            ? abs(u - shape.x) < shape.radius / 2 : hypot(u - shape.x, v - shape.y) < shape.radius
          guard isInside else { continue }
          pixels.replaceSubrange((y * size + x) * 4..<(y * size + x) * 4 + 4, with: shape.colour + [255])
        }
      }
    }
    return pixels
  }

  private func set(_ numbers: [Int], size: Int, name: String, shift: Double = 0, extra: [(String, [UInt8])] = []) throws
    -> PictureSet
  {
    let folder = try scratch.context(name).scratch
    let writer = try PictureSetWriter(folder: folder, count: numbers.count + extra.count, width: size, height: size)
    for number in numbers { try writer.write(id: "d\(number)", pixels: Self.drawing(number, size: size, shift: shift)) }
    for (id, pixels) in extra { try writer.write(id: id, pixels: pixels) }
    return try writer.finish()
  }

  @Test func `The same drawings at other sizes are near, other drawings are not`() async throws {
    let pool = try await HashPictures(pictures: set(Array(0..<120), size: 64, name: "pool")).run(scratch.context("h1"))
    let evaluation = try await HashPictures(pictures: set(Array(100..<160), size: 96, name: "evaluation")).run(
      scratch.context("h2"))
    let found = try await FindNearDuplicates(pool: pool, evaluation: evaluation).run(scratch.context("find")).matches()
    #expect(found.count { $0.pool == $0.evaluation } >= 18)
    #expect(found.allSatisfy { $0.pool == $0.evaluation })
  }

  @Test func `A picture of one colour gets no hash, whatever its colour and alpha`() async throws {
    let flat: [(String, [UInt8])] = (0..<3).map {
      ("flat\($0)", [UInt8](repeating: UInt8($0 * 100), count: 32 * 32 * 4))
    }
    let pictures = try set([1, 2], size: 32, name: "flat", extra: flat)
    let notes = Notes()
    let hashes = try await HashPictures(pictures: pictures).run(scratch.context("h", report: notes.take))
    #expect(try hashes.ids() == ["d1", "d2"])
    #expect(notes.texts.contains { $0.hasPrefix("3 pictures") })
  }

  @Test func `Brightness does not count, and transparent pixels have no colour`() async throws {
    let size = 32
    let drawing = Self.drawing(5, size: size)
    var opaque = drawing.map { $0 / 2 + 20 }
    for position in stride(from: 3, to: opaque.count, by: 4) { opaque[position] = 255 }
    let brighter = opaque.enumerated().map { $0.offset % 4 == 3 ? $0.element : $0.element + 60 }
    var coloured = drawing
    for pixel in stride(from: 0, to: drawing.count, by: 4) where drawing[pixel + 3] == 0 { coloured[pixel] = 200 }
    let hashes = try await HashPictures(
      pictures: set([5], size: size, name: "s", extra: [("o", opaque), ("b", brighter), ("c", coloured)])
    ).run(scratch.context("h")).hashes()
    #expect(hashes[1] == hashes[2])
    #expect(hashes[0] == hashes[3])
    #expect(hashes[0] != hashes[1])
  }

  @Test func `Hashes depend on the seed, not on the number of threads, and read back`() async throws {
    let pictures = try set(Array(0..<40), size: 48, name: "s")
    let one = try await HashPictures(pictures: pictures, seed: 3).run(scratch.context("1", threads: 1))
    let four = try await HashPictures(pictures: pictures, seed: 3).run(scratch.context("4", threads: 4))
    let other = try await HashPictures(pictures: pictures, seed: 4).run(scratch.context("o"))
    #expect(one.content.digest == four.content.digest)
    #expect(try one.hashes() != other.hashes())
    let again = try PictureHashes(content: one.content)
    #expect(try again.ids() == (0..<40).map { "d\($0)" } && again.hashes().count == 40)
  }

  /// Of vectors at an angle, a bit differs with the chance of the angle by π.
  @Test func `Bits differ in proportion to the angle`() {
    var random = SplitMix64(2)
    var differing = 0
    for seed in 0..<100 {
      let projections = SignProjections(dimension: 24, seed: seed)
      let vector = (0..<24).map { _ in Float.random(in: -1...1, using: &random) }
      // In each plane of two neighbours the vector turns by a sixth of π.
      let turned = vector.indices.map { position in
        let (c, s) = (Float(cos(Double.pi / 6)), Float(sin(Double.pi / 6)))
        return position % 2 == 0
          ? c * vector[position] - s * vector[position + 1] : s * vector[position - 1] + c * vector[position]
      }
      differing += (projections.hash(vector) ^ projections.hash(turned)).nonzeroBitCount
      #expect(projections.hash(vector.map { -$0 }) == ~projections.hash(vector))
      #expect(projections.hash(vector.map { 5 * $0 }) == projections.hash(vector))
    }
    #expect(abs(Double(differing) / 6400 - 1.0 / 6) < 0.02)
  }

  @Test func `Embeddings are hashed less their mean`() async throws {
    var random = SplitMix64(8)
    let base = (0..<50 * 8).map { _ in Float.random(in: -1...1, using: &random) }
    let ids = (0..<50).map { "e\($0)" }
    let plain = try Embeddings(ids: ids, vectors: base, dimension: 8, folder: scratch.context("a").scratch)
    let shifted = try Embeddings(
      ids: ids, vectors: base.map { $0 + 3 }, dimension: 8, folder: scratch.context("b").scratch)
    let first = try await HashPictures(embeddings: plain).run(scratch.context("ha")).hashes()
    let second = try await HashPictures(embeddings: shifted).run(scratch.context("hb")).hashes()
    #expect(Set(first).count > 40)
    #expect(zip(first, second).allSatisfy { ($0 ^ $1).nonzeroBitCount <= 1 })
  }

  @Test(arguments: [0, 1, 2, 3, 5, 8, 12, 31])
  func `All hashes within the distance are found once, as comparing each with each finds them`(_ maximum: Int) {
    var random = SplitMix64(UInt64(maximum) + 1)
    let hashes = (0..<300).map { _ in UInt64.random(in: .min ... .max, using: &random) } + [0, .max, 5, 5]
    let queries = (0..<400).map { number in
      var hash = number < 350 ? hashes[number % hashes.count] : UInt64.random(in: .min ... .max, using: &random)
      for _ in 0..<Int.random(in: 0...maximum + 2, using: &random) {
        hash ^= 1 << UInt64.random(in: 0..<64, using: &random)
      }
      return hash
    }
    let index = HashIndex(hashes, maximumDistance: maximum)
    for query in queries {
      var found: [[Int]] = []
      index.forEach(near: query) { found.append([$0, $1]) }
      let expected = hashes.enumerated().map { [$0.offset, ($0.element ^ query).nonzeroBitCount] }.filter {
        $0[1] <= maximum
      }
      #expect(found.sorted { $0[0] < $1[0] } == expected)
    }
  }

  @Test func `Pairs whose pictures look like the evaluation's are removed, and no others`() async throws {
    let writer = try PairsWriter(path: scratch.context("pairs").file("pairs.jsonl"))
    for id in ["a", "b", "c,d", "e\"f"] {
      for number in 0..<2 {
        try writer.write(Pair(id: "\(id)-\(number)", image: id, texts: [PairText("x", field: "alt", language: "en")]))
      }
    }
    let duplicates = try NearDuplicates.write(
      [
        .init(pool: "e\"f", evaluation: "z", distance: 0), .init(pool: "c,d", evaluation: "q\"\",\"", distance: 2),
        .init(pool: "c,d", evaluation: "a", distance: 3), .init(pool: "zzz", evaluation: "a", distance: 3),
      ], path: scratch.context("d").file("duplicates.csv"))
    #expect(
      try duplicates.matches().map { "\($0.pool)|\($0.evaluation)|\($0.distance)" } == [
        "c,d|a|3", "c,d|q\"\",\"|2", "e\"f|z|0", "zzz|a|3",
      ])
    #expect(try duplicates.summary().rows == [[0, 1, 1, 1], [2, 1, 1, 1], [3, 2, 2, 1]])
    let kept = try await RemoveNearDuplicates(pairs: writer.finish(), duplicates: duplicates).run(scratch.context("r"))
      .all()
    #expect(kept.map(\.id) == ["a-0", "a-1", "b-0", "b-1"])
  }

  @Test func `A distance beyond what the index can do is an error`() async throws {
    let hashes = try PictureHashes.write([("a", 1)], folder: scratch.context("h").scratch)
    await #expect(throws: OperationError.self) {
      _ = try await FindNearDuplicates(pool: hashes, evaluation: hashes).with(\.maximumDistance, 32).run(
        scratch.context("f"))
    }
  }
}

/// The notes that a stage makes.
private final class Notes: @unchecked Sendable {
  private let lock = NSLock()
  private var notes: [String] = []

  var texts: [String] { lock.withLock { notes } }

  func take(_ report: StageContext.Report) {
    if case .note(let text) = report { lock.withLock { notes.append(text) } }
  }
}
