internal import ArtifactTypes
internal import Provenance

/// Pairs that are read and written piece by piece on several threads; the result is as if it was done in order.
struct PairPieces: Sendable {
  private let pairs: Pairs

  init(_ pairs: Pairs) { self.pairs = pairs }

  /// Changes every pair and writes those that are not `nil`.
  /// - Parameters:
  ///   - transform: called from several threads; returns the pair to write and what to report of it.
  ///   - each: called with the reports in the order of the pairs.
  func map<Report: Sendable>(
    _ context: StageContext, _ transform: @escaping @Sendable (Pair) throws -> (Pair?, Report), each: (Report) -> Void
  ) async throws -> Pairs {
    let bytes = try pairs.open()
    let pieces = bytes.pieces()
    let writer = try PairsWriter(path: context.file("pairs.jsonl"))
    let pairs = pairs
    // So many pieces at a time that the results in memory stay small.
    let batch = max(1, context.threads) * 8
    for start in stride(from: 0, to: pieces.count, by: batch) {
      let ranges = pieces[start..<min(start + batch, pieces.count)]
      let results = try await concurrentMap(count: ranges.count, threads: context.threads) { index in
        var line = JSONLine()
        var count = 0
        var reports: [Report] = []
        try pairs.forEach(in: ranges[start + index], of: bytes) { pair in
          let (changed, report) = try transform(pair)
          reports.append(report)
          if let changed {
            changed.append(to: &line)
            count += 1
          }
        }
        return (lines: line.bytes, count: count, reports: reports)
      }
      for result in results {
        try writer.write(lines: result.lines, count: result.count)
        for report in result.reports { each(report) }
      }
      context.progress(min(start + batch, pieces.count), of: pieces.count, "pieces")
    }
    return try writer.finish()
  }

  /// Adds every pair up into one sum a thread, and these into one.
  ///
  /// - Parameters:
  ///   - initial: makes an empty sum.
  ///   - add: adds a pair to a sum; the order of additions must not matter.
  func sums<Sum: Sendable>(
    _ context: StageContext, initial: @escaping @Sendable () -> Sum, _ add: @escaping @Sendable (Pair, inout Sum) throws -> Void
  ) async throws -> [Sum] {
    let bytes = try pairs.open()
    let pieces = bytes.pieces()
    let pairs = pairs
    let threads = max(1, min(context.threads, pieces.count))
    return try await concurrentMap(count: threads, threads: threads) { thread in
      var sum = initial()
      for index in stride(from: thread, to: pieces.count, by: threads) {
        try Task.checkCancellation()
        try pairs.forEach(in: pieces[index], of: bytes) { try add($0, &sum) }
        if thread == 0 { context.progress(index + 1, of: pieces.count, "pieces") }
      }
      return sum
    }
  }
}
