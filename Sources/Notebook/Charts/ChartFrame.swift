internal import Core
internal import TextFormatting

/// The common parts of all charts: sizes, title, legend, axes.
package enum ChartFrame {
  /// The width of a drawing in its own units; a page shows it at up to 1.2 pixels a unit, a phone at about 0.72.
  package static let width = 480.0
  /// The size of names and numbers.
  static let textSize = 12.5
  /// The size of a chart's title.
  static let titleSize = 15.0

  /// The most bars and panels of a chart. A browser draws no picture that is higher than some hundred thousand pixels.
  static let mostBars = 10_000
  static let mostPanels = 1000

  /// Does nothing for a chart of at most ``mostPanels`` panels.
  /// - Throws: ``TableError/tooMany(_:count:limit:)``.
  static func check(panels count: Int) throws(TableError) {
    if count > mostPanels { throw .tooMany("panels", count: count, limit: mostPanels) }
  }

  /// Draws title and legend, the reference line's name last.
  /// - Parameters:
  ///   - drawing: takes the marks.
  ///   - title: the chart's title.
  ///   - legend: the names of the groups with their colours.
  ///   - reference: the name of the reference line.
  /// - Returns: the height that they take.
  static func head(
    _ drawing: inout Drawing, title: String?, legend: [(name: String, ink: ChartStyle.Ink)], reference: String? = nil
  ) -> Double {
    var y = 4.0
    if let title {
      for line in lines(title, width: width, size: titleSize) {
        y += titleSize + 3
        drawing.text(line, x: 0, y: y, size: titleSize, isBold: true)
      }
      y += 8
    }

    let entries = legend + (reference.map { [($0, .reference)] } ?? [])
    guard !entries.isEmpty else { return y }

    // From left to right, in as many lines as they need.
    var x = 0.0
    y += textSize
    for (name, ink) in entries {
      let shown = TextWidth.shortened(name, to: width - 20, size: textSize)
      let length = 16 + TextWidth.of(shown, size: textSize)
      if x > 0, x + length > width {
        x = 0
        y += textSize + 6
      }

      if ink == .reference {
        drawing.line(from: (x, y - 4), to: (x + 13, y - 4), .reference, width: 1.5, dash: "4 3")
      } else {
        drawing.rectangle(x: x, y: y - 10, width: 11, height: 11, fill: ink, radius: 2)
      }
      drawing.text(shown, x: x + 16, y: y, size: textSize)
      x += length + 14
    }
    return y + 10
  }

  /// Draws notes below a chart.
  /// - Returns: the height that they take.
  static func foot(_ drawing: inout Drawing, notes: [String], y: Double) -> Double {
    guard !notes.isEmpty else { return 0 }
    var height = 4.0
    for line in lines(notes.joined(separator: " · "), width: width, size: 11) {
      height += 14
      drawing.text(line, x: 0, y: y + height, size: 11, .quiet)
    }
    return height
  }

  /// The note on intervals of which an end is not finite; none where there is no such interval.
  static func note(unbounded count: Int) -> [String] {
    count == 0 ? [] : ["\(NumberText.count(count, "interval")) without a finite end not drawn"]
  }

  /// Breaks text between words; a longer word has a line of its own.
  static func lines(_ text: String, width: Double, size: Double) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: true) {
      let longer = line.isEmpty ? String(word) : line + " " + word
      if TextWidth.of(longer, size: size) > width, !line.isEmpty {
        lines.append(line)
        line = String(word)
      } else {
        line = longer
      }
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }

  /// A reference's name and value, the value with enough digits to differ from zero and from its neighbours.
  static func text(_ reference: Reference, _ style: Table.Column.Style) -> String {
    reference.label + " " + precise(reference.value, style)
  }

  private static func precise(_ value: Double, _ style: Table.Column.Style) -> String {
    guard value != 0, value.isFinite else { return NumberText.number(value, style) }
    switch style {
    case .plain: return NumberText.plain(value)
    case .decimals(let digits): return NumberText.number(value, .decimals(enough(value, digits)))
    case .percent(let digits): return NumberText.number(value, .percent(enough(value * 100, digits)))
    }
  }

  /// The number of digits, at least the given one, that bring the rounded number within 2 % of the value.
  private static func enough(_ value: Double, _ digits: Int) -> Int {
    // A column's style may ask for any number of digits; a `Double` has no more than 17.
    let digits = min(max(digits, 0), 17)
    return (digits...max(digits, 12)).first { digits in
      ((value * power(digits)).rounded() / power(digits) - value).magnitude <= value.magnitude * 0.02
    } ?? digits
  }

  private static func power(_ digits: Int) -> Double { (0..<digits).reduce(1.0) { result, _ in result * 10 } }

  /// The space beyond the axis that the last tick's label needs.
  static func overhang(_ scale: Scale) -> Double {
    scale.ticks.last.map { TextWidth.of($0.label, size: textSize) / 2 * scale.position($0.value) } ?? 0
  }

  /// The ticks whose labels do not overlap, beginning with the first.
  static func uncrowded(_ ticks: [Scale.Tick], length: Double, scale: Scale, gap: Double = 8) -> [Scale.Tick] {
    var end = -Double.infinity
    return ticks.filter { tick in
      let half = TextWidth.of(tick.label, size: textSize) / 2
      let middle = scale.position(tick.value) * length
      guard middle - half >= end + gap else { return false }
      end = middle + half
      return true
    }
  }
}
