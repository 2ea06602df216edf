internal import Evaluation
internal import Foundation
internal import Measuring
internal import Tensor

/// Embeddings to rank: pictures of classes, or texts and the pictures that they describe.
struct RankingTask {
  /// A file that cannot be read.
  struct Failure: Error, CustomStringConvertible {
    let path: String
    var description: String { "cannot read \(path) as float32: write it with `training-benchmark embeddings`" }
  }

  /// The folder of `queries.f32` and `candidates.f32`, raw little-endian float32. The right candidate of query i is i
  /// modulo their number.
  let folder: String
  let dimension: Int

  /// The noise of a query besides its candidate, by component: a good part of the queries finds its candidate,
  /// not all.
  private static let noise: Float = 7

  /// Writes embeddings of length 1.
  func make(queries: Int, candidates: Int) throws -> Findings {
    let known = Self.vectors(candidates, dimension, key: 1)
    let drawn = Self.vectors(queries, dimension, key: 2)
    var rows: [Float] = []
    rows.reserveCapacity(drawn.count)
    for query in 0..<queries {
      let (start, own) = (query * dimension, query % candidates * dimension)
      var row = (0..<dimension).map { drawn[start + $0] * Self.noise + known[own + $0] }
      Self.normalize(&row)
      rows += row
    }
    try write(rows, as: "queries.f32")
    try write(known, as: "candidates.f32")
    var findings = Findings()
    findings.add("queries", queries)
    findings.add("candidates", candidates)
    return findings
  }

  /// Counts the queries whose candidate is among the first 1, 5 and 10, and, when `bothWays`, the candidates whose
  /// query is.
  /// - Parameter repetitions: how often it is done; the median is told.
  func measure(bothWays: Bool, threads: Int, repetitions: Int) throws -> Findings {
    try Torch.setThreads(threads)
    let (queries, candidates) = (try read("queries.f32"), try read("candidates.f32"))
    let (queryCount, candidateCount) = (queries.count / dimension, candidates.count / dimension)
    let correct = (0..<queryCount).map { [$0 % candidateCount] }
    let own = (0..<candidateCount).map { candidate in Array(stride(from: candidate, to: queryCount, by: candidateCount))
    }
    var costs: [Cost] = []
    var places: [[Int]] = []
    for round in 0...repetitions {
      if round == 1 { PeakMemory.forget() }
      let (found, cost) = try Cost.of {
        guard bothWays else {
          return [
            try Ranking.places(queries: queries, candidates: candidates, dimension: dimension, correct: correct)
          ]
        }
        let both = try Ranking.mutualPlaces(
          rows: queries, columns: candidates, dimension: dimension, rowsCorrect: correct, columnsCorrect: own)
        return [both.rows, both.columns]
      }
      places = found
      if round > 0 { costs.append(cost) }
    }
    var findings = Findings()
    findings.add("rank", Cost.median(costs))
    findings.add("peakMemory", PeakMemory.bytes)
    findings.add("queries", queryCount)
    findings.add("candidates", candidateCount)
    findings.add("hits", places.flatMap { places in [1, 5, 10].map { limit in Double(places.count { $0 < limit }) } })
    return findings
  }

  private static func vectors(_ count: Int, _ dimension: Int, key: UInt64) -> [Float] {
    var generator = CounterGenerator(20_250_729, key)
    var result: [Float] = []
    result.reserveCapacity(count * dimension)
    for _ in 0..<count {
      var row = (0..<dimension).map { _ in generator.uniform(-1...1) }
      normalize(&row)
      result += row
    }
    return result
  }

  private static func normalize(_ row: inout [Float]) {
    let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
    for index in row.indices { row[index] /= length }
  }

  private func write(_ values: [Float], as name: String) throws {
    try values.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
  }

  private func read(_ name: String) throws -> [Float] {
    let path = "\(folder)/\(name)"
    guard let data = FileManager.default.contents(atPath: path), data.count.isMultiple(of: 4 * dimension), !data.isEmpty
    else {
      throw Failure(path: path)
    }
    return [Float](unsafeUninitializedCapacity: data.count / 4) { buffer, count in
      count = data.copyBytes(to: buffer) / 4
    }
  }
}
