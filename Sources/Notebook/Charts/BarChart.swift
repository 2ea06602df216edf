internal import Core
internal import TextFormatting

/// Lays out and draws bars.
struct BarChart {
  /// The parts of a chart that are not in the table.
  struct Options {
    var title: String?
    /// The name of the axis; empty for none.
    var axis: String
    /// A value that is drawn as a dashed line.
    var reference: Reference?
    var isVertical: Bool
  }

  /// The bars.
  let data: BarData
  /// Title, axis and reference line.
  let options: Options
  private let scale: Scale
  /// The longest name of a category, and the longest number at the end of a bar; all panels have one axis.
  private let nameWidth: Double
  private let valueWidth: Double
  private let size = ChartFrame.textSize

  /// A chart with an axis that shows all bars and the reference line.
  init(data: BarData, options: Options) {
    self.data = data
    self.options = options
    let values = data.bars.flatMap { $0.estimate?.extent ?? [] } + (options.reference.map { [$0.value] } ?? [])
    scale = Scale(
      data.scale == .logarithmic ? .logarithmic : .linear, showing: values, includesZero: true, ticks: 5,
      style: data.valueColumn.style)
    nameWidth =
      data.panels.flatMap(\.categories).map { TextWidth.of($0.name, size: ChartFrame.textSize) }.max() ?? 0
    let labels = data.isSingle ? data.bars.compactMap { $0.estimate?.value } : []
    valueWidth =
      labels.map { TextWidth.of(NumberText.number($0, data.valueColumn.style), size: 11.5) }.max() ?? 0
  }

  /// Draws the chart.
  func figure() -> Figure {
    var drawing = Drawing()
    var y = ChartFrame.head(
      &drawing, title: options.title, legend: data.hasGroups ? data.groups.legend : [],
      reference: options.isVertical ? options.reference.map(referenceText) : nil)

    for (number, panel) in data.panels.enumerated() {
      if let name = panel.name {
        y += 16
        let shown = TextWidth.shortened(name, to: ChartFrame.width, size: 13)
        drawing.text(shown, x: 0, y: y, size: 13, isBold: true, title: shown == name ? nil : name)
        y += 4
      }
      let isLast = number == data.panels.count - 1
      if options.isVertical {
        y = drawVertical(panel, on: &drawing, y: y)
      } else {
        y = drawHorizontal(panel, on: &drawing, y: y, hasTitle: isLast)
      }
      if !isLast { y += 8 }
    }

    y += ChartFrame.foot(&drawing, notes: notes, y: y)
    return drawing.figure(width: ChartFrame.width, height: y + 4, title: options.title, summary: summary)
  }

  // MARK: Horizontal

  /// The places of the horizontal bars of a panel.
  private struct Rows {
    /// The low end of the axis from the left, and its length.
    var left, length: Double
    /// The height of a bar.
    var thickness: Double
    /// The height of each category.
    var heights: [Double]
    /// The top of the first category.
    var start: Double
    /// The bottom of the last category.
    var end: Double

    /// True for more than 24 categories, where ticks are named above the bars too.
    var hasUpperLabels: Bool { heights.count > 24 }
  }

  private func rows(of panel: BarData.Panel, y top: Double) -> Rows {
    let left = min(ChartFrame.width * 0.38, nameWidth) + 8
    let right = min(ChartFrame.width * 0.3, max(valueWidth + 8, ChartFrame.overhang(scale)))

    let thickness = data.isSingle ? 13.0 : 9.0
    let heights = panel.categories.map { category in
      data.isSingle ? 20.0 : Double(category.bars.count) * (thickness + 1.5) + 9
    }
    let space = options.reference == nil ? 4.0 : 20.0
    let start = top + space + (heights.count > 24 ? 18 : 0)
    return Rows(
      left: left, length: ChartFrame.width - left - right, thickness: thickness, heights: heights, start: start,
      end: start + heights.reduce(0, +) + 2)
  }

