/// The results of `body` for 0..<count, in order, computed on up to `threads` threads at the same time.
///
/// Results do not depend on `threads` as long as `body` depends only on its argument.
/// - Parameters:
///   - count: the number of calls.
///   - threads: the largest number of calls at the same time, at least 1.
///   - progress: called with the number of finished calls, from one thread at a time.
///   - body: computes one result.
/// - Throws: the error of the first `body` that ended with one; `CancellationError`.
package func concurrentMap<Result: Sendable>(
  count: Int, threads: Int, progress: (Int) -> Void = { _ in }, _ body: @escaping @Sendable (Int) throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    var results = [Result?](repeating: nil, count: count)
    var next = 0

    func start() {
      guard next < count else { return }
      let position = next
      next += 1
      group.addTask { (position, try body(position)) }
    }

    // A call starts whenever one ends, so that no more run than there are threads.
    for _ in 0..<max(1, threads) { start() }
    var done = 0
    while let (position, result) = try await group.next() {
      try Task.checkCancellation()
      results[position] = result
      done += 1
      progress(done)
      start()
    }
    return results.compactMap(\.self)
  }
}
