import ArtifactTypes
import Core
import Evaluation
import Foundation
import Testing

@Suite struct FewShotRidgeTests {
  /// Gauss and Jordan with the largest pivot, on the formula as it is written.
  static func naiveWeights(_ x: [[Double]], _ y: [[Double]], penalty: Double) -> [[Double]] {
    let (n, width, classes) = (x.count, x[0].count, y[0].count)
    var rows: [[Double]] = []
    for i in 0..<width {
      var row = [Double](repeating: 0, count: width + classes)
      row[i] = penalty
      for k in 0..<n {
        for j in 0..<width { row[j] += x[k][i] * x[k][j] }
        for c in 0..<classes { row[width + c] += x[k][i] * y[k][c] }
      }
      rows.append(row)
    }
    for i in 0..<width {
      let pivot = (i..<width).max { abs(rows[$0][i]) < abs(rows[$1][i]) } ?? i
      rows.swapAt(i, pivot)
      let scale = rows[i][i]
      rows[i] = rows[i].map { $0 / scale }
      for j in 0..<width where j != i {
        let factor = rows[j][i]
        for k in rows[j].indices { rows[j][k] -= factor * rows[i][k] }
      }
    }
    return rows.map { Array($0[width...]) }
  }

  @Test(arguments: [(40, 6), (5, 12), (7, 6), (6, 6)])
  func `The closed form agrees with solving the equations naively`(count: Int, dimension: Int) throws {
    let (features, labels) = FeatureWorld.clouds(count, classes: 3, dimension: dimension, noise: 1, key: 5)
    for penalty in [0.5, 1024.0] {
      let model = try RidgeClassifier(
        features: features, dimension: dimension, labels: labels, classes: 3, penalty: penalty, bias: 100)
      let columns = (0..<dimension).map { i in (0..<count).map { Double(features[$0 * dimension + i]) } }
      let means = columns.map { $0.reduce(0, +) / Double(count) }
      let deviations = zip(columns, means).map { column, mean in
        (column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot() + 1e-5
      }
      let x = (0..<count).map { row in
        (0..<dimension).map { (Double(features[row * dimension + $0]) - means[$0]) / deviations[$0] } + [100]
      }
      let y = labels.map { label in (0..<3).map { $0 == label ? 1.0 : -1.0 } }
      let weights = Self.naiveWeights(x, y, penalty: penalty)
      let scores = try model.scores(features)
      for row in 0..<count {
        for c in 0..<3 {
          let expected = (0...dimension).reduce(0.0) { $0 + x[row][$1] * weights[$1][c] }
          #expect(abs(scores[row * 3 + c] - expected) < 1e-7)
        }
      }
    }
  }

  @Test func `Classes that lie apart are told apart from few examples, and the draws depend on the seed alone`()
    async throws
  {
    let world = try FeatureWorld()
    let (features, labels) = FeatureWorld.clouds(120, classes: 4, dimension: 8, noise: 0.05, key: 1)
    let pairs = try world.pairs(labels.map { "class \($0)" })
    var stage = FewShotRidge(embeddings: try world.embeddings(features, dimension: 8), labels: pairs)
    stage.shots = [1, 5]
    stage.draws = 4
    let table = try await stage.run(world.context())
    #expect(table[column: "shots"] == [1, 5])
    #expect(table[column: "classes"] == [4, 4])
    #expect(table[column: "tests"] == [116, 100])
    #expect(table[column: "accuracy"]?.compactMap(\.value) == [1, 1])
    #expect(table[column: "chance"]?.compactMap(\.value) == [0.25, 0.25])

    let (noisy, _) = FeatureWorld.clouds(120, classes: 4, dimension: 8, noise: 2, key: 1)
    stage.embeddings = try world.embeddings(noisy, dimension: 8)
    let first = try await stage.run(world.context())
    #expect(try await stage.run(world.context()) == first)
    stage.seed = 1
    #expect(try await stage.run(world.context()) != first)
    // The order of the rows does not matter.
    stage.seed = 0
    let reversed = (0..<120).reversed()
    stage.embeddings = try Embeddings(
      ids: reversed.map { "p\($0)" }, vectors: reversed.flatMap { noisy[($0 * 8)..<($0 * 8 + 8)] }, dimension: 8,
      folder: world.subfolder())
    let again = try await stage.run(world.context())
    for (one, other) in zip(try #require(first[column: "accuracy"]), try #require(again[column: "accuracy"])) {
      #expect(abs((one.value ?? 0) - (other.value ?? 1)) < 1e-9)
    }
  }

  @Test func `Labels without signal are guessed as often as chance says`() async throws {
    let world = try FeatureWorld()
    let (features, _) = FeatureWorld.clouds(400, classes: 1, dimension: 6, noise: 1, key: 2)
    var stage = FewShotRidge(
      embeddings: try world.embeddings(features, dimension: 6), labels: try world.pairs((0..<400).map { "\($0 % 4)" }))
    stage.shots = [10]
    let table = try await stage.run(world.context())
    guard case .interval(let mean, let low, let high)? = table[column: "accuracy"]?.first else {
      Issue.record("the accuracy has no interval")
      return
    }
    #expect(low < 0.25 && 0.25 < high && abs(mean - 0.25) < 0.05)
  }

  @Test func `Separate tests are classified, and those of classes without examples are left out`() async throws {
    let world = try FeatureWorld()
    let (features, labels) = FeatureWorld.clouds(40, classes: 4, dimension: 8, noise: 0.05, key: 3)
    let names = labels.map { "class \($0)" } + ["rare"]
    var stage = FewShotRidge(
      embeddings: try world.embeddings(features + [Float](repeating: 9, count: 8), dimension: 8),
      labels: try world.pairs(names))
    stage.tests = stage.embeddings
    stage.shots = [10]
    stage.draws = 2
    let table = try await stage.run(world.context())
    #expect(table[column: "tests"] == [40])
    #expect(table[column: "accuracy"]?.first?.value == 1)
    #expect(world.notes.contains { $0.contains("“rare”") })
  }

  @Test
  func `Too few examples, one class, foreign ids, two classes of a picture and numbers that are none are clear errors`()
    async throws
  {
    let world = try FeatureWorld()
    let (features, labels) = FeatureWorld.clouds(12, classes: 3, dimension: 4, noise: 1, key: 4)
    let embeddings = try world.embeddings(features, dimension: 4)
    let pairs = try world.pairs(labels.map { "\($0)" })
    func message(_ stage: FewShotRidge) async throws -> String {
      let error = await #expect(throws: OperationError.self) { _ = try await stage.run(world.context()) }
      return error?.description ?? ""
    }
    #expect(try await message(FewShotRidge(embeddings: embeddings, labels: pairs)).contains("the second largest has 4"))
    let one = try world.pairs(labels.map { _ in "same" })
    #expect(try await message(FewShotRidge(embeddings: embeddings, labels: one)).contains("“same”"))
    let none = try world.pairs(labels.map { _ in nil })
    #expect(try await message(FewShotRidge(embeddings: embeddings, labels: none)).contains("no pair names a class"))
    let foreign = try world.pairs(labels.map { "\($0)" }, prefix: "q")
    #expect(try await message(FewShotRidge(embeddings: embeddings, labels: foreign)).contains("“p0”"))
    var broken = features
    broken[4] = .nan
    let damaged = try world.embeddings(broken, dimension: 4)
    let text = try await message(FewShotRidge(embeddings: damaged, labels: pairs).with(\.shots, [2]))
    #expect(text.contains("(p1)") && text.contains("not finite"))
    let twice = try PairsWriter(path: world.subfolder() + "/pairs.jsonl")
    try twice.write(Pair(id: "a", image: "p0", texts: [], group: "x"))
    try twice.write(Pair(id: "b", image: "p0", texts: [], group: "y"))
    #expect(try await message(FewShotRidge(embeddings: embeddings, labels: twice.finish())).contains("two classes"))
  }
}
