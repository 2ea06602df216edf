package import Core
internal import Foundation

/// Numbers as text for readers, the same on every machine, in every locale, and in every report, message and
/// difference.
///
/// One function for each kind: counts, decimals, shares, quantities with a unit, bytes and durations. Thousands are
/// separated by commas, sizes count in powers of 1024 (`KiB`, `MiB`, …), and a number and its unit stay on one line
/// (U+00A0 between them).
package enum NumberText {
  // MARK: Counts

  /// A count: `12,345`. Four digits stay together, so that a year is a year.
  package static func integer(_ value: Int) -> String {
    (value < 0 ? "−" : "") + separated(String(value.magnitude))
  }

  /// A count of things: `1 entry`, `12,345 entries`.
  /// - Parameters:
  ///   - thing: the singular.
  ///   - plural: the singular with an `s` unless given.
  package static func count(_ value: Int, _ thing: String, plural: String? = nil) -> String {
    "\(integer(value)) \(value == 1 ? thing : plural ?? thing + "s")"
  }

  // MARK: Decimals

  /// A number in a column's style, with `%` for a share.
  package static func number(_ value: Double, _ style: Table.Column.Style) -> String {
    guard case .percent(let digits) = style else { return bare(value, style) }
    return zeroSign(value) + share(value, digits: digits)
  }

  /// A number in a column's style, without `%`. A negative zero keeps its sign; a number that is rounded to zero has
  /// none.
  package static func bare(_ value: Double, _ style: Table.Column.Style) -> String {
    switch style {
    case .plain: zeroSign(value) + plain(value)
    case .decimals(let digits): zeroSign(value) + fixed(value, digits)
    case .percent(let digits): zeroSign(value) + hundredfold(value) { fixed($0, digits) }
    }
  }

  private static func zeroSign(_ value: Double) -> String { value == 0 && value.sign == .minus ? "−" : "" }

  /// A number with this many digits after the point, at most 17: `−1,234,567.80`. From 10¹⁵ on, where a `Double` has no
  /// digits there, it is a power of ten.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return unbounded(value) }
    guard value.magnitude < 1e15 else { return plain(value) }
    let text = String(format: "%.*f", min(max(digits, 0), 17), value.magnitude)
    let isZero = text.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
    let parts = text.split(separator: ".", maxSplits: 1)
    let whole = separated(String(parts.first ?? "0"))
    return (value < 0 && !isZero ? "−" : "") + (parts.count > 1 ? "\(whole).\(parts[1])" : whole)
  }

  /// A number with six significant digits and no zeros at its end: `0.25`, `1.5·10⁻⁷`.
  package static func plain(_ value: Double) -> String { written(value, digits: 6, trimmed) }

  /// A number with four significant digits, zeros at the end among them: `0.2500`, `1.500·10⁻⁷`.
  package static func significant(_ value: Double) -> String { written(value, digits: 4) { $0 } }

  /// A share of 1 as per cent: `23.1 %`.
  /// - Parameter digits: how many follow the point; unless given, four digits are significant.
  package static func share(_ value: Double, digits: Int? = nil) -> String {
    hundredfold(value) { scaled in digits.map { fixed(scaled, $0) } ?? significant(scaled) }
      + (value.isFinite ? "\u{a0}%" : "")
  }

  /// A measured value with its unit, a rate for instance: `5200 pairs/s`. Without a unit only the number.
  package static func quantity(_ value: Double, unit: String) -> String {
    plain(value) + (unit.isEmpty ? "" : "\u{a0}\(unit)")
  }

  // MARK: Sizes and durations

  /// A size in bytes with a binary unit: `812 B`, `3.41 MiB`.
  package static func bytes(_ count: Int64) -> String {
    guard count >= 1024 else { return "\(count)\u{a0}B" }
    var size = Double(count)
    var unit = -1
    while size >= 1023.95, unit < 4 {
      size /= 1024
      unit += 1
    }
    return fixed(size, size < 9.995 ? 2 : size < 99.95 ? 1 : 0) + "\u{a0}" + ["KiB", "MiB", "GiB", "TiB", "PiB"][unit]
  }

  /// A duration: `340 ms`, `12.4 s`, `3 min 20 s`, `2 h 05 min`; `unknown` below zero, and from 1e12 seconds, some
  /// 30,000 years.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "unknown" }
    if seconds < 0.9995 { return fixed(seconds * 1000, seconds < 0.00995 ? 1 : 0) + "\u{a0}ms" }
    if seconds < 59.95 { return fixed(seconds, 1) + "\u{a0}s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60)\u{a0}min \(whole % 60)\u{a0}s" }
    let minutes = whole / 60 % 60
    return "\(integer(whole / 3600))\u{a0}h \(minutes < 10 ? "0" : "")\(minutes)\u{a0}min"
  }

  // MARK: Parts

  /// A number with this many significant digits, as a power of ten only where zeros would fill the line.
  /// - Parameter shift: added to the exponent of a number that is a power of ten.
  private static func written(
    _ value: Double, digits: Int, shift: Int = 0, _ finish: (String) -> String
  ) -> String {
    guard value.isFinite else { return unbounded(value) }
    if value == value.rounded(), value.magnitude < 1e15 { return integer(Int(value)) }
    guard value.magnitude < 1e-4 || value.magnitude >= 1e15 else {
      let exponent = Int(log10(value.magnitude).rounded(.down))
      return finish(fixed(value, max(0, digits - 1 - exponent)))
    }
    let parts = String(format: "%.*e", digits - 1, value.magnitude).split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return "\(value)" }
    return "\(value < 0 ? "−" : "")\(finish(String(parts[0])))·10\(superscript(exponent + shift))"
  }

  /// A hundred times a number as text, also where that is more than a `Double` holds.
  private static func hundredfold(_ value: Double, _ write: (Double) -> String) -> String {
    let scaled = value * 100
    return scaled.isFinite || !value.isFinite ? write(scaled) : written(value, digits: 6, shift: 2, trimmed)
  }

  private static func unbounded(_ value: Double) -> String {
    value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞"
  }

  private static func separated(_ digits: String) -> String {
    guard digits.utf8.count > 4 else { return digits }
    var result = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.utf8.count - position).isMultiple(of: 3) { result.append(",") }
      result.append(digit)
    }
    return result
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  private static func superscript(_ exponent: Int) -> String {
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    return (exponent < 0 ? "⁻" : "") + String("\(exponent.magnitude)".compactMap(\.wholeNumberValue).map { digits[$0] })
  }
}
