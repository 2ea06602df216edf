package import Core
internal import Foundation
internal import TextFormatting

/// Maps values to places along an axis, and chooses the values that the axis names.
package struct Scale: Sendable {
  package enum Kind: Sendable, Hashable {
    case linear, logarithmic
  }

  /// A named place on the axis.
  package struct Tick: Sendable, Hashable {
    package var value: Double
    package var label: String
  }

  package let kind: Kind
  /// Ends of the axis, low below high; on a logarithmic axis both above zero.
  package let low: Double
  package let high: Double
  package let ticks: [Tick]

  /// An axis that shows every one of the values.
  /// - Parameters:
  ///   - values: finite; above zero on a logarithmic axis.
  ///   - includesZero: for bars, whose length is only honest from zero on. Ignored on a logarithmic axis.
  ///   - endsAtData: whether a linear axis ends where the values end rather than at the next ticks.
  ///   - count: about how many ticks there is room for.
  package init(
    _ kind: Kind, showing values: some Sequence<Double>, includesZero: Bool = false, endsAtData: Bool = false,
    ticks count: Int,
    style: Table.Column.Style
  ) {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite && (kind == .linear || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    if low > high { (low, high) = kind == .linear ? (0, 1) : (1, 10) }
    self.kind = kind
    switch kind {
    case .linear:
      if includesZero { (low, high) = (min(low, 0), max(high, 0)) }
      if low == high { (low, high) = low == 0 ? (0, 1) : (min(low, low * 2, 0), max(high, high * 2, 0)) }
      let step = Self.niceStep(for: (high - low) / Double(max(count, 2)))
      let first = endsAtData ? (low / step - 1e-9).rounded(.up) : (low / step + 1e-9).rounded(.down)
      let last = endsAtData ? (high / step + 1e-9).rounded(.down) : (high / step - 1e-9).rounded(.up)
      self.low = endsAtData ? low : first * step
      self.high = endsAtData ? high : last * step
      ticks = stride(from: first, through: last, by: 1).map { index in
        Tick(value: index * step, label: Self.label(index * step, step: step, style: style))
      }
    case .logarithmic:
      let first = Int((log10(low) + 1e-9).rounded(.down))
      var last = Int((log10(high) - 1e-9).rounded(.up))
      if first == last { last += 1 }
      // Close the axis at 2 or 5 of the outer decades where the data allow, so that little of it is empty.
      let lead = [5, 2].first { $0 * Self.power(first) <= low * (1 + 1e-9) } ?? 1
      let tail = [2, 5].first { $0 * Self.power(last - 1) >= high * (1 - 1e-9) } ?? 10
      self.low = lead * Self.power(first)
      self.high = tail * Self.power(last - 1)
      let (low, high) = (self.low, self.high)
      let stride = max(1, Int((Double(last - first) / Double(max(count, 2))).rounded(.up)))
      func candidates(_ multiples: [Double]) -> [Tick] {
        (first...last).filter { ($0 - first).isMultiple(of: stride) }.flatMap { exponent in
          multiples.map { $0 * Self.power(exponent) }.filter { $0 >= low * (1 - 1e-9) && $0 <= high * (1 + 1e-9) }
            .map { Tick(value: $0, label: Self.label($0, step: $0, style: style)) }
        }
      }
      let decades = candidates([1])
      ticks = decades.count > 2 ? decades : candidates([1, 2, 5])
    }
  }

  /// Where the value stands: 0 at the low end, 1 at the high end.
  package func position(_ value: Double) -> Double {
    switch kind {
    case .linear: (value - low) / (high - low)
    case .logarithmic: (log10(value) - log10(low)) / (log10(high) - log10(low))
    }
  }

  /// The smallest of 1, 2, 2.5 and 5 times a power of ten that is no smaller than the raw step.
  ///
  /// Source: Heckbert, Nice numbers for graph labels (Graphics Gems, 1990), with 2.5 added for percentages.
  static func niceStep(for raw: Double) -> Double {
    guard raw > 0, raw.isFinite else { return 1 }
    let exponent = Int(log10(raw).rounded(.down))
    for multiple in [1, 2, 2.5, 5, 10] {
      let step = multiple * power(exponent)
      if step >= raw * (1 - 1e-9) { return step }
    }
    return power(exponent + 1)
  }

  /// A power of ten, exact where a `Double` can be: 10⁻³ is `0.001`.
  private static func power(_ exponent: Int) -> Double {
    Double("1e\(exponent)") ?? pow(10, Double(exponent))
  }

  /// A tick's text: as many digits as the step between ticks needs, thousands and millions shortened.
  private static func label(_ value: Double, step: Double, style: Table.Column.Style) -> String {
    var (value, step) = (value, step)
    var unit = ""
    if case .percent = style {
      (value, step) = (value * 100, step * 100)
      unit = "\u{a0}%"
    } else if value.magnitude >= 10_000 {
      let (divisor, suffix) = value.magnitude >= 1e9 ? (1e9, "G") : value.magnitude >= 1e6 ? (1e6, "M") : (1e3, "k")
      if value.magnitude >= 1e15 { return NumberText.plain(value) }
      (value, step, unit) = (value / divisor, step / divisor, suffix)
    }
    if value == 0 { return "0" + unit }
    if value.magnitude < 1e-5 { return NumberText.plain(value) + unit }
    var digits = 0
    while digits < 10 {
      let scaled = step * power(digits)
      if (scaled - scaled.rounded()).magnitude < 1e-6 * max(1, scaled.magnitude), scaled >= 0.5 { break }
      digits += 1
    }
    return NumberText.fixed(value, digits) + unit
  }
}
