import ArtifactTypes
import Core
import Evaluation
import Foundation
import Tensor
import Testing

@Suite struct MetricTests {
  static func vectors(_ count: Int, _ dimension: Int, key: UInt64) -> [Float] {
    var generator = CounterGenerator(key)
    return (0..<count).flatMap { _ in
      let row = (0..<dimension).map { _ in generator.normals().0 }
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return row.map { $0 / length }
    }
  }

  @Test func `Places agree with sorting all candidates`() throws {
    let (queries, candidates) = (Self.vectors(700, 6, key: 1), Self.vectors(40, 6, key: 2))
    var generator = CounterGenerator(9)
    let correct = (0..<700).map { _ in (0...generator.index(3)).map { _ in generator.index(40) } }
    let places = try Ranking.places(queries: queries, candidates: candidates, dimension: 6, correct: correct)
    for query in stride(from: 0, to: 700, by: 7) {
      func cosine(_ candidate: Int) -> Float {
        (0..<6).reduce(0) { $0 + queries[query * 6 + $1] * candidates[candidate * 6 + $1] }
      }
      let order = (0..<40).sorted { (cosine($0), $1) > (cosine($1), $0) }
      #expect(places[query] == order.firstIndex { correct[query].contains($0) })
    }
  }

  @Test(arguments: [1 << 30, 1 << 20, 0]) func `Both directions of one pass are those of two`(memoryLimit: Int) throws {
    // Multiples of a quarter: many cosines are exactly equal, however they are added up. More rows and columns than are
    // multiplied at a time.
    var generator = CounterGenerator(10)
    func vectors(_ count: Int) -> [Float] { (0..<(count * 3)).map { _ in Float(generator.index(5)) / 4 } }
    let (rows, columns) = (vectors(600), vectors(530))
    let owners = (0..<600).map { $0 < 530 ? $0 : generator.index(530) }
    let own = (0..<530).map { column in owners.indices.filter { owners[$0] == column } }
    let both = try Ranking.mutualPlaces(
      rows: rows, columns: columns, dimension: 3, rowsCorrect: owners.map { [$0] }, columnsCorrect: own,
      memoryLimit: memoryLimit)
    func place(_ correct: [Int], _ cosines: [Float]) -> Int? {
      cosines.indices.sorted { cosines[$0] == cosines[$1] ? $0 < $1 : cosines[$0] > cosines[$1] }.firstIndex {
        correct.contains($0)
      }
    }
    func cosine(_ row: Int, _ column: Int) -> Float {
      (0..<3).reduce(0) { $0 + rows[row * 3 + $1] * columns[column * 3 + $1] }
    }
    for row in stride(from: 0, to: 600, by: 7) {
      #expect(both.rows[row] == place([owners[row]], (0..<530).map { cosine(row, $0) }))
    }
    for column in stride(from: 0, to: 530, by: 7) {
      #expect(both.columns[column] == place(own[column], (0..<600).map { cosine($0, column) }))
    }
  }

  @Test func `Equal cosines rank by position, so a constant model is no better than chance`() throws {
    let same = [Float](repeating: 1, count: 10)
    let places = try Ranking.places(queries: same, candidates: same, dimension: 1, correct: (0..<10).map { [$0] })
    #expect(places == Array(0..<10))
    #expect(Ranking.recall(places, at: 1).estimate == 0.1)
    #expect(Ranking.recall(places, at: 5).estimate == 0.5)
  }

  @Test func `A model whose embeddings are not numbers is an error and not always right`() {
    let good = [Float](repeating: 1, count: 4)
    let error = #expect(throws: OperationError.self) {
      _ = try Ranking.places(queries: [1, 1, .nan, 1], candidates: good, dimension: 2, correct: [[0], [0]])
    }
    #expect(error?.description.contains("query 1") == true)
    #expect(throws: OperationError.self) {
      _ = try Ranking.places(queries: good, candidates: [1, 1, .infinity, 1], dimension: 2, correct: [[0], [0]])
    }
  }

  @Test func `Wilson's interval has the bounds that solve its equation`() {
    for (hits, trials) in [(0, 10), (1, 10), (5, 10), (99, 100), (100, 100), (430, 1849)] {
      let interval = ShareInterval(hits: hits, of: trials)
      let share = Double(hits) / Double(trials)
      #expect(interval.estimate == share && interval.low <= share && share <= interval.high)
      for bound in [interval.low, interval.high] where bound > 0 && bound < 1 {
        let z = abs(share - bound) / (bound * (1 - bound) / Double(trials)).squareRoot()
        #expect(abs(z - 1.959964) < 1e-9)
      }
    }
    #expect(ShareInterval(hits: 0, of: 0).high == 1)
  }

  @Test func `Alignment and uniformity agree with their definitions`() throws {
    let (left, right) = (Self.vectors(30, 5, key: 3), Self.vectors(30, 5, key: 4))
    func distance(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int) -> Double {
      (0..<5).reduce(0.0) { $0 + pow(Double(a[i * 5 + $1]) - Double(b[j * 5 + $1]), 2) }
    }
    let distances = AlignmentUniformity.squaredDistances(left, right, dimension: 5)
    for row in 0..<30 { #expect(abs(distances[row] - distance(left, row, right, row)) < 1e-5) }
    var sum = 0.0
    for i in 0..<30 { for j in 0..<30 where i != j { sum += exp(-2 * distance(left, i, left, j)) } }
    #expect(abs(try AlignmentUniformity.uniformity(left, dimension: 5) - log(sum / (30 * 29))) < 1e-5)
  }
}
