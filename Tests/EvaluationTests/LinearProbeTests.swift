import ArtifactTypes
import Core
import Evaluation
import Foundation
import Testing

@Suite struct LinearProbeTests {
  /// Mean loss and its gradient, written out.
  static func naive(
    _ point: [Double], _ features: [Float], _ labels: [Int], dimension: Int, classes: Int, penalty: Double
  ) -> (value: Double, gradient: [Double]) {
    var value = 0.0
    var gradient = [Double](repeating: 0, count: point.count)
    for (row, label) in labels.enumerated() {
      let x = (0..<dimension).map { Double(features[row * dimension + $0]) } + [1]
      let exponentials = (0..<classes).map { c in
        exp((0...dimension).reduce(0.0) { $0 + x[$1] * point[$1 * classes + c] })
      }
      let sum = exponentials.reduce(0, +)
      value -= log(exponentials[label] / sum)
      for i in 0...dimension {
        for c in 0..<classes { gradient[i * classes + c] += x[i] * (exponentials[c] / sum - (c == label ? 1 : 0)) }
      }
    }
    for i in 0..<dimension * classes {
      value += penalty / 2 * point[i] * point[i]
      gradient[i] += penalty * point[i]
    }
    return (value / Double(labels.count), gradient.map { $0 / Double(labels.count) })
  }

  @Test func `The minimum is the one that plain gradient descent creeps to`() throws {
    let (features, labels) = FeatureWorld.clouds(60, classes: 3, dimension: 4, noise: 1, key: 7)
    let model = try LogisticRegression(
      features: features, dimension: 4, labels: labels, classes: 3, penalty: 3, tolerance: 1e-9)
    #expect(model.converged && model.gradient <= 1e-9 && model.iterations < 200)
    var point = [Double](repeating: 0, count: 15)
    for _ in 0..<20_000 {
      let (_, gradient) = Self.naive(point, features, labels, dimension: 4, classes: 3, penalty: 3)
      for i in point.indices { point[i] -= 0.2 * gradient[i] }
    }
    let (value, _) = Self.naive(point, features, labels, dimension: 4, classes: 3, penalty: 3)
    #expect(abs(model.loss - value) < 1e-9)
    let scores = try model.scores(features)
    for row in 0..<60 {
      let naive = (0..<3).map { c in
        (0..<4).reduce(point[12 + c]) { $0 + Double(features[row * 4 + $1]) * point[$1 * 3 + c] }
      }
      // Scores are equal up to a constant of the row.
      let shift = scores[row * 3] - naive[0]
      for c in 0..<3 { #expect(abs(scores[row * 3 + c] - naive[c] - shift) < 1e-5) }
    }
    let places = try model.places(features, labels: labels)
    for (row, label) in labels.enumerated() {
      let order = (0..<3).sorted { scores[row * 3 + $0] > scores[row * 3 + $1] }
      #expect(places[row] == order.firstIndex(of: label))
    }
  }

  @Test func `Too few iterations are told, not hidden`() async throws {
    let world = try FeatureWorld()
    let (features, labels) = FeatureWorld.clouds(60, classes: 3, dimension: 4, noise: 1, key: 7)
    var stage = LinearProbe(
      embeddings: try world.embeddings(features, dimension: 4), labels: try world.pairs(labels.map { "\($0)" }))
    stage.maximumIterations = 2
    let table = try await stage.run(world.context())
    #expect(table[column: "converged"] == ["no"])
    #expect(world.notes.contains { $0.contains("has not converged") })
  }

  @Test func `Classes that lie apart are told apart, on a share of each class that was held out`() async throws {
    let world = try FeatureWorld()
    let (features, labels) = FeatureWorld.clouds(100, classes: 4, dimension: 8, noise: 0.1, key: 8)
    let pairs = try world.pairs(labels.map { "class \($0)" } + ["alone"])
    let embeddings = try world.embeddings(features + [Float](repeating: 1, count: 8), dimension: 8)
    let stage = LinearProbe(embeddings: embeddings, labels: pairs)
    let table = try await stage.run(world.context())
    #expect(table[column: "classes"] == [4] && table[column: "examples"] == [80] && table[column: "tests"] == [20])
    #expect(table[column: "accuracy"]?.first?.value == 1 && table[column: "accuracy per class"]?.first?.value == 1)
    #expect(table[column: "converged"] == ["yes"])
    #expect(try await stage.run(world.context()) == table)
    #expect(world.notes.contains { $0.contains("1 classes have too few examples") })
    let items = try await CollectOutcomes(of: stage).run(world.context()).all()
    #expect(items.count == 20 && items.allSatisfy { $0.place == 0 && $0.candidates == 4 && $0.group != "alone" })
    let named = LinearProbe(embeddings: embeddings, labels: pairs, label: .text(field: "name", language: "en"))
    #expect(try await named.run(world.context())[column: "examples"] == [80])
  }

  @Test func `A penalty of nothing, and classes of one example each, are clear errors`() async throws {
    let world = try FeatureWorld()
    let (features, labels) = FeatureWorld.clouds(4, classes: 4, dimension: 4, noise: 1, key: 9)
    let stage = LinearProbe(
      embeddings: try world.embeddings(features, dimension: 4), labels: try world.pairs(labels.map { "\($0)" }))
    await #expect(throws: OperationError.self) { _ = try await stage.run(world.context()) }
    await #expect(throws: OperationError.self) { _ = try await stage.with(\.penalty, 0).run(world.context()) }
  }
}
