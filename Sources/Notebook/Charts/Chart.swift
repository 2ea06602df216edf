public import Core
internal import TextFormatting

/// Draws a table.
///
/// ```swift
/// try Chart(scores).bars(category: "language", value: "top-1", color: "script", reference: ("chance", 0.0007))
/// try Chart(log).line(x: "step", y: "loss")
/// ```
///
/// A drawing is honest: bars start at zero (on a logarithmic axis, which has no zero, a dot stands for the bar), 95 %
/// intervals are drawn in full, rows without a number are named rather than left out, and nothing is smoothed. Equal
/// tables give equal bytes. Numbers on axes take the style of their column: `Table.Column("top-1", style:
/// .percent(1))`.
public struct Chart: Sendable {
  /// The division of an axis.
  public enum AxisScale: Sendable, Hashable {
    /// Equal differences take equal lengths.
    case linear
    /// Equal factors take equal lengths; every value must be above zero.
    case logarithmic
  }

  /// The direction in which bars grow.
  public enum Orientation: Sendable, Hashable {
    /// To the right, with names at the left, for many or long names.
    case horizontal
    /// Upwards, with names below, for a few short names.
    case vertical
  }

  /// The order of bars.
  public enum Order: Sendable, Hashable {
    /// The order of the table.
    case table
    /// The order of their values; of several bars with one name, the first counts.
    case ascending, descending
  }

  private let table: Table

  /// A drawing of a table.
  public init(_ table: Table) { self.table = table }

  /// A bar for each row, grouped where several rows share a category.
  /// - Parameters:
  ///   - category: the column that names the bars.
  ///   - value: the column of lengths; cells with an interval get a whisker.
  ///   - color: a column that groups the rows, such as a script or a model. Six groups have colours, the rest are grey.
  ///   - facet: a column with a panel for each of its values, all on one scale.
  ///   - reference: a value to compare with, such as `("chance", 0.001)`, drawn as a dashed line.
  ///   - title: the title above the drawing.
  ///   - axis: the meaning of the length; the column's name unless given.
  ///   - orientation: the direction in which bars grow.
  ///   - scale: the division of the axis.
  ///   - order: the order of the bars.
  /// - Throws: ``TableError`` when a column is missing or has something else.
  public func bars(
    category: String, value: String, color: String? = nil, facet: String? = nil, reference: (String, Double)? = nil,
    title: String? = nil, axis: String? = nil, orientation: Orientation = .horizontal, scale: AxisScale = .linear,
    order: Order = .table
  ) throws(TableError) -> Figure {
    let data = try BarData(
      table, category: category, value: value, color: color, facet: facet, scale: scale, order: order)
    let options = BarChart.Options(
      title: title, axis: axis ?? value, reference: try Reference(reference), isVertical: orientation == .vertical)
    return BarChart(data: data, options: options).figure()
  }

  /// A group of bars for each row, with a bar for each of several columns.
  /// - Parameters:
  ///   - category: the column that names the groups.
  ///   - values: columns of lengths that share a unit; the number style is that of the first.
  ///   - facet: a column with a panel for each of its values, all on one scale.
  ///   - reference: a value to compare with, such as `("chance", 0.001)`, drawn as a dashed line.
  ///   - title: the title above the drawing.
  ///   - axis: the meaning of the length.
  ///   - orientation: the direction in which bars grow.
  ///   - scale: the division of the axis.
  ///   - order: the order of the groups.
  /// - Throws: ``TableError`` when a column is missing or has something else.
  public func bars(
    category: String, values: [String], facet: String? = nil, reference: (String, Double)? = nil, title: String? = nil,
    axis: String = "", orientation: Orientation = .horizontal, scale: AxisScale = .linear, order: Order = .table
  ) throws(TableError) -> Figure {
    // Column names with a private-use character cannot meet one of the table's.
    let (name, value) = ("\u{F8FF}series", "\u{F8FF}value")
    return try Chart(table.unpivoted(values, name: name, value: value)).bars(
      category: category, value: value, color: name, facet: facet, reference: reference, title: title, axis: axis,
      orientation: orientation, scale: scale, order: order)
  }

  /// A line for each colour through its rows in the order of `x`; intervals become a band.
  ///
  /// Long series are drawn by the first, last, lowest and highest point of every pixel column, so that no spike is
  /// lost.
  /// - Parameters:
  ///   - x: a column of numbers.
  ///   - y: a column of numbers; rows where it is empty are left out, and the drawing states their number.
  ///   - color: a column with a line for each of its values, named at its end.
  ///   - facet: a column with a panel for each of its values, all on one scale.
  ///   - reference: a value of `y` to compare with, such as `("chance", 0.001)`, drawn as a dashed line.
  ///   - title: the title above the drawing.
  ///   - xAxis: the meaning of `x`; the column's name unless given.
  ///   - yAxis: the meaning of `y`; the column's name unless given.
  ///   - xScale: the division of the axis of `x`.
  ///   - yScale: the division of the axis of `y`.
  /// - Throws: ``TableError`` when a column is missing or has something else.
  public func line(
    x: String, y: String, color: String? = nil, facet: String? = nil, reference: (String, Double)? = nil,
    title: String? = nil, xAxis: String? = nil, yAxis: String? = nil, xScale: AxisScale = .linear,
    yScale: AxisScale = .linear
  ) throws(TableError) -> Figure {
    let data = try PointData(table, x: x, y: y, color: color, facet: facet, label: nil, xScale: xScale, yScale: yScale)
    return PointChart(
      data: data,
      options: .init(
        title: title, xAxis: xAxis ?? x, yAxis: yAxis ?? y,
        reference: try Reference(reference), hasLines: true)
    ).figure()
  }

