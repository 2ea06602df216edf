internal import ArtifactTypes
internal import Counting
internal import Imaging

/// Pairs cut into parts of one size, to be read by several threads.
struct PairCuts: Sendable {
  private let pairs: OpenPairs
  private let size: Int
  /// The number of pairs before each piece, and in all.
  private let starts: [Int]

  /// - Parameter size: pairs of each part but the last.
  init(_ pairs: OpenPairs, size: Int, threads: Int) async throws {
    self.pairs = pairs
    self.size = size
    let counts = try await concurrentMap(count: pairs.pieces.count, threads: threads) { piece in
      try Task.checkCancellation()
      var count = 0
      pairs.forEachLine(in: pairs.pieces[piece]) { _ in count += 1 }
      return count
    }
    starts = counts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
  }

  /// The number of parts; one, and an empty one, where there are no pairs.
  var count: Int { max(1, ((starts.last ?? 0) + size - 1) / size) }

  /// Calls `body` with the pairs of a part.
  func forEach(_ part: Int, _ body: (Pair) throws -> Void) throws {
    try forEachPiece(of: part) { piece, isWanted in
      try pairs.forEach(in: piece) { pair in
        if isWanted() { try body(pair) }
      }
    }
  }

  /// Calls `body` with the lines of a part, without their line feeds.
  func forEachLine(_ part: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try forEachPiece(of: part) { piece, isWanted in
      try pairs.forEachLine(in: piece) { line in
        if isWanted() { try body(line) }
      }
    }
  }

  /// Calls `body` with each piece that has pairs of a part, and with a function to be called once for each pair of the
  /// piece, in order: it returns whether the pair is one of the part's.
  private func forEachPiece(of part: Int, _ body: (OpenPairs.Piece, () -> Bool) throws -> Void) throws {
    let wanted = (part * size)..<((part + 1) * size)
    for (piece, start) in starts.dropLast().enumerated()
    where start < wanted.upperBound && starts[piece + 1] > wanted.lowerBound {
      try Task.checkCancellation()
      var position = start
      try body(pairs.pieces[piece]) {
        defer { position += 1 }
        return wanted.contains(position)
      }
    }
  }
}
