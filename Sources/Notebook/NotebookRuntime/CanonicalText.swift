internal import Foundation

/// The text of a shown value, equal for equal values: as `print` writes it, but for sets, which are sorted,
/// dictionaries, which are in the order of their keys, and dates, which are in ISO 8601.
///
/// Numbers are in the shortest form that reads back. A type with a description of its own is shown by it.
package enum CanonicalText {
  /// The text of a value.
  package static func text(of value: Any) -> String {
    // A million numbers are not looked at one by one.
    if value is String || value is [Int] || value is [Double] || value is [Float] || value is [String] {
      return "\(value)"
    }
    return needsOrder(value) ? ordered(value, isNested: false) : "\(value)"
  }

  /// True for a value in which something has no order, or no form, of its own.
  private static func needsOrder(_ value: Any) -> Bool {
    if value is Date { return true }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .set, .dictionary: return isContainer(value)
    case .collection: return isContainer(value) && mirror.children.contains { needsOrder($0.value) }
    case .optional, .tuple: return mirror.children.contains { needsOrder($0.value) }
    case .struct, .enum: return !describesItself(value) && mirror.children.contains { needsOrder($0.value) }
    default: return false
    }
  }

  /// - Parameter isNested: true within another value, where texts are quoted and types are named in full.
  private static func ordered(_ value: Any, isNested: Bool) -> String {
    if let date = value as? Date { return text(of: date) }
    let mirror = Mirror(reflecting: value)
    let parts = mirror.children.map { ordered($0.value, isNested: true) }

    switch mirror.displayStyle {
    case .set where isContainer(value):
      let elements = sorted(mirror.children.map(\.value)).map { ordered($0, isNested: true) }
      let list = "[" + elements.joined(separator: ", ") + "]"
      return isNested ? "Set(\(list))" : list
    case .dictionary where isContainer(value):
      let entries = mirror.children.map { Mirror(reflecting: $0.value).children.map(\.value) }.filter { $0.count == 2 }
      let values = Dictionary(
        entries.map { (ordered($0[0], isNested: true), ordered($0[1], isNested: true)) }, uniquingKeysWith: { $1 })
      let keys = sorted(entries.map { $0[0] }).map { ordered($0, isNested: true) }
      return keys.isEmpty ? "[:]" : "[" + keys.map { "\($0): \(values[$0] ?? "")" }.joined(separator: ", ") + "]"

    case .collection where isContainer(value): return "[" + parts.joined(separator: ", ") + "]"
    case .tuple: return "(" + labelled(mirror, parts) + ")"
    case .optional:
      guard let child = mirror.children.first else { return "nil" }
      return isNested ? "Optional(\(parts[0]))" : ordered(child.value, isNested: false)
    case .struct where !describesItself(value): return name(of: value, isNested) + "(" + labelled(mirror, parts) + ")"

    case .enum where !describesItself(value):
      guard let child = mirror.children.first, let label = child.label, let part = parts.first else { break }
      // The values of a case with several are a tuple, which has its own parentheses.
      let isTuple = Mirror(reflecting: child.value).displayStyle == .tuple
      return (isNested ? name(of: value, true) + "." : "") + label + (isTuple ? part : "(\(part))")
    default: break
    }
    return isNested ? String(reflecting: value) : "\(value)"
  }

  private static func text(of date: Date) -> String {
    let seconds = date.timeIntervalSince1970
    return date.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: seconds != seconds.rounded()))
  }

  private static func labelled(_ mirror: Mirror, _ parts: [String]) -> String {
    zip(mirror.children, parts).map { child, part in
      // A value without a label has its number for one: `.0`.
      child.label.map { $0.hasPrefix(".") ? part : "\($0): \(part)" } ?? part
    }.joined(separator: ", ")
  }

  private static func name(of value: Any, _ isNested: Bool) -> String {
    isNested ? String(reflecting: type(of: value)) : "\(type(of: value))"
  }

  /// Elements in order: numbers by value, others by the bytes of their texts.
  private static func sorted(_ elements: [Any]) -> [Any] {
    elements.map { (value: $0, number: number($0), text: ordered($0, isNested: true)) }.sorted { first, second in
      switch (first.number, second.number) {
      case (let a?, let b?) where a != b: return a < b
      case (_?, nil): return true
      case (nil, _?): return false
      default: break
      }
      return first.text.utf8.lexicographicallyPrecedes(second.text.utf8)
    }.map(\.value)
  }

  private static func number(_ value: Any) -> Double? {
    switch value {
    case let value as any BinaryInteger: Double(value)
    case let value as Double: value.isNaN ? nil : value
    case let value as Float: value.isNaN ? nil : Double(value)
    default: nil
    }
  }

  /// True for a container of the standard library, whose own description has no order.
  private static func isContainer(_ value: Any) -> Bool {
    let name = String(reflecting: type(of: value))
    return ["Swift.Array<", "Swift.ArraySlice<", "Swift.ContiguousArray<", "Swift.Set<", "Swift.Dictionary<"]
      .contains { name.hasPrefix($0) }
  }

  private static func describesItself(_ value: Any) -> Bool {
    value is any CustomStringConvertible || value is any CustomDebugStringConvertible || value is any CustomReflectable
  }
}