  /// A dot for each row; intervals of `y` become whiskers.
  /// - Parameters:
  ///   - x: a column of numbers.
  ///   - y: a column of numbers; rows where one of the two is empty are left out, and the drawing states their number.
  ///   - color: a column that groups the dots.
  ///   - label: a column that names the dots; a name that would cover another is only shown by the pointer.
  ///   - facet: a column with a panel for each of its values, all on one scale.
  ///   - reference: a value of `y` to compare with, such as `("chance", 0.001)`, drawn as a dashed line.
  ///   - title: the title above the drawing.
  ///   - xAxis: the meaning of `x`; the column's name unless given.
  ///   - yAxis: the meaning of `y`; the column's name unless given.
  ///   - xScale: the division of the axis of `x`.
  ///   - yScale: the division of the axis of `y`.
  /// - Throws: ``TableError`` when a column is missing or has something else.
  public func points(
    x: String, y: String, color: String? = nil, label: String? = nil, facet: String? = nil,
    reference: (String, Double)? = nil, title: String? = nil, xAxis: String? = nil, yAxis: String? = nil,
    xScale: AxisScale = .linear, yScale: AxisScale = .linear
  ) throws(TableError) -> Figure {
    let data = try PointData(
      table, x: x, y: y, color: color, facet: facet, label: label, xScale: xScale, yScale: yScale)
    return PointChart(
      data: data,
      options: .init(
        title: title, xAxis: xAxis ?? x, yAxis: yAxis ?? y,
        reference: try Reference(reference), hasLines: false)
    ).figure()
  }
}

/// A value to compare with.
struct Reference: Sendable {
  var label: String
  var value: Double

  /// The reference that a caller gives; `nil` for none.
  /// - Throws: ``TableError/notFinite(reference:value:)``.
  init?(_ given: (label: String, value: Double)?) throws(TableError) {
    guard let given else { return nil }
    guard given.value.isFinite else { throw .notFinite(reference: given.label, value: given.value) }
    (label, value) = given
  }
}

/// A number with its interval.
struct Estimate: Sendable {
  var value: Double
  var interval: (low: Double, high: Double)?
  /// True when the cell has an interval that cannot be drawn, since an end of it is not finite.
  var hasUnboundedInterval = false
  /// The cell as a table prints it.
  var text: String

  /// All numbers that the axis must show.
  var extent: [Double] { [value] + (interval.map { [$0.low, $0.high] } ?? []) }

  /// The estimate in a cell; `nil` in an empty one and in one that is not finite.
  /// - Throws: ``TableError`` when the cell has text, or a number that is not on the scale.
  init?(_ cell: Table.Cell, of column: Table.Column, row: Int, scale: Chart.AxisScale) throws(TableError) {
    if case .text(let text) = cell { throw .notANumber(column: column.name, row: row + 1, found: text) }
    guard let value = cell.value, value.isFinite else { return nil }
    if scale == .logarithmic, value <= 0 { throw .notPositive(column: column.name, row: row + 1, value: value) }
    self.value = value
    if case .interval(_, let low, let high) = cell {
      if low.isFinite, high.isFinite {
        interval = (min(low, high), max(low, high))
      } else {
        hasUnboundedInterval = true
      }
    }
    text = column.text(of: cell)
  }
}

/// The values of a column that groups rows, in the order of the table, each with its colour.
struct Groups: Sendable {
  /// The values.
  private(set) var names: [String] = []
  /// For each value, the number of its rows.
  private(set) var counts: [Int] = []
  private var positions: [String: Int] = [:]
  private var inks: [ChartStyle.Ink] = []

  /// Counts a row.
  /// - Returns: the position of its group in ``names``.
  mutating func add(_ name: String) -> Int {
    if let known = positions[name] {
      counts[known] += 1
      return known
    }
    positions[name] = names.count
    names.append(name)
    counts.append(1)
    return names.count - 1
  }

  /// Gives the colours to the largest groups, in the order of the table.
  mutating func assignColours() {
    let ranked = names.indices.sorted { (-counts[$0], $0) < (-counts[$1], $1) }
    let coloured = Set(ranked.prefix(ChartStyle.categoryCount))
    var next = 0
    inks = names.indices.map { index in
      guard coloured.contains(index) else { return .category(ChartStyle.categoryCount) }
      next += 1
      return .category(next - 1)
    }
  }

  /// The colour of a group, once colours are assigned.
  func ink(_ group: Int) -> ChartStyle.Ink { inks[group] }

  /// The entries of a legend: the coloured groups, then the rest under one name.
  var legend: [(name: String, ink: ChartStyle.Ink)] {
    let rest = names.count - ChartStyle.categoryCount
    let coloured = names.indices.filter { inks[$0] != .category(ChartStyle.categoryCount) }.map {
      (names[$0], inks[$0])
    }
    return coloured + (rest > 0 ? [("\(rest) others", .category(ChartStyle.categoryCount))] : [])
  }
}