  /// - Returns: the bottom of the panel.
  private func drawHorizontal(
    _ panel: BarData.Panel, on drawing: inout Drawing, y top: Double, hasTitle: Bool
  ) -> Double {
    let rows = rows(of: panel, y: top)
    let (left, length, start, end) = (rows.left, rows.length, rows.start, rows.end)

    for tick in ChartFrame.uncrowded(scale.ticks, length: length, scale: scale) {
      let x = left + scale.position(tick.value) * length
      drawing.line(from: (x, start), to: (x, end), .grid)
      drawing.text(tick.label, x: x, y: end + 15, size: size, .quiet, anchor: .middle)
      if rows.hasUpperLabels { drawing.text(tick.label, x: x, y: start - 5, size: size, .quiet, anchor: .middle) }
    }
    if let reference = options.reference {
      let x = left + scale.position(clamped(reference.value)) * length
      drawReferenceLabel(reference, on: &drawing, x: x, y: top + 12)
      drawing.line(from: (x, top + 16), to: (x, end), .reference, width: 1.3, dash: "4 3")
    }

    // The bars of a category are centred at its name.
    var y = start
    for (category, height) in zip(panel.categories, rows.heights) {
      let middle = y + height / 2
      let shown = TextWidth.shortened(category.name, to: left - 8, size: size)
      drawing.text(
        shown, x: left - 8, y: middle + size * 0.35, size: size, anchor: .end,
        title: shown == category.name ? nil : category.name
      )
      var barTop = middle - (Double(category.bars.count) * (rows.thickness + 1.5) - 1.5) / 2
      for bar in category.bars {
        drawHorizontal(bar, of: category, on: &drawing, y: barTop, rows: rows)
        barTop += rows.thickness + 1.5
      }
      y += height
    }

    let base = left + (scale.kind == .linear ? scale.position(0) : 0) * length
    drawing.line(from: (base, start), to: (base, end), .axis)
    guard hasTitle, !options.axis.isEmpty else { return end + 20 }
    let axis = TextWidth.shortened(options.axis, to: ChartFrame.width, size: size)
    let half = TextWidth.of(axis, size: size) / 2
    let middle = min(max(left + length / 2, half), ChartFrame.width - half)
    drawing.text(axis, x: middle, y: end + 32, size: size, .quiet, anchor: .middle)
    return end + 38
  }

  private func drawHorizontal(
    _ bar: BarData.Bar, of category: BarData.Category, on drawing: inout Drawing, y: Double, rows: Rows
  ) {
    let (left, length) = (rows.left, rows.length)
    let base = left + (scale.kind == .linear ? scale.position(0) : 0) * length
    let middle = y + rows.thickness / 2
    guard let estimate = bar.estimate else {
      drawing.text(bar.absence, x: base + 6, y: middle + 4, size: 10.5, .quiet)
      return
    }

    let x = left + scale.position(estimate.value) * length
    let ink = data.groups.ink(bar.group)
    let title = title(of: estimate, group: bar.group, category: category)
    if scale.kind == .linear {
      drawing.rectangle(
        x: min(base, x), y: y, width: (x - base).magnitude, height: rows.thickness, fill: ink, opacity: 0.88,
        title: title)
    }

    var end = max(base, x)
    if let interval = estimate.interval {
      let low = left + scale.position(clamped(interval.low)) * length
      let high = left + scale.position(clamped(interval.high)) * length
      drawing.line(from: (low, middle), to: (high, middle), .text, width: 1.2)
      // An end that is beyond the axis has no cap: the interval goes further.
      for cap in [low, high] where cap != low || isShown(interval.low) {
        drawing.line(from: (cap, middle - 3), to: (cap, middle + 3), .text, width: 1.2)
      }
      end = max(end, high)
    }

    if scale.kind == .logarithmic { drawing.dot(x: x, y: middle, radius: 4, ink, title: title) }
    if data.isSingle {
      drawing.text(label(estimate), x: end + (scale.kind == .logarithmic ? 8 : 5), y: middle + 4, size: 11.5, .quiet)
    }
  }

  // MARK: Vertical

