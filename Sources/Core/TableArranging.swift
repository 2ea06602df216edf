/// Methods that arrange a table for a reader. Each returns a new table; rows keep their order unless the method sorts
/// them. Those that throw refuse a table in which a row has another length than the columns, with
/// ``TableError/wrongLength(columns:row:cells:)``.
extension Table {
  /// The direction in which a column is sorted.
  public enum SortOrder: Sendable, Hashable {
    /// The smallest value first.
    case ascending
    /// The largest value first.
    case descending
  }

  /// The rows ordered by a column: numbers by value before text by Unicode scalars, empty cells last. Equal rows keep
  /// their order.
  /// - Throws: ``TableError/noColumn(_:columns:)``.
  public func sorted(by column: String, _ order: SortOrder = .ascending) throws(TableError) -> Table {
    let position = try self.position(of: column)
    let ordered = rows.enumerated().sorted { left, right in
      switch Self.compare(left.element[position], right.element[position], in: order) {
      case let result where result < 0: true
      case let result where result > 0: false
      default: left.offset < right.offset
      }
    }
    return replacing(rows: ordered.map(\.element))
  }

  /// At most the first `count` rows.
  public func prefix(_ count: Int) -> Table { replacing(rows: Array(rows.prefix(max(0, count)))) }

  /// At most the last `count` rows.
  public func suffix(_ count: Int) -> Table { replacing(rows: Array(rows.suffix(max(0, count)))) }

  /// Only these columns, in this order.
  /// - Throws: ``TableError/noColumn(_:columns:)``.
  public func selecting(_ names: String...) throws(TableError) -> Table { try selecting(names) }

  /// Only these columns, in this order.
  /// - Throws: ``TableError/noColumn(_:columns:)``.
  public func selecting(_ names: [String]) throws(TableError) -> Table {
    let positions = try self.positions(of: names)
    return replacing(columns: positions.map { columns[$0] }, rows: rows.map { row in positions.map { row[$0] } })
  }

  /// The rows for which the closure returns true.
  public func filtered(_ isKept: (TableRow) throws -> Bool) rethrows -> Table {
    let kept = try rows.filter { try isKept(TableRow(columns: columns, cells: $0)) }
    return replacing(rows: kept)
  }

  /// The table with a column under another name.
  /// - Throws: ``TableError/noColumn(_:columns:)``.
  public func renaming(_ name: String, to newName: String) throws(TableError) -> Table {
    var copy = self
    copy.columns[try position(of: name)].name = newName
    return copy
  }

  /// One row for each value of several columns: the values move to the column `value`, the names of their columns to
  /// `name`.
  ///
  /// It turns a column for each direction of retrieval into bars grouped by direction. The new column takes the style
  /// of the first.
  /// - Parameters:
  ///   - values: the names of the columns that become rows.
  ///   - name: the name of the new column of names.
  ///   - value: the name of the new column of values.
  /// - Throws: ``TableError/noColumn(_:columns:)``.
  public func unpivoted(_ values: [String], name: String, value: String) throws(TableError) -> Table {
    let positions = try self.positions(of: values)
    let moved = Set(positions)
    let kept = columns.indices.filter { !moved.contains($0) }
    let style = positions.first.map { columns[$0].style } ?? .plain
    return replacing(
      columns: kept.map { columns[$0] } + [Column(name), Column(value, style: style)],
      rows: rows.flatMap { row in
        positions.map { position in kept.map { row[$0] } + [.text(columns[position].name), row[position]] }
      })
  }

  /// The position of the column of this name, in a table whose rows all have its columns' length.
  /// - Throws: ``TableError``.
  package func position(of name: String) throws(TableError) -> Int {
    try check()
    guard let position = columns.firstIndex(where: { $0.name == name }) else {
      throw .noColumn(name, columns: columns.map(\.name))
    }
    return position
  }

  /// The positions of the columns of these names, in their order.
  /// - Throws: ``TableError``.
  private func positions(of names: [String]) throws(TableError) -> [Int] {
    let known = Dictionary(zip(columns.map(\.name), columns.indices)) { first, _ in first }
    var positions: [Int] = []
    try check()
    for name in names {
      if let position = known[name] { positions.append(position) } else { positions.append(try position(of: name)) }
    }
    return positions
  }

  /// Below zero when `left` comes first.
  private static func compare(_ left: Cell, _ right: Cell, in order: SortOrder) -> Int {
    let sign = order == .ascending ? 1 : -1
    switch (left, right) {
    case (.empty, .empty): return 0
    case (.empty, _): return 1
    case (_, .empty): return -1
    case (.text(let left), .text(let right)):
      if left == right { return 0 }
      return left.unicodeScalars.lexicographicallyPrecedes(right.unicodeScalars) ? -sign : sign
    case (.text, _): return 1
    case (_, .text): return -1
    default:
      let (first, second) = (left.value ?? .nan, right.value ?? .nan)
      if first.isNaN || second.isNaN { return first.isNaN ? (second.isNaN ? 0 : 1) : -1 }
      return first == second ? 0 : first < second ? -sign : sign
    }
  }
}

/// A row while it is filtered: cells by their column's name.
public struct TableRow: Sendable {
  let columns: [Table.Column]
  /// The cells in the columns' order.
  public let cells: [Table.Cell]

  /// The cell of a column; empty when there is no such column.
  public subscript(column: String) -> Table.Cell {
    columns.firstIndex { $0.name == column }.map { cells[$0] } ?? .empty
  }

  /// The number of a column; `nil` for text, empty cells and unknown columns.
  public func number(_ column: String) -> Double? { self[column].value }

  /// The text of a column; `nil` for anything else.
  public func text(_ column: String) -> String? {
    guard case .text(let text) = self[column] else { return nil }
    return text
  }
}
