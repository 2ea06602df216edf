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
    let count = candidates.count / dimension
    let other = try Tensor.from(candidates, shape: [count, dimension]).transposed()
    var places: [Int] = []
    places.reserveCapacity(correct.count)
    let batch = 512
    for start in stride(from: 0, to: correct.count, by: batch) {
      try Task.checkCancellation()
      let end = min(start + batch, correct.count)
      let part = Array(queries[(start * dimension)..<(end * dimension)])
      let cosines = try Torch.withoutGradients {
        try Tensor.from(part, shape: [end - start, dimension]).matmul(other).elements(as: Float.self)
      }
      // Nothing is greater than what is not a number: a broken model would always be right.
      if let broken = cosines.firstIndex(where: { !$0.isFinite }) {
        throw EvaluationError(
          operation: "rank by cosine", subject: "query \(start + broken / count), candidate \(broken % count)",
          cause: "their cosine is not a finite number: the embeddings of one of them are not, so the model is damaged")
      }
      for query in start..<end {
        let row = cosines[((query - start) * count)..<((query - start + 1) * count)]
        places.append(place(of: correct[query], in: row))
      }
    }
    return places
  }

  private static func place(of correct: [Int], in row: ArraySlice<Float>) -> Int {
    var best: (cosine: Float, position: Int)?
    for position in correct {
      let cosine = row[row.startIndex + position]
      guard let known = best else {
        best = (cosine, position)
        continue
      }
      if cosine > known.cosine || (cosine == known.cosine && position < known.position) { best = (cosine, position) }
    }
    guard let best else { return row.count }
    var place = 0
    for (position, cosine) in row.enumerated() where cosine > best.cosine || (cosine == best.cosine && position < best.position) {
      place += 1
    }
    return place
  }

  /// The share of places below `limit`.
  package static func recall(_ places: [Int], at limit: Int) -> ShareInterval {
    ShareInterval(hits: places.count { $0 < limit }, of: places.count)
  }
}
