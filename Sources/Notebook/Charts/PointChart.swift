internal import Core
internal import TextFormatting

/// Lays out and draws lines and points.
struct PointChart {
  struct Options {
    var title: String?
    var xAxis: String
    var yAxis: String
    var reference: Reference?
    var hasLines: Bool
  }

  /// Where a panel's plot stands in the drawing.
  private struct Plot {
    var left: Double
    var top: Double
    var width: Double
    var height: Double
    var right: Double { left + width }
    var bottom: Double { top + height }
  }

  let data: PointData
  let options: Options
  private let xAxis: Scale
  private let yAxis: Scale
  private let size = ChartFrame.textSize
  /// Up to this many lines are named at their ends instead of in a legend.
  private static let directLabels = 6

  init(data: PointData, options: Options) {
    self.data = data
    self.options = options
    let points = data.points
    xAxis = Scale(
      data.xScale == .logarithmic ? .logarithmic : .linear, showing: points.map(\.x),
      endsAtData: options.hasLines, ticks: data.panels.count > 1 ? 3 : 5,
      style: data.xColumn.style)
    yAxis = Scale(
      data.yScale == .logarithmic ? .logarithmic : .linear,
      showing: points.flatMap(\.y.extent) + (options.reference.map { [$0.value] } ?? []), ticks: 5,
      style: data.yColumn.style)
  }

  func figure() -> Figure {
    var drawing = Drawing()
    let isDirect =
      options.hasLines && data.hasGroups && data.groups.names.count <= Self.directLabels && data.panels.count == 1
    var y = ChartFrame.head(
      &drawing, title: options.title, legend: data.hasGroups && !isDirect ? data.groups.legend : [],
      reference: options.reference.map { ChartFrame.text($0, data.yColumn.style) })
    let columns = data.panels.count > 1 ? 2 : 1
    let left = (yAxis.ticks.map { TextWidth.of($0.label, size: size) }.max() ?? 0) + 10
    let names = isDirect ? data.groups.names.map { TextWidth.of($0, size: size) * 1.06 + 1 }.max() ?? 0 : 0
    let labelWidth = max(isDirect ? min(130, names) + 12 : 8, ChartFrame.overhang(xAxis))
    let gap = 18.0
    let panelWidth = (ChartFrame.width - left - labelWidth - gap * Double(columns - 1)) / Double(columns)
    let height = columns > 1 ? 150.0 : 240.0

    if !options.yAxis.isEmpty {
      drawing.text(options.yAxis, x: 0, y: y + 12, size: size, .quiet)
      y += 18
    }
    for start in stride(from: 0, to: data.panels.count, by: columns) {
      let row = data.panels[start..<min(start + columns, data.panels.count)]
      let room = row.contains { $0.name != nil } ? 20.0 : 6.0
      for (column, panel) in row.enumerated() {
        let plot = Plot(
          left: left + Double(column) * (panelWidth + gap), top: y + room, width: panelWidth, height: height)
        if let name = panel.name { drawing.text(name, x: plot.left, y: y + 13, size: 13, isBold: true) }
        draw(panel, &drawing, plot, namesValues: column == 0)
        if isDirect { drawNames(panel, &drawing, plot, width: labelWidth - 12) }
      }
      y += room + height + 24
    }
    if !options.xAxis.isEmpty {
      drawing.text(
        options.xAxis, x: left + (ChartFrame.width - left - labelWidth) / 2, y: y + 8, size: size, .quiet,
        anchor: .middle)
      y += 14
    }
    y += ChartFrame.foot(&drawing, notes: notes, y: y)
    return drawing.figure(width: ChartFrame.width, height: y + 4, title: options.title, summary: summary)
  }

  private func draw(_ panel: PointData.Panel, _ drawing: inout Drawing, _ plot: Plot, namesValues: Bool) {
    for tick in yAxis.ticks {
      let y = place(y: tick.value, plot)
      drawing.line(plot.left, y, plot.right, y, .grid)
      if namesValues { drawing.text(tick.label, x: plot.left - 6, y: y + 4, size: size, .quiet, anchor: .end) }
    }
    for tick in ChartFrame.uncrowded(xAxis.ticks, length: plot.width, scale: xAxis) {
      let x = place(x: tick.value, plot)
      drawing.line(x, plot.bottom, x, plot.bottom + 4, .axis)
      drawing.text(tick.label, x: x, y: plot.bottom + 17, size: size, .quiet, anchor: .middle)
    }
    drawing.line(plot.left, plot.bottom, plot.right, plot.bottom, .axis)
    if let reference = options.reference, yAxis.kind == .linear || reference.value > 0 {
      let y = place(y: reference.value, plot)
      drawing.line(plot.left, y, plot.right, y, .reference, width: 1.3, dash: "4 3")
    }
    if options.hasLines {
      for series in panel.series { drawLine(series, &drawing, plot) }
    } else {
      for series in panel.series { drawPoints(series, &drawing, plot) }
      drawPointNames(panel, &drawing, plot)
    }
  }

