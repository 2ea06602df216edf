internal import Core
internal import TextFormatting

/// Lays out and draws lines and points.
struct PointChart {
  /// The parts of a chart that are not in the table.
  struct Options {
    var title: String?
    /// The names of the axes; empty for none.
    var xAxis: String
    var yAxis: String
    /// A value of `y` that is drawn as a dashed line.
    var reference: Reference?
    /// True for lines, false for dots.
    var hasLines: Bool
  }

  /// The place of a panel's plot in the drawing.
  private struct Plot {
    var left: Double
    var top: Double
    var width: Double
    var height: Double
    var right: Double { left + width }
    var bottom: Double { top + height }
  }

  /// The points.
  let data: PointData
  /// Title, axes and reference line.
  let options: Options
  private let xAxis: Scale
  private let yAxis: Scale
  private let size = ChartFrame.textSize
  /// The most lines that are named at their ends instead of in a legend.
  private static let directLabels = 6

  /// A chart with axes that show all points and the reference line.
  init(data: PointData, options: Options) {
    self.data = data
    self.options = options
    let points = data.points
    xAxis = Scale(
      data.xScale == .logarithmic ? .logarithmic : .linear, showing: points.map(\.x),
      endsAtData: options.hasLines, ticks: data.panels.count > 1 ? 3 : 5, style: data.xColumn.style)
    yAxis = Scale(
      data.yScale == .logarithmic ? .logarithmic : .linear,
      showing: points.flatMap(\.y.extent) + (options.reference.map { [$0.value] } ?? []), ticks: 5,
      style: data.yColumn.style)
  }

  /// Draws the chart.
  func figure() -> Figure {
    var drawing = Drawing()
    let isDirect =
      options.hasLines && data.hasGroups && data.groups.names.count <= Self.directLabels && data.panels.count == 1
    var y = ChartFrame.head(
      &drawing, title: options.title, legend: data.hasGroups && !isDirect ? data.groups.legend : [],
      reference: options.reference.map { ChartFrame.text($0, data.yColumn.style) })

    // Several panels are drawn in two columns with one scale: only the left one has numbers at its axis.
    let columns = data.panels.count > 1 ? 2 : 1
    let left = min(ChartFrame.width * 0.38, yAxis.ticks.map { TextWidth.of($0.label, size: size) }.max() ?? 0) + 10
    let names = isDirect ? data.groups.names.map { TextWidth.of($0, size: size) * 1.06 + 1 }.max() ?? 0 : 0
    let labelWidth = max(isDirect ? min(130, names) + 12 : 8, min(80, ChartFrame.overhang(xAxis)))
    let gap = 18.0
    let panelWidth = (ChartFrame.width - left - labelWidth - gap * Double(columns - 1)) / Double(columns)
    let height = columns > 1 ? 150.0 : 240.0

    if !options.yAxis.isEmpty {
      let name = TextWidth.shortened(options.yAxis, to: ChartFrame.width, size: size)
      drawing.text(name, x: 0, y: y + 12, size: size, .quiet)
      y += 18
    }

    for start in stride(from: 0, to: data.panels.count, by: columns) {
      let row = data.panels[start..<min(start + columns, data.panels.count)]
      let space = row.contains { $0.name != nil } ? 20.0 : 6.0
      for (column, panel) in row.enumerated() {
        let plot = Plot(
          left: left + Double(column) * (panelWidth + gap), top: y + space, width: panelWidth, height: height)
        if let name = panel.name {
          let shown = TextWidth.shortened(name, to: panelWidth, size: 13)
          drawing.text(shown, x: plot.left, y: y + 13, size: 13, isBold: true, title: shown == name ? nil : name)
        }
        draw(panel, on: &drawing, in: plot, namesValues: column == 0)
        if isDirect { drawNames(panel, on: &drawing, in: plot, width: labelWidth - 12) }
      }
      y += space + height + 24
    }

    if !options.xAxis.isEmpty {
      let name = TextWidth.shortened(options.xAxis, to: ChartFrame.width, size: size)
      let half = TextWidth.of(name, size: size) / 2
      let middle = left + (ChartFrame.width - left - labelWidth) / 2
      drawing.text(
        name, x: min(max(middle, half), ChartFrame.width - half), y: y + 8, size: size, .quiet, anchor: .middle)
      y += 14
    }
    y += ChartFrame.foot(&drawing, notes: notes, y: y)
    return drawing.figure(width: ChartFrame.width, height: y + 4, title: options.title, summary: summary)
  }

