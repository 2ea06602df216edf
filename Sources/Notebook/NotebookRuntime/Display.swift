internal import Core
internal import Foundation

/// The presentation of a notebook's values and errors.
enum Display {
  /// The form in which a report shows a value of any type.
  static func presentation(of value: Any) -> Presentation {
    switch value {
    case let value as any Presentable: value.presentation
    case let pictures as [Picture] where !pictures.isEmpty: .pictures(pictures)
    case let value as any FileArtifact: .text(summary(of: value))
    case let values as [any Presentable] where !values.isEmpty && !(values is [String]):
      .blocks(values.map(\.presentation))
    default: .text(text(of: value))
    }
  }

  /// The text that takes the place of an inline expression.
  static func inlineText(of value: Any) -> String {
    switch value {
    case let value as Double: number(value)
    case let value as Float: number(Double(value))
    default: text(of: value)
    }
  }

  /// An error in words: its own description, or the name of its type and case.
  static func message(of error: any Error) -> String {
    let text = "\(error)"
    let describesItself = type(of: error) is any CustomStringConvertible.Type
    return describesItself ? text : "\(type(of: error)): \(text)"
  }

  private static func text(of value: Any) -> String {
    if let optional = Mirror(reflecting: value).displayStyle, optional == .optional {
      return Mirror(reflecting: value).children.first.map { text(of: $0.value) } ?? "nil"
    }
    return CanonicalText.text(of: value)
  }

  private static func summary(of artifact: any FileArtifact) -> String {
    let content = artifact.content
    return "\(type(of: artifact).format), \(content.byteCount) bytes, \(content.digest.short)"
  }

  /// A number with at most four significant digits, an integer with all of them.
  private static func number(_ value: Double) -> String {
    guard value.isFinite, value != value.rounded() || abs(value) >= 1e15 else {
      let isNegativeZero = value == 0 && value.sign == .minus
      return value.isFinite ? (isNegativeZero ? "-" : "") + String(Int(value)) : "\(value)"
    }
    let magnitude = value == 0 ? 0 : Int(log10(abs(value)).rounded(.down))
    let decimals = max(0, min(12, 3 - magnitude))
    let scale = pow(10, Double(decimals))
    return "\((value * scale).rounded() / scale)"
  }
}
