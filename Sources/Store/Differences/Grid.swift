internal import Core

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

    /// The same value, however it is written.
    func isSame(as other: Cell) -> Bool {
      switch (self, other) {
      case (.empty, .empty): true
      case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
      case (.number(let a, let low, let high, _), .number(let b, let otherLow, let otherHigh, _)):
        (a == b || (a.isNaN && b.isNaN)) && low == otherLow && high == otherHigh
      default: false
      }
    }
  }

  var columns: [String]
  var rows: [[Cell]]

  /// A table's cells, printed as the column's style says but with enough digits to see a change.
  init(_ table: Table) {
    columns = table.columns.map(\.name)
    rows = table.rows.map { row in
      zip(row, table.columns).map { cell, column in
        switch cell {
        case .empty: .empty
        case .text(let text): .text(text)
        case .integer(let value): .number(Double(value), low: nil, high: nil, written: NumberWords.whole(value))
        case .number(let value): .number(value, low: nil, high: nil, written: Self.words(value, column.style))
        case .interval(let value, let low, let high):
          .number(
            value, low: low, high: high,
            written:
              "\(Self.words(value, column.style)) [\(Self.words(low, column.style)), \(Self.words(high, column.style))]"
          )
        }
      }
    }
  }

  private static func words(_ value: Double, _ style: Table.Column.Style) -> String {
    if case .percent = style, value.isFinite { return NumberWords.short(value * 100) + " %" }
    return NumberWords.short(value)
  }

  /// A cell of CSV: a number, `12.3 [11.0, 13.9]`, or text.
  static func cell(_ bytes: [UInt8]) -> Cell {
    if bytes.isEmpty { return .empty }
    return bytes.withUnsafeBytes { bytes in
      let written = String(decoding: bytes, as: UTF8.self)
      if let number = WrittenNumber(bytes) { return .number(number.value, low: nil, high: nil, written: written) }
      guard bytes.last == UInt8(ascii: "]"), let open = bytes.firstIndex(of: UInt8(ascii: "[")),
        let comma = bytes[open...].firstIndex(of: UInt8(ascii: ","))
      else { return .text(written) }
      func number(_ range: Range<Int>) -> Double? {
        var slice = bytes[range]
        while slice.first == 32 { slice.removeFirst() }
        while let last = slice.last, [32, UInt8(ascii: "%")].contains(last) { slice.removeLast() }
        return WrittenNumber(UnsafeRawBufferPointer(rebasing: slice))?.value
      }
      guard let value = number(0..<open), let low = number(open + 1..<comma),
        let high = number(comma + 1..<bytes.count - 1)
      else {
        return .text(written)
      }
      return .number(value, low: low, high: high, written: written)
    }
  }

  /// How many of the first columns name a row: the fewest under which no two rows are the same; texts before numbers. All when there are
  /// rows that are the same throughout.
  static func keyColumns(_ grids: [Grid]) -> [Int] {
    guard let width = grids.first?.columns.count else { return [] }
    let texts = (0..<width).filter { column in
      grids.allSatisfy { grid in
        grid.rows.allSatisfy { row in
          if case .number = row[column] { return false }
          return true
        }
      }
    }
    var keys: [Int] = []
    for column in texts + (0..<width).filter({ !texts.contains($0) }) {
      keys.append(column)
      if grids.allSatisfy({ grid in Set(grid.rows.map { grid.key($0, keys) }).count == grid.rows.count }) { break }
    }
    return keys.sorted()
  }

  /// A row's name.
  func key(_ row: [Cell], _ columns: [Int]) -> [String] { columns.map { row[$0].words } }
}
