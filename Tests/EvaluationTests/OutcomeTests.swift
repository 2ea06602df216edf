import ArtifactTypes
import Core
import Evaluation
import Foundation
import Testing

@Suite struct OutcomeTests {
  private func outcomes(_ world: FeatureWorld, _ list: [Outcome]) throws -> Outcomes {
    let writer = try OutcomesWriter(path: world.subfolder() + "/outcomes.jsonl")
    for outcome in list { try writer.write(outcome) }
    return try writer.finish()
  }

  /// Items `p0`, `p1`, …, right where `isRight` says so.
  private func items(_ language: String, _ isRight: [Bool], task: String = "classification") -> [Outcome] {
    isRight.enumerated().map { number, right in
      Outcome(
        task: task, language: language, item: "p\(number)", picture: "p\(number)", group: "c\(number % 3)",
        place: right ? 0 : 7,
        candidates: 20)
    }
  }

  @Test func `Outcomes come back as they were written`() throws {
    let world = try FeatureWorld()
    let list = [
      Outcome(task: "text → picture", language: "zh_Hant", item: "a\"/0", picture: "a\"", place: 3, candidates: 9),
      Outcome(task: "t", language: "de", item: "ü", picture: "p", group: "Katze", place: 0, candidates: 1),
    ]
    #expect(try outcomes(world, list).all() == list)
    let bad = ArtifactContent(
      bytes: Array(#"{"task":"t","language":"de","item":"i","picture":"p","place":4,"of":4}"#.utf8),
      name: "outcomes.jsonl")
    let error = #expect(throws: OperationError.self) { _ = try Outcomes(content: bad).all() }
    #expect(error?.description.contains("line 1") == true)
  }

  @Test func `Shares, the mean over languages and the mean over classes are what counting gives`() async throws {
    let world = try FeatureWorld()
    // Class c0 holds items 0 and 3, c1 1 and 4, c2 2.
    let list = items("de", [true, true, false, true, false]) + items("en", [true, true, true, true, true])
    let table = try await SummarizeOutcomes(outcomes(world, list)).with(\.limits, [1, 10]).run(world.context())
    #expect(table[column: "language"] == ["de", "en", "mean"])
    #expect(table[column: "items"] == [5, 5, 10] && table[column: "pictures"] == [5, 5, 5])
    #expect(table[column: "at 1"]?.compactMap(\.value) == [0.6, 1, 0.8])
    #expect(table[column: "at 10"]?.compactMap(\.value) == [1, 1, 1])
    #expect(abs((table[column: "per class"]?[0].value ?? 0) - (1 + 0.5 + 0) / 3) < 1e-12)
    #expect(table[column: "chance"]?.compactMap(\.value) == [0.05, 0.05, 0.05])
    #expect(try await SummarizeOutcomes(outcomes(world, list)).with(\.limits, [1, 10]).run(world.context()) == table)
  }

  @Test func `An interval widens when the items of a picture hang together`() async throws {
    let world = try FeatureWorld()
    let apart = (0..<200).map { number in
      Outcome(task: "t", language: "de", item: "\(number)", picture: "\(number)", place: number / 5 % 2, candidates: 2)
    }
    let together = apart.enumerated().map { number, outcome in
      var outcome = outcome
      outcome.picture = "\(number / 5)"
      return outcome
    }
    func width(_ list: [Outcome]) async throws -> Double {
      let table = try await SummarizeOutcomes(outcomes(world, list)).run(world.context())
      guard case .interval(let mean, let low, let high)? = table[column: "at 1"]?.first else { return .nan }
      #expect(mean == 0.5)
      return high - low
    }
    let (alone, joined) = (try await width(apart), try await width(together))
    #expect(joined / alone > 1.7 && joined / alone < 2.8)
  }

  @Test func `The difference of two checkpoints has its interval and McNemar's test`() async throws {
    let world = try FeatureWorld()
    let first = (0..<100).map { $0 < 60 }
    // Ten become right, two wrong.
    let second = (0..<100).map { ($0 >= 2 && $0 < 60) || (60..<70).contains($0) }
    let table = try await CompareCheckpoints(
      outcomes(world, items("de", first) + items("en", first)),
      outcomes(world, items("de", second) + items("en", first))
    ).run(world.context())
    #expect(table[column: "language"] == ["de", "en", "mean"])
    #expect(table[column: "first"]?.compactMap(\.value) == [0.6, 0.6, 0.6])
    #expect(table[column: "only first"] == [2, 0, 2] && table[column: "only second"] == [10, 0, 10])
    guard case .interval(let difference, let low, let high)? = table[column: "difference"]?[0] else {
      Issue.record("the difference has no interval")
      return
    }
    #expect(abs(difference - 0.08) < 1e-12 && low > 0 && low < 0.04 && high > 0.12 && high < 0.17)
    // 2 · (C(12,0) + C(12,1) + C(12,2)) / 2¹²
    #expect(abs((table[column: "p"]?[0].value ?? 0) - 2 * (1 + 12 + 66) / 4096) < 1e-12)
    #expect(abs((table[column: "corrected p"]?[0].value ?? 0) - 4 * (1 + 12 + 66) / 4096) < 1e-12)
    #expect(table[column: "p"]?[1].value == 1 && table[column: "p"]?[2] == .empty)
    #expect(table[column: "difference"]?[1] == .interval(0, low: 0, high: 0))
  }

  @Test func `Several runs are summarized and compared in pairs`() async throws {
    let world = try FeatureWorld()
    func run(_ right: Int) -> [Outcome] { items("de", (0..<100).map { $0 < right }) }
    let first = try [50, 55, 60].map { try outcomes(world, run($0)) }
    // The items in another order count as the same.
    let second = try [70, 60, 80].map { try outcomes(world, run($0).reversed()) }
    let summary = try await SummarizeOutcomes(runs: first).run(world.context())
    #expect(summary[column: "runs"] == [3] && summary[column: "items"] == [100] && summary[column: "pictures"] == [100])
    #expect(abs((summary[column: "at 1"]?[0].value ?? 0) - 0.55) < 1e-12)
    let table = try await CompareCheckpoints(runs: first, second).run(world.context())
    #expect(abs((table[column: "first"]?[0].value ?? 0) - 0.55) < 1e-12)
    #expect(abs((table[column: "second"]?[0].value ?? 0) - 0.7) < 1e-12)
    #expect(abs((table[column: "smallest"]?[0].value ?? 0) - 0.05) < 1e-12)
    #expect(abs((table[column: "largest"]?[0].value ?? 0) - 0.2) < 1e-12)
    #expect(table[column: "only second"] == [45] && table[column: "p"] == [.empty])
    guard case .interval(let difference, let low, let high)? = table[column: "difference"]?[0] else {
      Issue.record("the difference has no interval")
      return
    }
    #expect(abs(difference - 0.15) < 1e-12 && low > 0.01 && low < 0.1 && high > 0.19 && high < 0.32)
  }

  @Test func `Runs of other items, other numbers of runs and no runs are clear errors`() async throws {
    let world = try FeatureWorld()
    let (three, two) = (
      try outcomes(world, items("de", [true, false, true])), try outcomes(world, items("de", [true, false]))
    )
    let unequal = await #expect(throws: OperationError.self) {
      _ = try await SummarizeOutcomes(runs: [three, two]).run(world.context())
    }
    #expect(unequal?.description.contains("number 2") == true && unequal?.description.contains("“p2”") == true)
    let unpaired = await #expect(throws: OperationError.self) {
      _ = try await CompareCheckpoints(runs: [three, three], [three]).run(world.context())
    }
    #expect(unpaired?.description.contains("2 and 1 runs") == true)
    await #expect(throws: OperationError.self) { _ = try await SummarizeOutcomes(runs: []).run(world.context()) }
  }

  @Test func `Outcomes of different evaluations, of none and of one item twice are clear errors`() async throws {
    let world = try FeatureWorld()
    func message(_ first: [Outcome], _ second: [Outcome]) async throws -> String {
      let error = await #expect(throws: OperationError.self) {
        _ = try await CompareCheckpoints(outcomes(world, first), outcomes(world, second)).run(world.context())
      }
      return error?.description ?? ""
    }
    let one = items("de", [true, false, true])
    #expect(try await message(one, items("de", [true, false])).contains("“p2”"))
    #expect(try await message(one, items("fr", [true, false, true])).contains("classification, de"))
    #expect(try await message(one + one, one).contains("occurs twice"))
    #expect(try await message([], one).contains("there are none"))
    var other = one
    other[1].candidates = 21
    #expect(try await message(one, other).contains("“p1”"))
    await #expect(throws: OperationError.self) {
      _ = try await SummarizeOutcomes(outcomes(world, [])).run(world.context())
    }
  }
}
