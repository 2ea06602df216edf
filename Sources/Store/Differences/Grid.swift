internal import Core
internal import TextFormatting

/// A table as it is compared: from `table/1` or from CSV.
struct Grid {
  enum Cell: Equatable {
    case empty
    case text(String)
    /// A number with its interval, if it has one, and as it is written.
    case number(Double, low: Double?, high: Double?, written: String)

    var words: String {
      switch self {
      case .empty: ""
      case .text(let text): text.shortened
      case .number(_, _, _, let written): written
      }
    }

    /// The value of a number; `nil` for any other cell.
    var number: Double? { if case .number(let value, _, _, _) = self { value } else { nil } }

    /// True when the other cell has the same value, however it is written.
    func isSame(as other: Cell) -> Bool {
      switch (self, other) {
      case (.empty, .empty): true
      case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
      case (.number(let a, let low, let high, _), .number(let b, let otherLow, let otherHigh, _)):
        Self.isSame(a, b) && Self.isSame(low, otherLow) && Self.isSame(high, otherHigh)
      default: false
      }
    }

    /// True for equal numbers: NaN and NaN, −0 and 0 among them.
    private static func isSame(_ a: Double?, _ b: Double?) -> Bool {
      guard let a, let b else { return a == nil && b == nil }
      return a == b || (a.isNaN && b.isNaN)
    }
  }

  var columns: [String]
  var rows: [[Cell]]

  /// A table's cells, printed as the column's style says but with enough digits to see a change.
  init(_ table: Table) {
    columns = table.columns.map(\.name)
    rows = table.rows.map { row in zip(row, table.columns).map { Self.cell($0, $1.style) } }
  }

  private static func cell(_ cell: Table.Cell, _ style: Table.Column.Style) -> Cell {
    func words(_ value: Double) -> String {
      if case .percent = style, value.isFinite { return NumberText.share(value) }
      return NumberText.significant(value)
    }
    switch cell {
    case .empty: return .empty
    case .text(let text): return .text(text)
    case .integer(let value):
      return .number(Double(value), low: nil, high: nil, written: NumberText.integer(value))
    case .number(let value): return .number(value, low: nil, high: nil, written: words(value))
    case .interval(let value, let low, let high):
      return .number(value, low: low, high: high, written: "\(words(value)) [\(words(low)), \(words(high))]")
    }
  }

  /// A cell of CSV: a number, `12.3 [11.0, 13.9]`, or text.
  static func cell(_ bytes: [UInt8]) -> Cell {
    if bytes.isEmpty { return .empty }
    return bytes.withUnsafeBytes { bytes in
      let written = String(decoding: bytes, as: UTF8.self)
      if let number = WrittenNumber(bytes) { return .number(number.value, low: nil, high: nil, written: written) }

      guard bytes.last == UInt8(ascii: "]"), let open = bytes.firstIndex(of: UInt8(ascii: "[")),
        let comma = bytes[open...].firstIndex(of: UInt8(ascii: ",")), let value = number(bytes[..<open]),
        let low = number(bytes[open + 1..<comma]), let high = number(bytes[comma + 1..<bytes.count - 1])
      else { return .text(written) }
      return .number(value, low: low, high: high, written: written)
    }
  }

  /// A number between spaces, with a per cent sign or without.
  private static func number(_ slice: Slice<UnsafeRawBufferPointer>) -> Double? {
    var slice = slice
    while slice.first == 32 { slice.removeFirst() }
    while let last = slice.last, [32, UInt8(ascii: "%")].contains(last) { slice.removeLast() }
    return WrittenNumber(UnsafeRawBufferPointer(rebasing: slice))?.value
  }

  /// The columns that name a row: the fewest under which no two rows are the same; texts come before numbers. All
  /// when there are rows that are the same throughout.
  static func keyColumns(_ grids: Sides<Grid>) -> [Int] {
    let width = grids.old.columns.count
    let texts = (0..<width).filter { column in
      grids.both.allSatisfy { grid in grid.rows.allSatisfy { $0[column].number == nil } }
    }
    var keys: [Int] = []
    for column in texts + (0..<width).filter({ !texts.contains($0) }) {
      keys.append(column)
      let areNames = grids.both.allSatisfy { grid in
        Set(grid.rows.map { grid.key($0, keys) }).count == grid.rows.count
      }
      if areNames { break }
    }
    return keys.sorted()
  }

  /// A row's name.
  func key(_ row: [Cell], _ columns: [Int]) -> [String] { columns.map { row[$0].words } }
}
