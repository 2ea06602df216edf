public import Core
internal import TextFormatting

extension Table.Column {
  /// The text of a cell in this column: `12 345`, `0.231`, `23.1 %`, `23.1 % [21.2, 25.1]`; empty for an empty cell.
  ///
  /// A minus is U+2212. Numbers of five digits or more have narrow no-break spaces between thousands; years do not.
  public func text(of cell: Table.Cell) -> String {
    switch cell {
    case .text(let text): text
    case .integer(let value):
      switch style {
      case .plain, .decimals: NumberText.integer(value)
      case .percent: NumberText.number(Double(value), style)
      }
    case .number(let value): NumberText.number(value, style)
    case .interval(let value, let low, let high):
      "\(NumberText.number(value, style)) [\(NumberText.bare(low, style)), \(NumberText.bare(high, style))]"
    case .empty: ""
    }
  }
}