  private func draw(_ panel: PointData.Panel, on drawing: inout Drawing, in plot: Plot, namesValues: Bool) {
    drawAxes(on: &drawing, in: plot, namesValues: namesValues)
    // Zero and below have no place on a logarithmic axis.
    if let reference = options.reference, yAxis.kind == .linear || reference.value > 0 {
      let y = place(y: reference.value, plot)
      drawing.line(from: (plot.left, y), to: (plot.right, y), .reference, width: 1.3, dash: "4 3")
    }

    if options.hasLines {
      for series in panel.series { drawLine(series, on: &drawing, in: plot) }
    } else {
      for series in panel.series { drawPoints(series, on: &drawing, in: plot) }
      drawPointNames(panel, on: &drawing, in: plot)
    }
  }

  private func drawAxes(on drawing: inout Drawing, in plot: Plot, namesValues: Bool) {
    for tick in yAxis.ticks {
      let y = place(y: tick.value, plot)
      drawing.line(from: (plot.left, y), to: (plot.right, y), .grid)
      if namesValues { drawing.text(tick.label, x: plot.left - 6, y: y + 4, size: size, .quiet, anchor: .end) }
    }
    for tick in ChartFrame.uncrowded(xAxis.ticks, length: plot.width, scale: xAxis) {
      let x = place(x: tick.value, plot)
      drawing.line(from: (x, plot.bottom), to: (x, plot.bottom + 4), .axis)
      drawing.text(tick.label, x: x, y: plot.bottom + 17, size: size, .quiet, anchor: .middle)
    }
    drawing.line(from: (plot.left, plot.bottom), to: (plot.right, plot.bottom), .axis)
  }

  private func drawLine(_ series: PointData.Series, on drawing: inout Drawing, in plot: Plot) {
    let ink = data.groups.ink(series.group)
    let points = Self.byPlace(series.points)
    let places = points.map { (x: place(x: $0.x, plot), y: place(y: $0.y.value, plot)) }

    let intervals = points.filter { $0.y.interval != nil }
    if intervals.count > 1 {
      let upper = intervals.map { (x: place(x: $0.x, plot), y: place(y: $0.y.interval?.high ?? $0.y.value, plot)) }
      let lower = intervals.map { (x: place(x: $0.x, plot), y: place(y: $0.y.interval?.low ?? $0.y.value, plot)) }
      drawing.area(LineThinning.thinned(upper) + LineThinning.thinned(lower).reversed(), ink, opacity: 0.18)
    }
    drawing.path(LineThinning.thinned(places), ink, width: places.count > 400 ? 1.2 : 2)

    // More dots than these would hide the line.
    guard points.count <= 40 else { return }
    for (point, place) in zip(points, places) {
      drawing.dot(x: place.x, y: place.y, radius: 3, ink, title: title(point, series))
    }
  }

  private func drawPoints(_ series: PointData.Series, on drawing: inout Drawing, in plot: Plot) {
    let ink = data.groups.ink(series.group)
    for point in series.points {
      let x = place(x: point.x, plot)
      if let interval = point.y.interval {
        let (low, high) = (place(y: interval.low, plot), place(y: interval.high, plot))
        drawing.line(from: (x, low), to: (x, high), .axis, width: 1.1)
        drawing.line(from: (x - 2.5, low), to: (x + 2.5, low), .axis, width: 1.1)
        drawing.line(from: (x - 2.5, high), to: (x + 2.5, high), .axis, width: 1.1)
      }
      drawing.dot(
        x: x, y: place(y: point.y.value, plot), radius: series.points.count > 200 ? 2.2 : 3.6, ink,
        title: title(point, series))
    }
  }