  /// The places of the vertical bars of a panel.
  private struct Columns {
    /// The left end of the first category.
    var left: Double
    /// The width of a category.
    var share: Double
    /// The bottom of the plot, which is the low end of the axis.
    var bottom: Double
    /// The bottom of a bar.
    var base: Double
    /// True when a name is too long to be written horizontally.
    var hasTurnedNames: Bool
    /// The length of the axis.
    static let height = 220.0
  }

  private func columns(of panel: BarData.Panel, y top: Double) -> Columns {
    let left = min(ChartFrame.width * 0.38, scale.ticks.map { TextWidth.of($0.label, size: size) }.max() ?? 0) + 10
    let share = (ChartFrame.width - left - 4) / Double(max(1, panel.categories.count))
    let bottom = top + 24.0 + Columns.height
    return Columns(
      left: left, share: share, bottom: bottom,
      base: scale.kind == .linear ? place(0, above: bottom) : bottom,
      hasTurnedNames: panel.categories.contains { TextWidth.of($0.name, size: size) > share - 6 })
  }

  /// The height of a value in the drawing.
  private func place(_ value: Double, above bottom: Double) -> Double {
    bottom - scale.position(clamped(value)) * Columns.height
  }

  /// - Returns: the bottom of the panel.
  private func drawVertical(_ panel: BarData.Panel, on drawing: inout Drawing, y top: Double) -> Double {
    let columns = columns(of: panel, y: top)
    let (left, end) = (columns.left, columns.bottom)

    if !options.axis.isEmpty {
      let axis = TextWidth.shortened(options.axis, to: ChartFrame.width, size: size)
      drawing.text(axis, x: 0, y: top + 12, size: size, .quiet)
    }
    for tick in scale.ticks {
      let y = place(tick.value, above: end)
      drawing.line(from: (left, y), to: (ChartFrame.width, y), .grid)
      drawing.text(tick.label, x: left - 6, y: y + 4, size: size, .quiet, anchor: .end)
    }

    for (number, category) in panel.categories.enumerated() {
      let middle = left + (Double(number) + 0.5) * columns.share
      let thickness = min(46, columns.share * 0.72 / Double(category.bars.count))
      for (position, bar) in category.bars.enumerated() {
        let x = middle + (Double(position) - Double(category.bars.count) / 2) * thickness
        drawVertical(bar, of: category, on: &drawing, x: x, thickness: thickness, columns: columns)
      }
      if columns.hasTurnedNames {
        let shown = TextWidth.shortened(category.name, to: 110, size: size)
        drawing.text(shown, x: middle + 4, y: end + 16, size: size, anchor: .end, turn: -38)
      } else {
        drawing.text(category.name, x: middle, y: end + 17, size: size, anchor: .middle)
      }
    }

    // Above the bars, which begin at it.
    drawing.line(from: (left, columns.base), to: (ChartFrame.width, columns.base), .axis)
    if let reference = options.reference {
      let y = place(reference.value, above: end)
      drawing.line(from: (left, y), to: (ChartFrame.width, y), .reference, width: 1.3, dash: "4 3")
    }
    let longest = panel.categories.map { min(110, TextWidth.of($0.name, size: size)) }.max() ?? 0
    return end + (columns.hasTurnedNames ? 16 + longest * 0.62 + 8 : 26)
  }