  private func drawLine(_ series: PointData.Series, _ drawing: inout Drawing, _ plot: Plot) {
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
    guard points.count <= 40 else { return }
    for (point, place) in zip(points, places) {
      drawing.dot(place.x, place.y, radius: 3, ink, title: title(point, series))
    }
  }

  private func drawPoints(_ series: PointData.Series, _ drawing: inout Drawing, _ plot: Plot) {
    let ink = data.groups.ink(series.group)
    for point in series.points {
      let x = place(x: point.x, plot)
      if let interval = point.y.interval {
        let (low, high) = (place(y: interval.low, plot), place(y: interval.high, plot))
        drawing.line(x, low, x, high, .axis, width: 1.1)
        drawing.line(x - 2.5, low, x + 2.5, low, .axis, width: 1.1)
        drawing.line(x - 2.5, high, x + 2.5, high, .axis, width: 1.1)
      }
      drawing.dot(
        x, place(y: point.y.value, plot), radius: series.points.count > 200 ? 2.2 : 3.6, ink,
        title: title(point, series))
    }
  }

  /// Names the dots, from the first row on, where the name covers neither another name nor a dot.
  private func drawPointNames(_ panel: PointData.Panel, _ drawing: inout Drawing, _ plot: Plot) {
    let points = panel.series.flatMap(\.points)
    guard points.contains(where: { $0.label != nil }), points.count <= 500 else { return }
    var taken = points.map { point in
      Box(x: place(x: point.x, plot) - 4, y: place(y: point.y.value, plot) - 4, width: 8, height: 8)
    }
    for point in points {
      guard let label = point.label, !label.isEmpty else { continue }
      let (x, y) = (place(x: point.x, plot), place(y: point.y.value, plot))
      let width = TextWidth.of(label, size: 11)
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
  private func drawNames(_ panel: PointData.Panel, _ drawing: inout Drawing, _ plot: Plot, width: Double) {
    var labels: [(y: Double, end: (x: Double, y: Double), group: Int)] = panel.series.compactMap { series in
      guard let last = series.points.max(by: { $0.x < $1.x }) else { return nil }
      let y = place(y: last.y.value, plot)
      return (y, (place(x: last.x, plot), y), series.group)
    }
    labels.sort { ($0.y, $0.group) < ($1.y, $1.group) }
    for index in labels.indices.dropFirst() { labels[index].y = max(labels[index].y, labels[index - 1].y + 15) }
    var floor = plot.bottom + 4
    for index in labels.indices.reversed() {
      labels[index].y = min(labels[index].y, floor)
      floor = labels[index].y - 15
    }
    for label in labels {
      let ink = data.groups.ink(label.group)
      drawing.line(label.end.x + 3, label.end.y, plot.right + 8, label.y, ink, width: 0.8)
      drawing.text(
        TextWidth.shortened(data.groups.names[label.group], to: width, size: size), x: plot.right + 10, y: label.y + 4,
        size: size, ink,
        isBold: true, title: data.groups.names[label.group])
    }
  }

  private func title(_ point: PointData.Point, _ series: PointData.Series) -> String {
    [point.label, data.hasGroups ? data.groups.names[series.group] : nil, point.text].compactMap(\.self).joined(
      separator: ", ")
  }

  private func place(x: Double, _ plot: Plot) -> Double { plot.left + xAxis.position(x) * plot.width }

  /// A logarithmic axis ends before zero: what lies below its low end stands there.
  private func place(y: Double, _ plot: Plot) -> Double {
    plot.bottom - yAxis.position(yAxis.kind == .logarithmic ? max(y, yAxis.low) : y) * plot.height
  }

  /// By rising `x`; rows with the same `x` keep their order.
  private static func byPlace(_ points: [PointData.Point]) -> [PointData.Point] {
    points.enumerated().sorted { ($0.element.x, $0.offset) < ($1.element.x, $1.offset) }.map(\.element)
  }

  private var notes: [String] {
    var notes: [String] = []
    if data.hasIntervals {
      notes.append(options.hasLines ? "Band: 95\u{a0}% intervals" : "Whiskers: 95\u{a0}% intervals")
    }
    if data.missing > 0 {
      notes.append(data.missing == 1 ? "One row without a value" : "\(data.missing) rows without a value")
    }
    return notes
  }

  private var summary: String {
    let points = data.points
    var text =
      "\(options.hasLines ? "Lines" : "Dots") of \(options.yAxis) against \(options.xAxis), \(points.count) points"
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

/// A rectangle that a label takes.
private struct Box {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  func overlaps(_ other: Box) -> Bool {
    x < other.x + other.width && other.x < x + width && y < other.y + other.height && other.y < y + height
  }
}
