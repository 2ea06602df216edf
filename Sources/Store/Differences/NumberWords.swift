internal import TextFormatting

/// Changes of numbers, and the parts of a headline, in words.
enum NumberWords {
  /// A change in per cent of the old value's magnitude, or as a factor above +300 %: `+3.1 %`, `−12 %`, `×4.2`; empty
  /// where there is nothing to divide by.
  static func change(_ old: Double, _ new: Double) -> String {
    guard old != 0, old.isFinite, new.isFinite else { return "" }
    let share = (new - old) / abs(old)
    if share > 3, old > 0 { return "×\(NumberText.significant(new / old))" }
    let percent = abs(share) * 100
    let sign = share < 0 ? "−" : "+"
    // One digit after the point would round a tiny change to nothing, and a huge one needs no digit to the unit.
    if percent >= 1e9 || (percent > 0 && percent < 0.095) { return sign + NumberText.share(abs(share)) }
    return sign + NumberText.share(abs(share), digits: percent >= 10 || percent == 0 ? 0 : 1)
  }

  /// The parts of a headline that are not zero: `3 added, 1 gone`.
  static func list(_ parts: [(Int, String)]) -> String {
    parts.filter { $0.0 != 0 }.map { "\(NumberText.integer($0.0)) \($0.1)" }.joined(separator: ", ")
  }
}
