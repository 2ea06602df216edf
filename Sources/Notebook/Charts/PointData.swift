internal import Core
internal import TextFormatting

/// A table as points: panels of series, each sorted by `x` only when it is drawn as a line.
struct PointData: Sendable {
  struct Point: Sendable {
    var x: Double
    var y: Estimate
    var label: String?
    /// As the table prints the place.
    var text: String
  }

  struct Series: Sendable {
    var group: Int
    var points: [Point]
  }

  struct Panel: Sendable {
    var name: String?
    var series: [Series]
  }

  let xColumn: Table.Column
  let yColumn: Table.Column
  let xScale: Chart.AxisScale
  let yScale: Chart.AxisScale
  private(set) var panels: [Panel] = []
  private(set) var groups = Groups()
  let hasGroups: Bool
  /// Rows that have no number in one of the two columns.
  private(set) var missing = 0

  init(
    _ table: Table, x: String, y: String, color: String?, facet: String?, label: String?, xScale: Chart.AxisScale,
    yScale: Chart.AxisScale
  ) throws(TableError) {
    let xPosition = try table.position(of: x)
    let yPosition = try table.position(of: y)
    var optional: [Int?] = []
    for name in [color, facet, label] {
      guard let name else {
        optional.append(nil)
        continue
      }
      optional.append(try table.position(of: name))
    }
    let (colorPosition, facetPosition, labelPosition) = (optional[0], optional[1], optional[2])
    xColumn = table.columns[xPosition]
    yColumn = table.columns[yPosition]
    hasGroups = colorPosition != nil
    self.xScale = xScale
    self.yScale = yScale

    var panelNumbers: [String: Int] = [:]
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
      if let series = panels[panel].series.firstIndex(where: { $0.group == group }) {
        panels[panel].series[series].points.append(point)
      } else {
        panels[panel].series.append(Series(group: group, points: [point]))
      }
    }
    groups.assignColours()
    guard !panels.isEmpty else { throw .noRows(columns: [x, y]) }
  }

  var points: [Point] { panels.flatMap { $0.series.flatMap(\.points) } }

  var hasIntervals: Bool { panels.contains { $0.series.contains { $0.points.contains { $0.y.interval != nil } } } }
}

/// Fewer points that draw the same line.
enum LineThinning {
  /// For every column of the drawing the first, last, lowest and highest point, which together paint the pixels that all points would.
  ///
  /// Source: Jugel, Jerzak, Hackenbroich and Markl, M4: A Visualization-Oriented Time Series Data Aggregation (VLDB 2014).
  /// - Parameter points: by rising `x`, in the drawing's units.
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
