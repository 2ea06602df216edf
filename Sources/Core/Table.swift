/// Rows of typed cells under named columns: an artifact that a report prints and a chart draws.
public struct Table: Artifact, Hashable {
  /// `table/1`.
  public static var format: String { "table/1" }

  /// The content of a cell.
  public enum Cell: Codable, Sendable, Hashable {
    /// Words, never read as a number.
    case text(String)
    /// A count.
    case integer(Int)
    /// A measured number.
    case number(Double)
    /// An estimate with its 95 % interval.
    case interval(Double, low: Double, high: Double)
    /// No value.
    case empty
  }

  /// A column's name and style.
  public struct Column: Codable, Sendable, Hashable {
    /// The form in which the numbers of a column print.
    public enum Style: Codable, Sendable, Hashable {
      /// Six significant digits, integers with thousands separators.
      case plain
      /// With this many digits after the point.
      case decimals(Int)
      /// A fraction of 1 as per cent, with this many digits after the point.
      case percent(Int)
    }
    /// The name in the column's head, which methods of the table find the column by.
    public var name: String
    /// The form of the numbers.
    public var style: Style

    /// A column; its numbers print in the plain style unless another is given.
    public init(_ name: String, style: Style = .plain) {
      self.name = name
      self.style = style
    }
  }

  /// The columns, from left to right; names are distinct.
  public var columns: [Column] { didSet { square() } }
  /// The rows, each as long as ``columns``.
  public private(set) var rows: [[Cell]]
  /// The first row that was given with another length than the columns'. ``rows`` has it cut or filled with empty
  /// cells, so that no cell is out of reach, but the table is refused wherever it is arranged, drawn, shown or stored.
  package private(set) var fault: TableError?

  private enum CodingKeys: String, CodingKey { case columns, rows }

  /// A table with these columns and rows.
  /// - Parameter rows: each with as many cells as there are columns. A table in which one has more or fewer cannot be
  ///   shown: ``TableError/wrongLength(columns:row:cells:)`` is thrown there.
  public init(columns: [Column], rows: [[Cell]] = []) {
    self.columns = columns
    self.rows = rows
    square()
  }

  /// Reads a table.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      columns: try container.decode([Column].self, forKey: .columns),
      rows: try container.decode([[Cell]].self, forKey: .rows))
  }

  /// Writes the table.
  /// - Throws: ``TableError/wrongLength(columns:row:cells:)`` for a table with a row of another length.
  public func encode(to encoder: any Encoder) throws {
    try check()
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(columns, forKey: .columns)
    try container.encode(rows, forKey: .rows)
  }

  /// Adds a row at the end.
  /// - Parameter row: as many cells as there are columns; with more or fewer the table cannot be shown.
  public mutating func append(_ row: [Cell]) {
    rows.append(row)
    square(from: rows.count - 1)
  }

  /// Does nothing for a table whose rows all had the length of the columns.
  /// - Throws: ``TableError/wrongLength(columns:row:cells:)``.
  package func check() throws(TableError) {
    if let fault { throw fault }
  }

  /// The columns with other rows, and the fault of this table.
  func replacing(columns: [Column]? = nil, rows: [[Cell]]) -> Table {
    var copy = Table(columns: columns ?? self.columns, rows: rows)
    copy.fault = fault ?? copy.fault
    return copy
  }

  /// Brings the rows from a position on to the length of the columns, and notes the first that had another.
  private mutating func square(from start: Int = 0) {
    for position in rows.indices.dropFirst(start) where rows[position].count != columns.count {
      let count = rows[position].count
      fault = fault ?? .wrongLength(columns: columns.map(\.name), row: position + 1, cells: count)
      if count > columns.count {
        rows[position].removeLast(count - columns.count)
      } else {
        rows[position] += repeatElement(.empty, count: columns.count - count)
      }
    }
  }

  /// The cells of a column, from top to bottom; `nil` when no column has that name.
  public subscript(column name: String) -> [Cell]? {
    guard let position = columns.firstIndex(where: { $0.name == name }) else { return nil }
    return rows.map { $0[position] }
  }
}

extension Table.Cell: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  /// A cell of text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A cell with an integer.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A cell with a number.
  public init(floatLiteral value: Double) { self = .number(value) }

  /// The number in the cell: an interval's estimate; `nil` for text and empty cells.
  public var value: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value), .interval(let value, _, _): value
    case .text, .empty: nil
    }
  }
}
