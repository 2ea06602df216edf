/// Rows of typed cells under named columns: an artifact, and what a report prints and a chart draws.
public struct Table: Artifact, Hashable {
  public static var format: String { "table/1" }

  public enum Cell: Codable, Sendable, Hashable {
    case text(String)
    case integer(Int)
    case number(Double)
    /// An estimate with its 95 % interval.
    case interval(Double, low: Double, high: Double)
    case empty
  }

  public struct Column: Codable, Sendable, Hashable {
    /// How numbers of a column print.
    public enum Style: Codable, Sendable, Hashable {
      /// As they are, integers with thousands separators.
      case plain
      /// With so many digits after the point.
      case decimals(Int)
      /// A fraction of 1 as per cent, with so many digits after the point.
      case percent(Int)
    }
    public var name: String
    public var style: Style

    public init(_ name: String, style: Style = .plain) {
      self.name = name
      self.style = style
    }
  }

  public var columns: [Column]
  /// Each as long as ``columns``.
  public private(set) var rows: [[Cell]]

  /// - Parameter rows: each with as many cells as there are columns.
  public init(columns: [Column], rows: [[Cell]] = []) {
    precondition(rows.allSatisfy { $0.count == columns.count }, "every row has a cell for every column")
    self.columns = columns
    self.rows = rows
  }

  /// - Parameter row: as many cells as there are columns.
  public mutating func append(_ row: [Cell]) {
    precondition(row.count == columns.count, "a row has a cell for every column")
    rows.append(row)
  }

  /// The cells of a column; `nil` when there is none of that name.
  public subscript(column name: String) -> [Cell]? {
    guard let position = columns.firstIndex(where: { $0.name == name }) else { return nil }
    return rows.map { $0[position] }
  }
}

extension Table.Cell: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
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
