internal import Core
internal import Tensor

/// All cosines of two lists of rows of length 1, a square at a time, so that they are never in memory together.
///
/// A square's cosines are the same bits each time that it is computed.
final class CosineTiles {
  /// The rows and columns of a square.
  struct Place: Hashable {
    let rows: Range<Int>
    let columns: Range<Int>
  }

  /// Width and height of a square: large enough that the product, not its start, takes the time, and small enough for a
  /// cache.
  static let side = 512

  private let rows: Tensor
  private let columns: Tensor
  private let keepable: Int
  private var kept: [Place: Tensor] = [:]

  /// - Parameters:
  ///   - rows: `[rows, dimension]`.
  ///   - columns: `[columns, dimension]`.
  ///   - memoryLimit: the largest number of bytes that squares which are kept for a second visit may take.
  init(rows: Tensor, columns: Tensor, memoryLimit: Int) {
    self.rows = rows
    self.columns = columns
    keepable = memoryLimit / (Self.side * Self.side * MemoryLayout<Float>.size)
  }

  /// Calls `body` with the cosines of one square after the other, row by row.
  /// - Parameters:
  ///   - kept: true when they are wanted again, so that they are kept as far as there is memory.
  ///   - chosen: true for the squares that are wanted, by their numbers along both sides.
  /// - Throws: ``OperationError`` when a cosine is not a finite number; `CancellationError`.
  func visit(
    kept keeps: Bool = false, where chosen: (_ row: Int, _ column: Int) -> Bool = { _, _ in true },
    _ body: (Place, UnsafeBufferPointer<Float>) -> Void
  ) throws {
    for (y, rowRange) in Self.ranges(rows.shape[0]).enumerated() {
      try Task.checkCancellation()
      for (x, columnRange) in Self.ranges(columns.shape[0]).enumerated() where chosen(y, x) {
        let place = Place(rows: rowRange, columns: columnRange)
        let known = kept[place]
        let cosines =
          try known ?? rows.slice(0, place.rows).matmul(columns.slice(0, place.columns).transposed())

        try cosines.withElements { cosines in
          // A kept square was checked when it was computed.
          if known == nil {
            try Ranking.checkFinite(
              cosines, width: columnRange.count, row: rowRange.lowerBound, column: columnRange.lowerBound)
          }
          body(place, cosines)
        }
        kept[place] = keeps && kept.count < keepable ? cosines : nil
      }
    }
  }

  private static func ranges(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: side).map { $0..<min($0 + side, count) }
  }
}
