/// The ranks of the correct pairs in each row and in each column of a table of cosines, found from squares of the
/// table.
///
/// First the best correct cosines are found, then all that are before them are counted.
struct MutualRanks {
  /// The best correct pairs along one side.
  fileprivate struct Side {
    let correct: [[Int]]
    /// The cosine of the best correct pair; below all others where there is none.
    var cosines: [Float]
    /// Its position along the other side; after all others where there is none.
    var positions: [Int32]
    /// The number of pairs before it, as far as they are counted.
    var counts: [Int32]

    init(_ correct: [[Int]]) {
      self.correct = correct
      cosines = [Float](repeating: -.infinity, count: correct.count)
      positions = [Int32](repeating: .max, count: correct.count)
      counts = [Int32](repeating: 0, count: correct.count)
    }

    /// Of equal cosines the earlier position is the better one.
    mutating func learn(_ number: Int, _ cosine: Float, at position: Int) {
      let position = Int32(truncatingIfNeeded: position)
      guard cosine > cosines[number] || (cosine == cosines[number] && position < positions[number]) else { return }
      (cosines[number], positions[number]) = (cosine, position)
    }
  }

  private var rows: Side
  private var columns: Side
  /// The squares with a correct pair, by their numbers along both sides.
  private let tiles: Set<[Int]>

  /// - Parameters:
  ///   - rows: for each row the columns that are right.
  ///   - columns: for each column the rows that are right.
  init(rows: [[Int]], columns: [[Int]]) {
    self.rows = Side(rows)
    self.columns = Side(columns)
    var tiles: Set<[Int]> = []
    let side = CosineTiles.side
    for (row, correct) in rows.enumerated() { for column in correct { tiles.insert([row / side, column / side]) } }
    for (column, correct) in columns.enumerated() { for row in correct { tiles.insert([row / side, column / side]) } }
    self.tiles = tiles
  }

  /// True when ``learn(_:_:)`` must see a square.
  func correctTiles(_ row: Int, _ column: Int) -> Bool { tiles.contains([row, column]) }

  /// The number of pairs before the best correct one of each row, and of each column.
  var places: (rows: [Int], columns: [Int]) { (rows.counts.map { Int($0) }, columns.counts.map { Int($0) }) }

  /// Takes the correct pairs of a square.
  mutating func learn(_ place: CosineTiles.Place, _ cosines: UnsafeBufferPointer<Float>) {
    let width = place.columns.count
    func cosine(_ row: Int, _ column: Int) -> Float {
      cosines[(row - place.rows.lowerBound) * width + column - place.columns.lowerBound]
    }
    for row in place.rows {
      for column in rows.correct[row] where place.columns.contains(column) {
        rows.learn(row, cosine(row, column), at: column)
      }
    }
    for column in place.columns {
      for row in columns.correct[column] where place.rows.contains(row) {
        columns.learn(column, cosine(row, column), at: row)
      }
    }
  }

  /// Counts the pairs of a square that are before the best correct ones; to be called once for each square.
  mutating func count(_ place: CosineTiles.Place, _ cosines: UnsafeBufferPointer<Float>) {
    let width = place.columns.count
    let border = BorderRow(columns.cosines[place.columns], columns.positions[place.columns], rows: place.rows)
    columns.counts.withUnsafeMutableBufferPointer { counts in
      let counts = UnsafeMutableBufferPointer(rebasing: counts[place.columns])
      for row in place.rows {
        let start = (row - place.rows.lowerBound) * width
        let line = UnsafeBufferPointer(rebasing: cosines[start..<(start + width)])
        rows.counts[row] &+= rows.before(row, in: line, from: place.columns.lowerBound)
        border.count(line, row: Int32(truncatingIfNeeded: row), into: counts)
      }
    }
  }
}

extension MutualRanks.Side {
  /// The number of a line's columns that are before the best correct one of a row.
  /// - Parameters:
  ///   - line: the row's cosines in one square.
  ///   - first: the position of the square's first column.
  fileprivate func before(_ row: Int, in line: UnsafeBufferPointer<Float>, from first: Int) -> Int32 {
    // In columns before the best one, an equal cosine ranks before it too.
    let border = min(max(Int(positions[row]) - first, 0), line.count)
    let best = cosines[row]
    var (earlier, later): (Int32, Int32) = (0, 0)
    for column in 0..<border { earlier &+= line[column] >= best ? 1 : 0 }
    for column in border..<line.count { later &+= line[column] > best ? 1 : 0 }
    return earlier &+ later
  }
}

/// The best correct cosines of a square's columns, with which the others are compared.
private struct BorderRow {
  /// The numbers that a cosine must exceed, for squares that are entirely before or after the best one.
  private let borders: [Float]
  /// The best cosines and their positions, when some of them are in the square itself.
  private let mixed: (cosines: [Float], positions: [Int32])?

  init(_ cosines: ArraySlice<Float>, _ positions: ArraySlice<Int32>, rows: Range<Int>) {
    // In rows before the best one, an equal cosine ranks before it too.
    borders = zip(cosines, positions).map { cosine, position in
      Int(position) < rows.upperBound ? cosine : cosine.nextDown
    }
    mixed = positions.contains { rows.contains(Int($0)) } ? (Array(cosines), Array(positions)) : nil
  }

  /// Counts the columns of a row that are before the best ones. Without branches, so that the processor compares
  /// several at a time.
  func count(_ line: UnsafeBufferPointer<Float>, row: Int32, into counts: UnsafeMutableBufferPointer<Int32>) {
    guard let mixed else {
      borders.withUnsafeBufferPointer { borders in
        for column in 0..<line.count { counts[column] &+= line[column] > borders[column] ? 1 : 0 }
      }
      return
    }
    mixed.cosines.withUnsafeBufferPointer { cosines in
      mixed.positions.withUnsafeBufferPointer { positions in
        for column in 0..<line.count {
          let above: Int32 = line[column] > cosines[column] ? 1 : 0
          let level: Int32 = line[column] == cosines[column] ? 1 : 0
          let earlier: Int32 = row < positions[column] ? 1 : 0
          counts[column] &+= above | (level & earlier)
        }
      }
    }
  }
}
