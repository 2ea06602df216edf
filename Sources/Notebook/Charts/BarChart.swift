internal import Core
internal import TextFormatting

/// Lays out and draws bars.
struct BarChart {
  struct Options {
    var title: String?
    var axis: String
    var reference: Reference?
    var isVertical: Bool
  }

  let data: BarData
  let options: Options
  private let scale: Scale
  private let size = ChartFrame.textSize

  init(data: BarData, options: Options) {
    self.data = data
    self.options = options
    let values = data.bars.flatMap { $0.estimate?.extent ?? [] } + (options.reference.map { [$0.value] } ?? [])
    scale = Scale(
      data.scale == .logarithmic ? .logarithmic : .linear, showing: values, includesZero: true, ticks: 5,
      style: data.valueColumn.style)
  }

  func figure() -> Figure {
    var drawing = Drawing()
    var y = ChartFrame.head(
      &drawing, title: options.title, legend: data.hasGroups ? data.groups.legend : [],
      reference: options.isVertical ? options.reference.map(referenceText) : nil)
    for (number, panel) in data.panels.enumerated() {
      if let name = panel.name {
        y += 16
        drawing.text(name, x: 0, y: y, size: 13, isBold: true)
        y += 4
      }
      let isLast = number == data.panels.count - 1
      if options.isVertical {
        y = drawVertical(panel, &drawing, y: y)
      } else {
        y = drawHorizontal(panel, &drawing, y: y, hasTitle: isLast)
      }
      if !isLast { y += 8 }
    }
    y += ChartFrame.foot(&drawing, notes: notes, y: y)
    return drawing.figure(width: ChartFrame.width, height: y + 4, title: options.title, summary: summary)
  }

  // MARK: Horizontal

  private func drawHorizontal(_ panel: BarData.Panel, _ drawing: inout Drawing, y top: Double, hasTitle: Bool) -> Double
  {
    let names = data.panels.flatMap { $0.categories.map(\.name) }
    let left = min(ChartFrame.width * 0.38, (names.map { TextWidth.of($0, size: size) }.max() ?? 0)) + 8
    let values =
      data.isSingle
      ? data.bars.compactMap { $0.estimate.map(label) }.map { TextWidth.of($0, size: 11.5) }.max() ?? 0 : 0
    let right = max(values + 8, ChartFrame.overhang(scale))
    let length = ChartFrame.width - left - right
    let thickness = data.isSingle ? 13.0 : 9.0
    let heights = panel.categories.map { category in
      data.isSingle ? 20.0 : Double(category.bars.count) * (thickness + 1.5) + 9
    }
    let room = options.reference == nil ? 4.0 : 20.0
    let start = top + room + (heights.count > 24 ? 18 : 0)
    let end = start + heights.reduce(0, +) + 2
    let base = left + (scale.kind == .linear ? scale.position(0) : 0) * length

    let ticks = ChartFrame.uncrowded(scale.ticks, length: length, scale: scale)
    for tick in ticks {
      let x = left + scale.position(tick.value) * length
      drawing.line(x, start, x, end, .grid)
      drawing.text(tick.label, x: x, y: end + 15, size: size, .quiet, anchor: .middle)
      if heights.count > 24 { drawing.text(tick.label, x: x, y: start - 5, size: size, .quiet, anchor: .middle) }
    }
    if let reference = options.reference {
      let x = left + scale.position(clamped(reference.value)) * length
      drawReferenceLabel(reference, &drawing, x: x, y: top + 12)
      drawing.line(x, top + 16, x, end, .reference, width: 1.3, dash: "4 3")
    }

    var y = start
    for (category, height) in zip(panel.categories, heights) {
      let middle = y + height / 2
      let shown = TextWidth.shortened(category.name, to: left - 8, size: size)
      drawing.text(
        shown, x: left - 8, y: middle + size * 0.35, size: size, anchor: .end,
        title: shown == category.name ? nil : category.name
      )
      var place = middle - (Double(category.bars.count) * (thickness + 1.5) - 1.5) / 2
      for bar in category.bars {
        drawBar(bar, category, &drawing, at: place, thickness: thickness, from: left, length: length)
        place += thickness + 1.5
      }
      y += height
    }
    drawing.line(base, start, base, end, .axis)
    guard hasTitle, !options.axis.isEmpty else { return end + 20 }
    drawing.text(options.axis, x: left + length / 2, y: end + 32, size: size, .quiet, anchor: .middle)
    return end + 38
  }

  private func drawBar(
    _ bar: BarData.Bar, _ category: BarData.Category, _ drawing: inout Drawing, at y: Double, thickness: Double,
    from left: Double,
    length: Double
  ) {
    let base = left + (scale.kind == .linear ? scale.position(0) : 0) * length
    let middle = y + thickness / 2
    guard let estimate = bar.estimate else {
      drawing.text("no value", x: base + 6, y: middle + 4, size: 10.5, .quiet)
      return
    }
    let x = left + scale.position(estimate.value) * length
    let ink = data.groups.ink(bar.group)
    let title = [category.name, data.hasGroups ? data.groups.names[bar.group] : nil, estimate.text].compactMap(\.self)
      .joined(
        separator: ", ")
    if scale.kind == .linear {
      drawing.rectangle(
        x: min(base, x), y: y, width: (x - base).magnitude, height: thickness, fill: ink, opacity: 0.88, title: title)
    }
    var end = max(base, x)
    if let interval = estimate.interval {
      let low = left + scale.position(clamped(interval.low)) * length
      let high = left + scale.position(interval.high) * length
      drawing.line(low, middle, high, middle, .text, width: 1.2)
      for cap in [low, high] where cap != low || isShown(interval.low) {
        drawing.line(cap, middle - 3, cap, middle + 3, .text, width: 1.2)
      }
      end = max(end, high)
    }
    if scale.kind == .logarithmic { drawing.dot(x, middle, radius: 4, ink, title: title) }
    if data.isSingle {
      drawing.text(label(estimate), x: end + (scale.kind == .logarithmic ? 8 : 5), y: middle + 4, size: 11.5, .quiet)
    }
  }