  /// Names the dots in the order of the rows, each where its name covers neither another name nor a dot.
  private func drawPointNames(_ panel: PointData.Panel, on drawing: inout Drawing, in plot: Plot) {
    let points = panel.series.flatMap(\.points)
    guard points.contains(where: { $0.label != nil }), points.count <= 500 else { return }

    var taken = points.map { point in
      Box(x: place(x: point.x, plot) - 4, y: place(y: point.y.value, plot) - 4, width: 8, height: 8)
    }

    for point in points {
      guard let label = point.label, !label.isEmpty else { continue }
      let (x, y) = (place(x: point.x, plot), place(y: point.y.value, plot))
      let width = TextWidth.of(label, size: 11)
      // In the order of preference: right of the dot, left of it, above, below.
      let choices = [
        Box(x: x + 6, y: y - 6, width: width, height: 12), Box(x: x - 6 - width, y: y - 6, width: width, height: 12),
        Box(x: x - width / 2, y: y - 18, width: width, height: 12),
        Box(x: x - width / 2, y: y + 6, width: width, height: 12),
      ]
      guard
        let box = choices.first(where: { box in
          box.x >= plot.left && box.x + box.width <= ChartFrame.width && box.y >= plot.top
            && box.y + box.height <= plot.bottom
            && !taken.contains { $0.overlaps(box) }
        })
      else { continue }
      taken.append(box)
      drawing.text(label, x: box.x, y: box.y + 10, size: 11, .text, halo: true)
    }
  }

  /// Names the lines at their ends, moved apart where they would overlap.
  private func drawNames(_ panel: PointData.Panel, on drawing: inout Drawing, in plot: Plot, width: Double) {
    var labels: [(y: Double, end: (x: Double, y: Double), group: Int)] = panel.series.compactMap { series in
      guard let last = series.points.max(by: { $0.x < $1.x }) else { return nil }
      let y = place(y: last.y.value, plot)
      return (y, (place(x: last.x, plot), y), series.group)
    }

    // Downwards first, each below the one before; then upwards again, where the last ones would leave the plot.
    labels.sort { ($0.y, $0.group) < ($1.y, $1.group) }
    for index in labels.indices.dropFirst() { labels[index].y = max(labels[index].y, labels[index - 1].y + 15) }
    var floor = plot.bottom + 4
    for index in labels.indices.reversed() {
      labels[index].y = min(labels[index].y, floor)
      floor = labels[index].y - 15
    }

    for label in labels {
      let ink = data.groups.ink(label.group)
      let name = data.groups.names[label.group]
      drawing.line(from: (label.end.x + 3, label.end.y), to: (plot.right + 8, label.y), ink, width: 0.8)
      drawing.text(
        TextWidth.shortened(name, to: width, size: size), x: plot.right + 10, y: label.y + 4, size: size, ink,
        isBold: true, title: name)
    }
  }

  /// The text that a pointer shows over a dot.
  private func title(_ point: PointData.Point, _ series: PointData.Series) -> String {
    [point.label, data.hasGroups ? data.groups.names[series.group] : nil, point.text].compactMap(\.self).joined(
      separator: ", ")
  }

  private func place(x: Double, _ plot: Plot) -> Double { plot.left + xAxis.position(x) * plot.width }

  /// The height of a value; a logarithmic axis ends before zero, and values below its low end are drawn there.
  private func place(y: Double, _ plot: Plot) -> Double {
    plot.bottom - yAxis.position(yAxis.kind == .logarithmic ? max(y, yAxis.low) : y) * plot.height
  }

  /// The points by rising `x`; rows with the same `x` keep their order.
  private static func byPlace(_ points: [PointData.Point]) -> [PointData.Point] {
    points.enumerated().sorted { ($0.element.x, $0.offset) < ($1.element.x, $1.offset) }.map(\.element)
  }

  private var notes: [String] {
    var notes: [String] = []
    if data.hasIntervals {
      notes.append(options.hasLines ? "Band: 95\u{a0}% intervals" : "Whiskers: 95\u{a0}% intervals")
    }
    if data.missing > 0 {
      notes.append(
        data.missing == 1 ? "One row without a value" : "\(NumberText.integer(data.missing)) rows without a value")
    }
    return notes + ChartFrame.note(unbounded: data.points.count { $0.y.hasUnboundedInterval })
  }

  private var summary: String {
    let points = data.points
    var text =
      "\(options.hasLines ? "Lines" : "Dots") of \(options.yAxis) against \(options.xAxis), "
      + NumberText.count(points.count, "point")
    if data.hasGroups { text += " in \(data.groups.names.count) groups" }
    if let lowest = points.min(by: { $0.y.value < $1.y.value }),
      let highest = points.max(by: { $0.y.value < $1.y.value })
    {
      let style = data.yColumn.style
      text += "; from \(NumberText.number(lowest.y.value, style)) to \(NumberText.number(highest.y.value, style))"
    }
    return text + "."
  }
}

/// The rectangle of a label or a dot.
private struct Box {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  func overlaps(_ other: Box) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }
}
