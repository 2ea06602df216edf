package import Core
internal import Foundation
internal import TextFormatting

/// Maps values to positions along an axis, and chooses the values that the axis names. Its ends are finite, whatever
/// the values are.
package struct Scale: Sendable {
  /// The division of the axis: by differences or by factors.
  package enum Kind: Sendable, Hashable {
    case linear, logarithmic
  }

  /// A named value on the axis.
  package struct Tick: Sendable, Hashable {
    /// The value.
    package var value: Double
    /// Its text.
    package var label: String
  }

  /// The division of the axis.
  package let kind: Kind
  /// The value at the low end of the axis; above zero on a logarithmic axis.
  package let low: Double
  /// The value at the high end of the axis, above ``low``.
  package let high: Double
  /// The named values in rising order.
  package let ticks: [Tick]

  /// An axis that shows every one of the values.
  /// - Parameters:
  ///   - kind: the division of the axis.
  ///   - values: the values. Those that are not finite, and on a logarithmic axis those that are not above zero, are
  ///     ignored.
  ///   - includesZero: true for bars, whose lengths are only honest from zero. Ignored on a logarithmic axis.
  ///   - endsAtData: true when a linear axis ends at the outermost values rather than at the next ticks.
  ///   - count: the approximate number of ticks.
  ///   - style: the style of the ticks' numbers.
  package init(
    _ kind: Kind, showing values: some Sequence<Double>, includesZero: Bool = false, endsAtData: Bool = false,
    ticks count: Int, style: Table.Column.Style
  ) {
    var low = Double.infinity
    var high = -Double.infinity
    for value in values where value.isFinite && (kind == .linear || value > 0) {
      low = min(low, value)
      high = max(high, value)
    }
    if low > high { (low, high) = kind == .linear ? (0, 1) : (1, 10) }

    switch kind {
    case .linear:
      self.init(from: low, to: high, includesZero: includesZero, endsAtData: endsAtData, ticks: count, style: style)
    case .logarithmic: self.init(logarithmicFrom: low, to: high, ticks: count, style: style)
    }
  }

  /// A linear axis for values from `low` to `high`.
  private init(
    from low: Double, to high: Double, includesZero: Bool, endsAtData: Bool, ticks count: Int,
    style: Table.Column.Style
  ) {
    var (low, high) = (low, high)
    if includesZero { (low, high) = (min(low, 0), max(high, 0)) }
    if low == high {
      let (lower, upper) = low == 0 ? (0, 1) : (min(low, low * 2, 0), max(high, high * 2, 0))
      (low, high) = (Self.finite(lower), Self.finite(upper))
    }

    // The difference of the ends may be more than a `Double` holds, and a part of it less.
    let parts = Double(max(count, 2))
    let step = Self.finite(Self.niceStep(for: max(high / parts - low / parts, .leastNonzeroMagnitude)))
    // A tolerance of 10⁻⁹ steps, so that a value that is a tick but for rounding needs no further one.
    let first = endsAtData ? (low / step - 1e-9).rounded(.up) : (low / step + 1e-9).rounded(.down)
    let last = endsAtData ? (high / step + 1e-9).rounded(.down) : (high / step - 1e-9).rounded(.up)

    kind = .linear
    // Far from zero and close together, neighbouring steps are the same `Double`: then the values are the ends.
    guard first.magnitude < Self.largestStep, last.magnitude < Self.largestStep else {
      self.low = low
      self.high = high
      ticks = [low, high].map { Tick(value: $0, label: Self.label($0, step: step, style: style)) }
      return
    }
    self.low = endsAtData ? low : Self.finite(first * step)
    self.high = endsAtData ? high : Self.finite(last * step)
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }.filter(\.isFinite).map { value in
      Tick(value: value, label: Self.label(value, step: step, style: style))
    }
  }

  /// The number of steps from zero up to which each is a `Double` of its own, with some to spare.
  private static let largestStep = 0x1p50

  /// The nearest finite number.
  private static func finite(_ value: Double) -> Double {
    min(max(value, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
  }

  /// A logarithmic axis for values from `low` to `high`, both above zero.
  private init(logarithmicFrom low: Double, to high: Double, ticks count: Int, style: Table.Column.Style) {
    let first = Int((log10(low) + 1e-9).rounded(.down))
    var last = Int((log10(high) - 1e-9).rounded(.up))
    if first == last { last += 1 }

    // Close the axis at 2 or 5 of the outer decades where the data allow, so that little of it is empty.
    let lead = [5, 2].first { $0 * Self.power(first) <= min(low * (1 + 1e-9), .greatestFiniteMagnitude) } ?? 1
    let tail = [2, 5].first { $0 * Self.power(last - 1) >= high * (1 - 1e-9) } ?? 10
    kind = .logarithmic
    // A power of ten below the smallest `Double` is zero, which has no place here.
    self.low = first > Self.smallestExponent ? lead * Self.power(first) : low
    self.high = max(Self.finite(tail * Self.power(last - 1)), self.low.nextUp)
    let (start, end) = (self.low, self.high)

    // A tick for each decade, or for some of them; three at least, with 2 and 5 between them if need be.
    let stride = max(1, Int((Double(last - first) / Double(max(count, 2))).rounded(.up)))
    func candidates(_ multiples: [Double]) -> [Tick] {
      (first...last).filter { ($0 - first).isMultiple(of: stride) }.flatMap { exponent in
        multiples.map { $0 * Self.power(exponent) }.filter { $0 >= start * (1 - 1e-9) && $0 <= end * (1 + 1e-9) }
          .filter { $0.isFinite && $0 > 0 }.map { Tick(value: $0, label: Self.label($0, step: $0, style: style)) }
      }
    }
    let decades = candidates([1])
    let chosen = decades.count > 2 ? decades : candidates([1, 2, 5])
    ticks =
      chosen.isEmpty ? [start, end].map { Tick(value: $0, label: Self.label($0, step: $0, style: style)) } : chosen
  }

  /// The exponent of the smallest power of ten that has all digits of a `Double`.
  private static let smallestExponent = -308

  /// The position of a value: 0 at the low end, 1 at the high end.
  package func position(_ value: Double) -> Double {
    switch kind {
    case .linear:
      let length = high - low
      // Halves, where the whole is more than a `Double` holds.
      return length.isFinite ? (value - low) / length : (value / 2 - low / 2) / (high / 2 - low / 2)
    case .logarithmic: return (log10(value) - log10(low)) / (log10(high) - log10(low))
    }
  }

  /// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not smaller than the raw step.
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

  /// A tick's text: with the digits that the step between ticks needs, thousands and millions shortened.
  private static func label(_ value: Double, step: Double, style: Table.Column.Style) -> String {
    var (value, step) = (value, step)
    var unit = ""
    if case .percent = style {
      guard value.magnitude < 1e13 else { return NumberText.number(value, .percent(0)) }
      (value, step) = (value * 100, step * 100)
      unit = "\u{a0}%"
    } else if value.magnitude >= 10_000 {
      let (divisor, suffix) = value.magnitude >= 1e9 ? (1e9, "G") : value.magnitude >= 1e6 ? (1e6, "M") : (1e3, "k")
      if value.magnitude >= 1e15 { return NumberText.plain(value) }
      (value, step, unit) = (value / divisor, step / divisor, suffix)
    }

    if value == 0 { return "0" + unit }
    if value.magnitude < 1e-5 { return NumberText.plain(value) + unit }
    // As few digits as print the step exactly.
    var digits = 0
    while digits < 10 {
      let scaled = step * power(digits)
      if (scaled - scaled.rounded()).magnitude < 1e-6 * max(1, scaled.magnitude), scaled >= 0.5 { break }
      digits += 1
    }
    return NumberText.fixed(value, digits) + unit
  }
}