  // MARK: Vertical

  private func drawVertical(_ panel: BarData.Panel, _ drawing: inout Drawing, y top: Double) -> Double {
    let left = (scale.ticks.map { TextWidth.of($0.label, size: size) }.max() ?? 0) + 10
    let length = ChartFrame.width - left - 4
    let height = 220.0
    let start = top + 24.0
    let end = start + height
    func place(_ value: Double) -> Double { end - scale.position(clamped(value)) * height }
    let base = scale.kind == .linear ? place(0) : end

    if !options.axis.isEmpty { drawing.text(options.axis, x: 0, y: top + 12, size: size, .quiet) }
    for tick in scale.ticks {
      drawing.line(left, place(tick.value), ChartFrame.width, place(tick.value), .grid)
      drawing.text(tick.label, x: left - 6, y: place(tick.value) + 4, size: size, .quiet, anchor: .end)
    }
    let share = length / Double(max(1, panel.categories.count))
    let isTurned = panel.categories.contains { TextWidth.of($0.name, size: size) > share - 6 }
    for (number, category) in panel.categories.enumerated() {
      let middle = left + (Double(number) + 0.5) * share
      let thickness = min(46, share * 0.72 / Double(category.bars.count))
      for (position, bar) in category.bars.enumerated() {
        let x = middle + (Double(position) - Double(category.bars.count) / 2) * thickness
        let centre = x + thickness / 2
        guard let estimate = bar.estimate else {
          drawing.text(
            "–", x: centre, y: base - 4, size: size, .quiet, anchor: .middle, title: "\(category.name): no value")
          continue
        }
        let ink = data.groups.ink(bar.group)
        let title = [category.name, data.hasGroups ? data.groups.names[bar.group] : nil, estimate.text].compactMap(
          \.self
        ).joined(
          separator: ", ")
        let y = place(estimate.value)
        if scale.kind == .linear {
          drawing.rectangle(
            x: x + 0.5, y: min(y, base), width: thickness - 1, height: (y - base).magnitude, fill: ink, opacity: 0.88,
            title: title)
        }
        var highest = min(y, base)
        if let interval = estimate.interval {
          drawing.line(centre, place(interval.low), centre, place(interval.high), .text, width: 1.2)
          for value in [interval.low, interval.high] where isShown(value) {
            drawing.line(centre - 3, place(value), centre + 3, place(value), .text, width: 1.2)
          }
          highest = min(highest, place(interval.high))
        }
        if scale.kind == .logarithmic { drawing.dot(centre, y, radius: 4, ink, title: title) }
        let text = label(estimate)
        if TextWidth.of(text, size: 11) <= thickness + (category.bars.count == 1 ? share * 0.25 : 0) {
          drawing.text(text, x: centre, y: highest - 6, size: 11, .quiet, anchor: .middle)
        }
      }
      if isTurned {
        let shown = TextWidth.shortened(category.name, to: 110, size: size)
        drawing.text(shown, x: middle + 4, y: end + 16, size: size, anchor: .end, turn: -38)
      } else {
        drawing.text(category.name, x: middle, y: end + 17, size: size, anchor: .middle)
      }
    }
    drawing.line(left, base, ChartFrame.width, base, .axis)
    if let reference = options.reference {
      let y = place(reference.value)
      drawing.line(left, y, ChartFrame.width, y, .reference, width: 1.3, dash: "4 3")
    }
    let longest = panel.categories.map { min(110, TextWidth.of($0.name, size: size)) }.max() ?? 0
    return end + (isTurned ? 16 + longest * 0.62 + 8 : 26)
  }

  // MARK: Parts

  private func drawReferenceLabel(_ reference: Reference, _ drawing: inout Drawing, x: Double, y: Double) {
    let text = referenceText(reference)
    let half = TextWidth.of(text, size: 11.5) / 2
    let place = min(max(x, half), ChartFrame.width - half)
    drawing.text(text, x: place, y: y, size: 11.5, .reference, anchor: .middle)
  }

  private func referenceText(_ reference: Reference) -> String { ChartFrame.text(reference, data.valueColumn.style) }

  /// The estimate alone, as its column prints it.
  private func label(_ estimate: Estimate) -> String { NumberText.number(estimate.value, data.valueColumn.style) }

  /// A logarithmic axis ends before zero: what lies below its low end stands there.
  private func clamped(_ value: Double) -> Double { scale.kind == .logarithmic ? max(value, scale.low) : value }

  private func isShown(_ value: Double) -> Bool { value >= scale.low && value <= scale.high }

  private var notes: [String] {
    let missing = data.bars.count { $0.estimate == nil }
    return (data.hasIntervals ? ["Whiskers: 95\u{a0}% intervals"] : [])
      + (missing > 0 ? ["\(missing) without a value"] : [])
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
