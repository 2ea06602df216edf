package import ArtifactTypes
internal import Core
internal import Tensor

/// Ranks candidates by their cosine with each query.
package enum Ranking {
  /// The place of each query's best correct candidate among all candidates, from 0; of equal cosines the earlier
  /// candidate comes first.
  /// - Parameters:
  ///   - queries: rows of length 1, `[queries, dimension]`.
  ///   - candidates: the same, `[candidates, dimension]`.
  ///   - correct: for each query the candidates that are right, at least one.
  /// - Throws: ``OperationError`` when a cosine is not a finite number; `CancellationError`.
  package static func places(
    queries: [Float], candidates: [Float], dimension: Int, correct: [[Int]]
  ) throws -> [Int] {
    var places: [Int] = []
    places.reserveCapacity(correct.count)
    try eachRow(queries, candidates, dimension: dimension, rows: correct.count) { row, query in
      places.append(place(of: correct[query], in: row))
    }
    return places
  }

  /// The places of both directions, each cosine computed once.
  /// - Parameters:
  ///   - rows: rows of length 1, `[rows, dimension]`.
  ///   - columns: the same, `[columns, dimension]`.
  ///   - rowsCorrect: for each of `rows` those of `columns` that are right, at least one.
  ///   - columnsCorrect: for each of `columns` those of `rows` that are right, at least one.
  ///   - memoryLimit: the largest number of bytes of cosines that are kept between the pass over the correct pairs and
  ///     the pass over all pairs; cosines that do not fit are computed twice.
  /// - Returns: the place of each row's best among the columns, and of each column's best among the rows, as
  ///   ``places(queries:candidates:dimension:correct:)`` counts them.
  /// - Throws: ``OperationError`` when a cosine is not a finite number; `CancellationError`.
  package static func mutualPlaces(
    rows: [Float], columns: [Float], dimension: Int, rowsCorrect: [[Int]], columnsCorrect: [[Int]],
    memoryLimit: Int = 1 << 26
  ) throws -> (rows: [Int], columns: [Int]) {
    var ranks = MutualRanks(rows: rowsCorrect, columns: columnsCorrect)
    try Tensor.withBorrowed(rows, shape: [rows.count / dimension, dimension]) { rows in
      try Tensor.withBorrowed(columns, shape: [columns.count / dimension, dimension]) { columns in
        try Torch.withoutGradients {
          let tiles = CosineTiles(rows: rows, columns: columns, memoryLimit: memoryLimit)
          try tiles.visit(kept: true, where: ranks.correctTiles) { ranks.learn($0, $1) }
          try tiles.visit { ranks.count($0, $1) }
        }
      }
    }
    return ranks.places
  }

  /// Calls `body` with the cosines of each query and all candidates, and the query's number.
  private static func eachRow(
    _ queries: [Float], _ candidates: [Float], dimension: Int, rows: Int,
    body: (UnsafeBufferPointer<Float>, Int) -> Void
  ) throws {
    let count = candidates.count / dimension
    guard rows > 0 else { return }
    // The cosines of a batch fit into memory, whatever the number of candidates.
    let batch = max(1, min(batch, cosinesAtATime / max(count, 1)))

    try Tensor.withBorrowed(queries, shape: [queries.count / dimension, dimension]) { queries in
      try Tensor.withBorrowed(candidates, shape: [count, dimension]) { candidates in
        for start in stride(from: 0, to: rows, by: batch) {
          try Task.checkCancellation()
          let end = min(start + batch, rows)
          let cosines = try Torch.withoutGradients { try queries.slice(0, start..<end).matmul(candidates.transposed()) }
          try cosines.withElements { cosines in
            try checkFinite(cosines, width: count, row: start, column: 0)
            for query in start..<end {
              let first = (query - start) * count
              body(UnsafeBufferPointer(rebasing: cosines[first..<first + count]), query)
            }
          }
        }
      }
    }
  }

  /// The largest number of queries that are multiplied at a time.
  private static let batch = 512
  /// The largest number of cosines that are computed at a time, unless a single query has more.
  private static let cosinesAtATime = 1 << 24

  /// Checks that all cosines are finite: nothing is greater than NaN, so that a broken model would always be right.
  /// - Parameters:
  ///   - width: the length of a row of the cosines.
  ///   - row: the number of the first row; `column` that of the first column.
  /// - Throws: ``OperationError`` when a cosine is not a finite number.
  static func checkFinite(_ cosines: UnsafeBufferPointer<Float>, width: Int, row: Int, column: Int) throws {
    guard let broken = firstBroken(in: cosines) else { return }
    throw OperationError(
      operation: "rank by cosine", subject: "query \(row + broken / width), candidate \(column + broken % width)",
      cause: "their cosine is not a finite number: the embeddings of one of them are not, so the model is damaged")
  }

  /// The position of the first value that is not finite; `nil` when all are.
  private static func firstBroken(in values: UnsafeBufferPointer<Float>) -> Int? {
    // The exponent of an infinite number and of NaN has all bits set. Without a branch, the processor checks several
    // values at a time.
    let exponent = Float.infinity.bitPattern
    var broken: UInt32 = 0
    for value in values { broken |= value.bitPattern & exponent == exponent ? 1 : 0 }
    return broken == 0 ? nil : values.firstIndex { !$0.isFinite }
  }

  /// The number of candidates of a row that rank before the best correct one.
  private static func place(of correct: [Int], in row: UnsafeBufferPointer<Float>) -> Int {
    guard let best = Self.best(of: correct, cosine: { row[$0] }) else { return row.count }
    var (earlier, later): (Int32, Int32) = (0, 0)
    for position in 0..<best.position { earlier &+= row[position] >= best.cosine ? 1 : 0 }
    for position in best.position..<row.count { later &+= row[position] > best.cosine ? 1 : 0 }
    return Int(earlier) + Int(later)
  }

  /// The correct position with the highest cosine; of equal ones the earliest.
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