  private func drawVertical(
    _ bar: BarData.Bar, of category: BarData.Category, on drawing: inout Drawing, x: Double, thickness: Double,
    columns: Columns
  ) {
    let base = columns.base
    let centre = x + thickness / 2
    guard let estimate = bar.estimate else {
      drawing.text(
        "–", x: centre, y: base - 4, size: size, .quiet, anchor: .middle, title: "\(category.name): \(bar.absence)")
      return
    }

    let y = place(estimate.value, above: columns.bottom)
    let ink = data.groups.ink(bar.group)
    let title = title(of: estimate, group: bar.group, category: category)
    // Bars that are narrower than the gap between them would be invisible.
    let gap = min(1, thickness / 4)
    if scale.kind == .linear {
      drawing.rectangle(
        x: x + gap / 2, y: min(y, base), width: thickness - gap, height: (y - base).magnitude, fill: ink, opacity: 0.88,
        title: title)
    }

    var highest = min(y, base)
    if let interval = estimate.interval {
      let (low, high) = (place(interval.low, above: columns.bottom), place(interval.high, above: columns.bottom))
      drawing.line(from: (centre, low), to: (centre, high), .text, width: 1.2)
      // An end that is beyond the axis has no cap: the interval goes further.
      for value in [interval.low, interval.high] where isShown(value) {
        let cap = place(value, above: columns.bottom)
        drawing.line(from: (centre - 3, cap), to: (centre + 3, cap), .text, width: 1.2)
      }
      highest = min(highest, high)
    }

    if scale.kind == .logarithmic { drawing.dot(x: centre, y: y, radius: 4, ink, title: title) }
    let text = label(estimate)
    // A bar with neighbours has no space for a number that is wider than itself.
    if TextWidth.of(text, size: 11) <= thickness + (category.bars.count == 1 ? columns.share * 0.25 : 0) {
      drawing.text(text, x: centre, y: highest - 6, size: 11, .quiet, anchor: .middle)
    }
  }

  // MARK: Parts

  private func drawReferenceLabel(_ reference: Reference, on drawing: inout Drawing, x: Double, y: Double) {
    let text = TextWidth.shortened(referenceText(reference), to: ChartFrame.width, size: 11.5)
    let half = TextWidth.of(text, size: 11.5) / 2
    let middle = min(max(x, half), ChartFrame.width - half)
    drawing.text(text, x: middle, y: y, size: 11.5, .reference, anchor: .middle)
  }

  private func referenceText(_ reference: Reference) -> String { ChartFrame.text(reference, data.valueColumn.style) }

  /// The text that a pointer shows over a bar.
  private func title(of estimate: Estimate, group: Int, category: BarData.Category) -> String {
    [category.name, data.hasGroups ? data.groups.names[group] : nil, estimate.text].compactMap(\.self)
      .joined(separator: ", ")
  }

  /// The estimate without its interval, as its column prints it.
  private func label(_ estimate: Estimate) -> String { NumberText.number(estimate.value, data.valueColumn.style) }

  /// The value, or the low end of a logarithmic axis, which ends before zero, for a value below it.
  private func clamped(_ value: Double) -> Double { scale.kind == .logarithmic ? max(value, scale.low) : value }

  private func isShown(_ value: Double) -> Bool { value >= scale.low && value <= scale.high }

  private var notes: [String] {
    let missing = data.bars.count { $0.estimate == nil }
    return (data.hasIntervals ? ["Whiskers: 95\u{a0}% intervals"] : [])
      + (missing > 0 ? ["\(missing) without a value"] : [])
      + ChartFrame.note(unbounded: data.bars.count { $0.estimate?.hasUnboundedInterval ?? false })
      + (scale.kind == .logarithmic ? ["Logarithmic axis"] : [])
  }

  private var summary: String {
    let known = data.panels.flatMap { panel in
      panel.categories.flatMap { category in category.bars.map { (category.name, $0.estimate) } }
    }
    .compactMap { name, estimate in estimate.map { (name, $0) } }
    let count = data.panels.reduce(0) { $0 + $1.categories.count }
    var text = "Bars of \(options.axis.isEmpty ? "values" : options.axis) by \(data.categoryColumn)"
    text += count == 1 ? ", one category" : ", \(count) categories"
    if let lowest = known.min(by: { $0.1.value < $1.1.value }), let highest = known.max(by: { $0.1.value < $1.1.value })
    {
      text += ", from \(label(lowest.1)) (\(lowest.0)) to \(label(highest.1)) (\(highest.0))"
    }
    if let reference = options.reference { text += "; \(referenceText(reference))" }
    return text + (notes.isEmpty ? "." : ". " + notes.joined(separator: ". ") + ".")
  }
}
