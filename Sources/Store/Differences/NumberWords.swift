/// Numbers and their changes in words.
enum NumberWords {
  /// `1,234,567`.
  static func whole(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3)[...], at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "−" : "") + ([digits[...]] + groups).joined(separator: ",")
  }

  /// With four significant digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "−∞" : "∞" }
    if value == 0 { return "0" }
    let magnitude = abs(value)
    let sign = value < 0 ? "−" : ""
    guard magnitude >= 1e-4, magnitude < 1e15 else {
      var exponent = 0
      var fraction = magnitude
      while fraction >= 10 {
        fraction /= 10
        exponent += 1
      }
      while fraction < 1 {
        fraction *= 10
        exponent -= 1
      }
      return "\(sign)\(decimals(fraction, 2))e\(exponent)"
    }
    if magnitude == magnitude.rounded(), magnitude < 1e15 { return sign + whole(Int(magnitude)) }
    var digits = 3
    var limit = 10.0
    while limit <= magnitude, digits > 0 {
      digits -= 1
      limit *= 10
    }
    limit = 1
    while limit > magnitude, digits < 7 {
      digits += 1
      limit /= 10
    }
    return sign + decimals(magnitude, digits)
  }

  /// A number from 0 on that is below 1e15, with so many digits after the point.
  static func decimals(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
    guard digits > 0, value * scale < 9e15 else { return whole(Int(value.rounded())) }
    let scaled = Int((value * scale).rounded())
    let fraction = String(scaled % Int(scale))
    return whole(scaled / Int(scale)) + "." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// `+3.1 %`, `−12 %`, `×4.2`; empty where there is nothing to divide by.
  static func change(_ old: Double, _ new: Double) -> String {
    guard old != 0, old.isFinite, new.isFinite else { return "" }
    let share = (new - old) / abs(old)
    if share > 3, old > 0 { return "×\(short(new / old))" }
    let percent = abs(share) * 100
    let sign = share < 0 ? "−" : "+"
    // Only what is far below the largest integer may be rounded to one.
    let digits = percent >= 10 || percent == 0 ? 0 : 1
    return sign + (percent >= 1e9 || (percent < 0.095 && percent > 0) ? short(percent) : decimals(percent, digits))
      + " %"
  }

  /// `3 entries`, `1 entry`.
  static func many(_ count: Int, _ one: String, _ several: String? = nil) -> String {
    "\(whole(count)) \(count == 1 ? one : several ?? one + "s")"
  }

  /// Parts of a headline that are not nothing: `3 added, 1 gone`.
  static func list(_ parts: [(Int, String)]) -> String {
    parts.filter { $0.0 != 0 }.map { "\(whole($0.0)) \($0.1)" }.joined(separator: ", ")
  }

  /// `12.3 kB`.
  static func bytes(_ count: Int64) -> String {
    var value = Double(count)
    for unit in ["bytes", "kB", "MB", "GB"] {
      if value < 1000 || unit == "GB" {
        return unit == "bytes" ? "\(count) bytes" : "\(decimals(value, value < 10 ? 2 : value < 100 ? 1 : 0)) \(unit)"
      }
      value /= 1000
    }
    return "\(count) bytes"
  }
}
