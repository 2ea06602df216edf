internal import Core
internal import TextFormatting

/// A table as points: panels of series, whose points are in the order of the table.
struct PointData: Sendable {
  /// A row with both numbers.
  struct Point: Sendable {
    var x: Double
    var y: Estimate
    /// Its name.
    var label: String?
    /// Both numbers as the table prints them.
    var text: String
  }

  /// The points of one group.
  struct Series: Sendable {
    /// The position of the group in ``PointData/groups``.
    var group: Int
    var points: [Point]
  }

  /// A part of the chart; one without a name when the chart has only one.
  struct Panel: Sendable {
    var name: String?
    var series: [Series]
  }

  /// The columns of the two axes.
  let xColumn: Table.Column
  let yColumn: Table.Column
  /// The divisions of the two axes.
  let xScale: Chart.AxisScale
  let yScale: Chart.AxisScale
  /// The panels in the order of the table.
  private(set) var panels: [Panel] = []
  /// The groups with their colours.
  private(set) var groups = Groups()
  /// True when a column groups the points.
  let hasGroups: Bool
  /// The number of rows without a number in one of the two columns.
  private(set) var missing = 0

  /// Reads a table.
  /// - Throws: ``TableError`` when a column is missing or has text, when there is no point, or when there are too many
  ///   panels.
  init(
    _ table: Table, x: String, y: String, color: String?, facet: String?, label: String?, xScale: Chart.AxisScale,
    yScale: Chart.AxisScale
  ) throws(TableError) {
    let xPosition = try table.position(of: x)
    let yPosition = try table.position(of: y)
    var colorPosition: Int?
    if let color { colorPosition = try table.position(of: color) }
    var facetPosition: Int?
    if let facet { facetPosition = try table.position(of: facet) }
    var labelPosition: Int?
    if let label { labelPosition = try table.position(of: label) }
    xColumn = table.columns[xPosition]
    yColumn = table.columns[yPosition]
    hasGroups = colorPosition != nil
    self.xScale = xScale
    self.yScale = yScale

    var panelNumbers: [String: Int] = [:]
    var seriesNumbers: [[Int]: Int] = [:]
    for (row, cells) in table.rows.enumerated() {
      func text(_ position: Int?) -> String? { position.map { table.columns[$0].text(of: cells[$0]) } }
      let place = try Estimate(cells[xPosition], of: xColumn, row: row, scale: xScale)
      let value = try Estimate(cells[yPosition], of: yColumn, row: row, scale: yScale)
      guard let place, let value else {
        missing += 1
        continue
      }

      let facetName = text(facetPosition)
      let panel = panelNumbers[facetName ?? ""] ?? panels.count
      if panel == panels.count {
        panelNumbers[facetName ?? ""] = panel
        panels.append(Panel(name: facetName, series: []))
      }

      let group = groups.add(text(colorPosition) ?? "")
      let point = Point(x: place.value, y: value, label: text(labelPosition), text: "\(place.text), \(value.text)")
      if let series = seriesNumbers[[panel, group]] {
        panels[panel].series[series].points.append(point)
      } else {
        seriesNumbers[[panel, group]] = panels[panel].series.count
        panels[panel].series.append(Series(group: group, points: [point]))
      }
    }

    // Only now are the largest groups known.
    groups.assignColours()
    try ChartFrame.check(panels: panels.count)
    guard !panels.isEmpty else { throw .noRows(columns: [x, y]) }
  }

  /// Every point of every panel.
  var points: [Point] { panels.flatMap { $0.series.flatMap(\.points) } }

  /// True when a point has an interval.
  var hasIntervals: Bool { panels.contains { $0.series.contains { $0.points.contains { $0.y.interval != nil } } } }
}

/// The choice of fewer points that draw the same line.
enum LineThinning {
  /// The first, last, lowest and highest point of every column of the drawing, which together paint the same pixels as
  /// all points. A line of up to 1000 points stays unchanged.
  ///
  /// Source: Jugel, Jerzak, Hackenbroich and Markl, M4: A Visualization-Oriented Time Series Data Aggregation
  /// (VLDB 2014).
  /// - Parameters:
  ///   - points: points by rising `x`, in the drawing's units.
  ///   - columnWidth: the width of a column, in the same units.
  static func thinned(_ points: [(x: Double, y: Double)], columnWidth: Double = 0.5) -> [(x: Double, y: Double)] {
    guard points.count > 1000 else { return points }
    var result: [(x: Double, y: Double)] = []
    var start = 0
    while start < points.count {
      let column = (points[start].x / columnWidth).rounded(.down)
      var (end, low, high) = (start, start, start)
      while end + 1 < points.count, (points[end + 1].x / columnWidth).rounded(.down) == column {
        end += 1
        if points[end].y < points[low].y { low = end }
        if points[end].y > points[high].y { high = end }
      }
      for index in Set([start, low, high, end]).sorted() { result.append(points[index]) }
      start = end + 1
    }
    return result
  }
}
