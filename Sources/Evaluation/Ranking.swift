package import ArtifactTypes
internal import Tensor

/// Ranks candidates by their cosine with each query.
package enum Ranking {
  /// The place of each query's best correct candidate, from 0; of equal cosines the earlier candidate comes first.
  /// - Parameters:
  ///   - queries: rows of length 1, `[queries, dimension]`.
  ///   - candidates: the same, `[candidates, dimension]`.
  ///   - correct: for each query the candidates that are right, at least one.
  /// - Throws: ``EvaluationError`` when a cosine is not a finite number.
  package static func places(
    queries: [Float], candidates: [Float], dimension: Int, correct: [[Int]]
  ) throws -> [Int] {
    var places: [Int] = []
    places.reserveCapacity(correct.count)
    try eachRow(queries, candidates, dimension, rows: correct.count) { row, query in
      places.append(place(of: correct[query], in: row))
    }
    return places
  }

  /// The places of both directions, from one table of cosines.
  /// - Parameters:
  ///   - rows: rows of length 1, `[rows, dimension]`.
  ///   - columns: the same, `[columns, dimension]`.
  ///   - rowsCorrect: for each of `rows` those of `columns` that are right, at least one.
  ///   - columnsCorrect: the other way round.
  ///   - memoryLimit: bytes that the table may take; where it would take more, the cosines are computed once for each direction.
  /// - Returns: the place of each row's best among the columns, and of each column's best among the rows, as
  ///   ``places(queries:candidates:dimension:correct:)`` counts them.
  /// - Throws: ``EvaluationError`` when a cosine is not a finite number.
  package static func mutualPlaces(
    rows: [Float], columns: [Float], dimension: Int, rowsCorrect: [[Int]], columnsCorrect: [[Int]], memoryLimit: Int = 1 << 30
  ) throws -> (rows: [Int], columns: [Int]) {
    guard rowsCorrect.count * columnsCorrect.count * MemoryLayout<Float>.stride <= memoryLimit else {
      return (
        try places(queries: rows, candidates: columns, dimension: dimension, correct: rowsCorrect),
        try places(queries: columns, candidates: rows, dimension: dimension, correct: columnsCorrect)
      )
    }
    var table: [Float] = []
    table.reserveCapacity(rowsCorrect.count * columnsCorrect.count)
    var places: [Int] = []
    places.reserveCapacity(rowsCorrect.count)
    try eachRow(rows, columns, dimension, rows: rowsCorrect.count) { row, number in
      places.append(place(of: rowsCorrect[number], in: row))
      table.append(contentsOf: row)
    }
    return (places, table.withUnsafeBufferPointer { columnPlaces(of: columnsCorrect, in: $0) })
  }

  /// Calls `body` with the cosines of each query and all candidates, and the query's number.
  private static func eachRow(
    _ queries: [Float], _ candidates: [Float], _ dimension: Int, rows: Int,
    _ body: (UnsafeBufferPointer<Float>, Int) -> Void
  ) throws {
    let count = candidates.count / dimension
    let other = try Tensor.from(candidates, shape: [count, dimension]).transposed()
    for start in stride(from: 0, to: rows, by: batch) {
      try Task.checkCancellation()
      let end = min(start + batch, rows)
      let part = Array(queries[(start * dimension)..<(end * dimension)])
      let cosines = try Torch.withoutGradients {
        try Tensor.from(part, shape: [end - start, dimension]).matmul(other).elements(as: Float.self)
      }
      try cosines.withUnsafeBufferPointer { cosines in
        // Nothing is greater than what is not a number: a broken model would always be right.
        if let broken = firstBroken(in: cosines) {
          throw EvaluationError(
            operation: "rank by cosine", subject: "query \(start + broken / count), candidate \(broken % count)",
            cause: "their cosine is not a finite number: the embeddings of one of them are not, so the model is damaged")
        }
        for query in start..<end {
          body(UnsafeBufferPointer(rebasing: cosines[((query - start) * count)..<((query - start + 1) * count)]), query)
        }
      }
    }
  }

  /// How many queries are multiplied at a time.
  private static let batch = 512

  private static func firstBroken(in values: UnsafeBufferPointer<Float>) -> Int? {
    // The exponent of what is infinite or no number has all bits set. Without a branch, several values are looked at together.
    let exponent = Float.infinity.bitPattern
    var broken: UInt32 = 0
    for value in values { broken |= value.bitPattern & exponent == exponent ? 1 : 0 }
    return broken == 0 ? nil : values.firstIndex { !$0.isFinite }
  }

  private static func place(of correct: [Int], in row: UnsafeBufferPointer<Float>) -> Int {
    guard let best = Self.best(of: correct, cosine: { row[$0] }) else { return row.count }
    var (before, behind): (Int32, Int32) = (0, 0)
    for position in 0..<best.position { before &+= row[position] >= best.cosine ? 1 : 0 }
    for position in best.position..<row.count { behind &+= row[position] > best.cosine ? 1 : 0 }
    return Int(before) + Int(behind)
  }

  /// The places of the columns' best rows in a table of cosines.
  private static func columnPlaces(of correct: [[Int]], in table: UnsafeBufferPointer<Float>) -> [Int] {
    let width = correct.count
    guard width > 0 else { return [] }
    let height = table.count / width
    let bests = correct.indices.map { column in best(of: correct[column], cosine: { table[$0 * width + column] }) }
    let (cosines, positions) = (bests.map { $0?.cosine ?? -.infinity }, bests.map { Int32($0?.position ?? height) })
    var counts = [Int32](repeating: 0, count: width)
    cosines.withUnsafeBufferPointer { cosines in
      positions.withUnsafeBufferPointer { positions in
        counts.withUnsafeMutableBufferPointer { counts in
          for number in 0..<height {
            let row = UnsafeBufferPointer(rebasing: table[(number * width)..<((number + 1) * width)])
            for column in 0..<width {
              let above: Int32 = row[column] > cosines[column] ? 1 : 0
              let level: Int32 = row[column] == cosines[column] ? 1 : 0
              let earlier: Int32 = Int32(truncatingIfNeeded: number) < positions[column] ? 1 : 0
              counts[column] &+= above | (level & earlier)
            }
          }
        }
      }
    }
    return counts.map { Int($0) }
  }

  /// Of the correct positions the one with the highest cosine, of equal ones the earliest.
  private static func best(of correct: [Int], cosine: (Int) -> Float) -> (cosine: Float, position: Int)? {
    var best: (cosine: Float, position: Int)?
    for position in correct {
      let cosine = cosine(position)
      guard let known = best else {
        best = (cosine, position)
        continue
      }
      if cosine > known.cosine || (cosine == known.cosine && position < known.position) { best = (cosine, position) }
    }
    return best
  }

  /// The share of places below `limit`.
  package static func recall(_ places: [Int], at limit: Int) -> ShareInterval {
    ShareInterval(hits: places.count { $0 < limit }, of: places.count)
  }
}
