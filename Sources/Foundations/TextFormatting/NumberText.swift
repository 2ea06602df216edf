package import Core
internal import Foundation

/// Numbers as text for readers, the same on every machine and in every locale.
package enum NumberText {
  /// A number in a column's style, with its unit.
  package static func number(_ value: Double, _ style: Table.Column.Style) -> String {
    guard case .percent = style, value.isFinite else { return bare(value, style) }
    return bare(value, style) + "\u{a0}%"
  }

  /// The same without `%`.
  package static func bare(_ value: Double, _ style: Table.Column.Style) -> String {
    guard value.isFinite else { return value.isNaN ? "not a number" : value < 0 ? "−∞" : "∞" }
    return switch style {
    case .plain: plain(value)
    case .decimals(let digits): fixed(value, digits)
    case .percent(let digits): fixed(value * 100, digits)
    }
  }

  /// An integer with separated thousands from five digits on.
  package static func integer(_ value: Int) -> String {
    (value < 0 ? "−" : "") + separated(String(value.magnitude))
  }

  /// So many digits after the point.
  package static func fixed(_ value: Double, _ digits: Int) -> String {
    let text = String(format: "%.*f", min(max(digits, 0), 17), value.magnitude)
    let isZero = text.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ".") }
    let parts = text.split(separator: ".", maxSplits: 1)
    let whole = separated(String(parts.first ?? "0"))
    return (value < 0 && !isZero ? "−" : "") + (parts.count > 1 ? "\(whole).\(parts[1])" : whole)
  }

  /// Six significant digits, a power of ten only where zeros would fill the line.
  package static func plain(_ value: Double) -> String {
    if value == value.rounded(), value.magnitude < 1e15 { return integer(Int(value)) }
    let sign = value < 0 ? "−" : ""
    let magnitude = value.magnitude
    guard magnitude < 1e-4 || magnitude >= 1e15 else {
      let digits = max(0, 5 - Int(log10(magnitude).rounded(.down)))
      return trimmed(fixed(value, digits))
    }
    let parts = String(format: "%.5e", magnitude).split(separator: "e")
    guard parts.count == 2, let exponent = Int(parts[1]) else { return "\(value)" }
    return "\(sign)\(trimmed(String(parts[0])))·10\(superscript(exponent))"
  }

  /// A size in bytes with a binary unit: `812 B`, `3.4 MiB`.
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

  /// A duration: `340 ms`, `12.4 s`, `3 min 20 s`, `2 h 05 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "unknown" }
    if seconds < 0.9995 { return fixed(seconds * 1000, seconds < 0.00995 ? 1 : 0) + "\u{a0}ms" }
    if seconds < 59.95 { return fixed(seconds, 1) + "\u{a0}s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60)\u{a0}min \(whole % 60)\u{a0}s" }
    let minutes = whole / 60 % 60
    return "\(integer(whole / 3600))\u{a0}h \(minutes < 10 ? "0" : "")\(minutes)\u{a0}min"
  }

  private static func separated(_ digits: String) -> String {
    guard digits.utf8.count > 4 else { return digits }
    var result = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.utf8.count - position).isMultiple(of: 3) { result.append("\u{202f}") }
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
