public import Core
internal import TextFormatting

/// Draws a table.
///
/// ```swift
/// try Chart(scores).bars(category: "language", value: "top-1", color: "script", reference: ("chance", 0.0007))
/// try Chart(log).line(x: "step", y: "loss")
/// ```
///
/// A drawing is honest: bars start at zero (on a logarithmic axis, which has no zero, a dot stands for the bar), 95 % intervals are drawn
/// in full, rows without a number are named rather than left out, and nothing is smoothed. Equal tables give equal bytes.
/// Numbers on axes take the style of their column: `Table.Column("top-1", style: .percent(1))`.
public struct Chart: Sendable {
  /// How an axis is divided.
  public enum AxisScale: Sendable, Hashable {
    case linear
    /// Equal factors take equal lengths; every value must be above zero.
    case logarithmic
  }

  /// Which way bars grow.
  public enum Orientation: Sendable, Hashable {
    /// To the right, names at the left: for many or long names.
    case horizontal
    /// Upwards, names below: for a few short names.
    case vertical
  }

  /// In what order bars stand.
  public enum Order: Sendable, Hashable {
    /// As the table has them.
    case table
    /// By their value; of several bars, by the first.
    case ascending, descending
  }

  private let table: Table

  public init(_ table: Table) { self.table = table }

  /// A bar for each row, grouped where several rows share a category.
  /// - Parameters:
  ///   - category: the column that names the bars.
  ///   - value: the column of lengths; cells with an interval get a whisker.
  ///   - color: a column that groups the rows, such as a script or a model. Six groups have a colour, the rest are grey.
  ///   - facet: a column whose every value gets a panel of its own, all on one scale.
  ///   - reference: a value worth comparing with, such as `("chance", 0.001)`, drawn as a dashed line.
  ///   - title: stands above the drawing.
  ///   - axis: what the length means; the column's name unless given.
  /// - Throws: ``TableError`` when a column is missing or holds something else.
  public func bars(
    category: String, value: String, color: String? = nil, facet: String? = nil, reference: (String, Double)? = nil,
    title: String? = nil, axis: String? = nil, orientation: Orientation = .horizontal, scale: AxisScale = .linear,
    order: Order = .table
  ) throws(TableError) -> Figure {
    let data = try BarData(
      table, category: category, value: value, color: color, facet: facet, scale: scale, order: order)
    let options = BarChart.Options(
      title: title, axis: axis ?? value, reference: reference.map { .init(label: $0.0, value: $0.1) },
      isVertical: orientation == .vertical)
    return BarChart(data: data, options: options).figure()
  }

  /// A group of bars for each row, one bar a column.
  /// - Parameters:
  ///   - category: the column that names the groups.
  ///   - values: columns of lengths that share a unit; the number style is that of the first.
  ///   - axis: what the length means.
  /// - Throws: ``TableError`` when a column is missing or holds something else.
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
  /// Long series are drawn by the first, last, lowest and highest point of every pixel column, so that no spike is lost.
  /// - Parameters:
  ///   - x: a column of numbers.
  ///   - y: a column of numbers; rows where it is empty are left out, and the drawing says how many.
  ///   - color: a column whose every value is a line, named at its end.
  /// - Throws: ``TableError`` when a column is missing or holds something else.
  public func line(
    x: String, y: String, color: String? = nil, facet: String? = nil, reference: (String, Double)? = nil,
    title: String? = nil,
    xAxis: String? = nil, yAxis: String? = nil, xScale: AxisScale = .linear, yScale: AxisScale = .linear
  ) throws(TableError) -> Figure {
    let data = try PointData(table, x: x, y: y, color: color, facet: facet, label: nil, xScale: xScale, yScale: yScale)
    return PointChart(
      data: data,
      options: .init(
        title: title, xAxis: xAxis ?? x, yAxis: yAxis ?? y,
        reference: reference.map { .init(label: $0.0, value: $0.1) },
        hasLines: true)
    ).figure()
  }

  /// A dot for each row; intervals of `y` become whiskers.
  /// - Parameters:
  ///   - x: a column of numbers.
  ///   - y: a column of numbers; rows where one of the two is empty are left out, and the drawing says how many.
  ///   - color: a column that groups the dots.
  ///   - label: a column that names the dots; names that would cover another are left to the pointer.
  /// - Throws: ``TableError`` when a column is missing or holds something else.
  public func points(
    x: String, y: String, color: String? = nil, label: String? = nil, facet: String? = nil,
    reference: (String, Double)? = nil,
    title: String? = nil, xAxis: String? = nil, yAxis: String? = nil, xScale: AxisScale = .linear,
    yScale: AxisScale = .linear
  ) throws(TableError) -> Figure {
    let data = try PointData(
      table, x: x, y: y, color: color, facet: facet, label: label, xScale: xScale, yScale: yScale)
    return PointChart(
      data: data,
      options: .init(
        title: title, xAxis: xAxis ?? x, yAxis: yAxis ?? y,
        reference: reference.map { .init(label: $0.0, value: $0.1) },
        hasLines: false)
    ).figure()
  }
}

/// A value worth comparing with.
struct Reference: Sendable {
  var label: String
  var value: Double
}

/// A number with its interval, as a chart draws it.
struct Estimate: Sendable {
  var value: Double
  var interval: (low: Double, high: Double)?
  /// As a table prints it.
  var text: String

  /// Everything that the axis has to show.
  var extent: [Double] { [value] + (interval.map { [$0.low, $0.high] } ?? []) }

  /// The estimate in a cell; `nil` in an empty one and in one that is not finite.
  /// - Throws: ``TableError`` when the cell holds text, or the scale has no place for it.
  init?(_ cell: Table.Cell, of column: Table.Column, row: Int, scale: Chart.AxisScale) throws(TableError) {
    if case .text(let text) = cell { throw .notANumber(column: column.name, row: row + 1, found: text) }
    guard let value = cell.value, value.isFinite else { return nil }
    if scale == .logarithmic, value <= 0 { throw .notPositive(column: column.name, row: row + 1, value: value) }
    self.value = value
    if case .interval(_, let low, let high) = cell, low.isFinite, high.isFinite {
      interval = (min(low, high), max(low, high))
    }
    text = column.text(of: cell)
  }
}

/// The values of a column that groups rows, in the order in which they come up, each with its colour.
struct Groups: Sendable {
  private(set) var names: [String] = []
  private(set) var counts: [Int] = []
  private var positions: [String: Int] = [:]
  private var inks: [ChartStyle.Ink] = []

  /// The group's number, from 0.
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

  func ink(_ group: Int) -> ChartStyle.Ink { inks[group] }

  /// What a legend lists: the coloured groups, then the rest under one name.
  var legend: [(name: String, ink: ChartStyle.Ink)] {
    let rest = names.count - ChartStyle.categoryCount
    let coloured = names.indices.filter { inks[$0] != .category(ChartStyle.categoryCount) }.map {
      (names[$0], inks[$0])
    }
    return coloured + (rest > 0 ? [("\(rest) others", .category(ChartStyle.categoryCount))] : [])
  }
}
