import ArtifactTypes
import Core
import Foundation
import Imaging
import Tensor
import Testing
import Training

@Suite struct ScaledSeenPairsTests {
  /// Pairs with these languages of their texts; a picture each.
  private func scaled(
    _ languages: [[String?]], _ english: Int, _ share: ScaledSeenPairs.Share, images: [String]? = nil
  ) async throws -> Int {
    let world = try SmallWorld()
    defer { world.remove() }
    let writer = try PairsWriter(path: world.folder + "/scaled.jsonl")
    for (index, languages) in languages.enumerated() {
      try writer.write(
        Pair(
          id: "\(index)", image: images?[index] ?? "\(index)",
          texts: languages.map { PairText("text", field: "name", language: $0) }))
    }
    return try await ScaledSeenPairs(pairs: writer.finish(), englishSeenPairs: english).with(\.share, share).run(
      world.context)
  }

  @Test func `Of random texts it is the smallest number whose English share reaches the English number`() async throws {
    var generator = CounterGenerator(5)
    for _ in 0..<40 {
      let pictures = 1 + generator.index(12)
      var languages: [[String?]] = (0..<pictures).map { _ in
        (0..<(1 + generator.index(6))).map { _ in ["en", "de", "ja", nil][generator.index(4)] }
      }
      languages[0].append("en")
      let english = 1 + generator.index(100_000)
      let texts = languages.flatMap { $0 }
      let count = try await scaled(languages, english, .texts)
      let part = texts.count { $0 == "en" }
      #expect(count * part >= english * texts.count && (count - 1) * part < english * texts.count)

      // As drawn: every picture's languages equally often; twelfths are exact for up to four languages.
      let twelfths = languages.reduce(0) { $0 + ($1.contains("en") ? 12 / Set($1).count : 0) }
      let drawn = try await scaled(languages, english, .drawnCaptions)
      #expect(drawn * twelfths >= english * 12 * pictures && (drawn - 1) * twelfths < english * 12 * pictures)
    }
  }

  @Test func `English alone stays as it is, and the paper's share gives the paper's factor`() async throws {
    for share in [ScaledSeenPairs.Share.texts, .drawnCaptions] {
      #expect(try await scaled([["en"], ["en", "en"]], 12_345, share) == 12_345)
      // 44 of 100 pictures have an English text: 12.8 billion become 29.1, 2.3 times as many.
      let languages: [[String?]] = (0..<100).map { [$0 < 44 ? "en" : "fr"] }
      let count = try await scaled(languages, 12_800_000_000, share)
      #expect(count == 29_090_909_091)
    }
  }

  @Test func `The texts of pairs that share a picture are drawn together`() async throws {
    // One picture of two languages, one of one: (1/2 + 0) / 2.
    #expect(try await scaled([["en"], ["de"], ["de"]], 10, .drawnCaptions, images: ["a", "a", "b"]) == 40)
    #expect(try await scaled([["en"], ["de"], ["de"]], 10, .texts, images: ["a", "a", "b"]) == 30)
  }

  @Test func `No English, nothing to see and too much are errors`() async throws {
    for (languages, english, cause) in [
      ([["de"], [nil]], 10, "language en"), ([["en"]], 0, "at least one"), ([["en"], ["de"]], Int.max, "too large"),
    ] as [([[String?]], Int, String)] {
      let error = await #expect(throws: OperationError.self) { try await scaled(languages, english, .texts) }
      #expect(error?.cause.contains(cause) == true, "\(error?.cause ?? "")")
    }
  }

  @Test func `A training makes as many steps as the seen pairs need`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let training = world.training(try await world.tokenizer())  // 8 pictures a step with 2 captions each
    for (pairs, steps) in [(1, 1), (16, 1), (17, 2), (80, 5)] {
      let log = try await training.with(\.seenPairs, pairs).run(world.context).log()
      #expect(log.rows.count == steps)
      #expect(log[column: "pairs"]?.last == .integer(16 * steps))
      let same = try await training.with(\.steps, steps).run(world.context).log()
      #expect(log == same)
    }
    await #expect(throws: OperationError.self) { try await training.with(\.seenPairs, 0).run(world.context) }
  }

  @Test func `The paper's optimisation sees the paper's number of pairs and leaves the model as it is`() async throws {
    let world = try SmallWorld()
    defer { world.remove() }
    let training = world.training(try await world.tokenizer())
    let paper = training.withPaperOptimization()
    #expect(paper.steps * paper.picturesPerStep * paper.captions.captionsPerPicture == 29_438_459_904)
    #expect(
      paper.model == training.model && paper.seed == training.seed
        && paper.pictures.set?.content == training.pictures.set?.content)
  }
}
