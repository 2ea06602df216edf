internal import ArtifactTypes
internal import Core
internal import Counting
internal import FileFormats

/// The change of a pair between reading and writing.
enum PairChange {
  /// It is not written.
  case dropped
  /// It is written with the bytes that were read.
  case unchanged
  case changed(Pair)
}

/// Pairs that are read and written piece by piece on several threads, with the same result as on one.
struct PairPieces: Sendable {
  private let pairs: Pairs

  init(_ pairs: Pairs) { self.pairs = pairs }

  /// Changes every pair and writes those that are not `nil`, each shard into a shard of the same name.
  /// - Parameters:
  ///   - transform: called from several threads; returns the pair to write and a report.
  ///   - each: called with the reports, in the order of the pairs.
  func map<Report: Sendable>(
    _ context: StageContext, _ transform: @escaping @Sendable (Pair) throws -> (Pair?, Report), each: (Report) -> Void
  ) async throws -> Pairs {
    try await map(
      context, scratch: { 0 },
      { pair, _ in
        let (changed, report) = try transform(pair)
        return (changed.map { .changed($0) } ?? .dropped, report)
      }, each: each)
  }

  /// Changes every pair, with memory that is used again from pair to pair.
  /// - Parameters:
  ///   - scratch: makes the memory for a piece.
  ///   - transform: called from several threads; returns the change and a report.
  ///   - each: called with the reports, in the order of the pairs.
  func map<Report: Sendable, Scratch>(
    _ context: StageContext, scratch: @escaping @Sendable () throws -> Scratch,
    _ transform: @escaping @Sendable (Pair, inout Scratch) throws -> (PairChange, Report), each: (Report) -> Void
  ) async throws -> Pairs {
    let open = try pairs.open()
    var shards = open.names.indices.makeIterator()
    var written: [ContentFile] = []
    var shard = shards.next() ?? 0
    var writer = try PairsWriter(path: context.file(open.names[shard]), name: open.names[shard])

    try await forEachPiece(
      context, of: open,
      { piece in
        var line = JSONLine()
        var count = 0
        var reports: [Report] = []
        var memory = try scratch()
        try open.forEachWithLine(in: piece) { pair, text in
          let (change, report) = try transform(pair, &memory)
          reports.append(report)
          switch change {
          case .dropped: return
          case .unchanged:
            line.copy(text)
            line.raw("\n")
          case .changed(let pair): pair.append(to: &line)
          }
          count += 1
        }
        return (lines: line.bytes, count: count, reports: reports)
      },
      inOrder: { piece, result in
        // A shard without pieces is written too, empty.
        while piece.shard != shard {
          written.append(try writer.finishShard())
          shard = shards.next() ?? piece.shard
          writer = try PairsWriter(path: context.file(open.names[shard]), name: open.names[shard])
        }
        try writer.write(lines: result.lines, count: result.count)
        for report in result.reports { each(report) }
      })

    written.append(try writer.finishShard())
    while let empty = shards.next() {
      written.append(try PairsWriter(path: context.file(open.names[empty]), name: open.names[empty]).finishShard())
    }
    return Pairs(shards: written)
  }

  /// Calls `body` with every piece on several threads, and `inOrder` with its results in the order of the pairs.
  ///
  /// At most twice as many results as threads are in memory at a time.
  func forEachPiece<Result: Sendable>(
    _ context: StageContext, of open: OpenPairs, _ body: @escaping @Sendable (OpenPairs.Piece) throws -> Result,
    inOrder: (OpenPairs.Piece, Result) throws -> Void
  ) async throws {
    let pieces = open.pieces
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var waiting: [Int: Result] = [:]
      var started = 0
      var taken = 0

      // Results that wait for an earlier one count against the limit: a slow piece stops the others in the end.
      func start() {
        guard started < pieces.count, started - taken < max(1, context.threads) * 2 else { return }
        let position = started
        started += 1
        group.addTask { (position, try body(pieces[position])) }
      }

      for _ in 0..<max(1, context.threads) { start() }
      while let (position, result) = try await group.next() {
        try Task.checkCancellation()
        waiting[position] = result
        while let next = waiting.removeValue(forKey: taken) {
          try inOrder(pieces[taken], next)
          taken += 1
          context.progress(taken, of: pieces.count, "pieces")
        }

        while started - taken - waiting.count < max(1, context.threads), started < pieces.count,
          started - taken < max(1, context.threads) * 2
        {
          start()
        }
      }
    }
  }

  /// Adds up all pairs, in one sum for each thread.
  /// - Parameters:
  ///   - initial: returns an empty sum.
  ///   - add: adds a pair to a sum; the order of additions must not matter.
  func sums<Sum: Sendable>(
    _ context: StageContext, initial: @escaping @Sendable () -> Sum,
    _ add: @escaping @Sendable (Pair, inout Sum) throws -> Void
  ) async throws -> [Sum] {
    let open = try pairs.open()
    let threads = max(1, min(context.threads, open.pieces.count))
    return try await concurrentMap(count: threads, threads: threads) { thread in
      var sum = initial()
      for index in stride(from: thread, to: open.pieces.count, by: threads) {
        try Task.checkCancellation()
        try open.forEach(in: open.pieces[index]) { try add($0, &sum) }
        if thread == 0 { context.progress(index + 1, of: open.pieces.count, "pieces") }
      }
      return sum
    }
  }
}
