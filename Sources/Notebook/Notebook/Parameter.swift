internal import Core
internal import SwiftParser
internal import Yams

/// A named value of a notebook that a run may set: a line under `parameters:` in the front matter, a constant in
/// every cell.
package struct Parameter: Codable, Hashable, Sendable {
  /// The Swift type of a parameter's values.
  package enum Kind: String, Codable, Sendable {
    case integer = "Int"
    case number = "Double"
    case flag = "Bool"
    case text = "String"

    /// The text of the value that `text` is written for, equal for equal values; `nil` when it is not a value of this
    /// type.
    ///
    /// The initialiser of the Swift type makes the value of this text again.
    package func read(_ text: String) -> String? {
      switch self {
      case .integer: Int(text).map(String.init)
      case .number:
        if let value = Self.unbounded(text) {
          String(value)
        } else {
          text.allSatisfy(Self.decimal.contains) ? Double(text).flatMap { $0.isFinite ? String($0) : nil } : nil
        }
      case .flag: text == "true" || text == "false" ? text : nil
      case .text: text
      }
    }

    /// The values of this type, in words.
    package var expected: String {
      switch self {
      case .integer: "a whole number (Int)"
      case .number: "a number (Double)"
      case .flag: "true or false (Bool)"
      case .text: "a text (String)"
      }
    }

    /// The value of NaN or an infinity, as Swift and Python write it (`nan`, `-inf`) and as YAML does (`.nan`,
    /// `-.inf`); `nil` for any other text.
    private static func unbounded(_ text: String) -> Double? {
      switch text.lowercased() {
      case "nan", ".nan": .nan
      case "inf", "+inf", "infinity", "+infinity", ".inf", "+.inf": .infinity
      case "-inf", "-infinity", "-.inf": -.infinity
      default: nil
      }
    }

    private static let digits = Set("0123456789")
    private static let decimal = digits.union("+-.eE")

    /// The type of a scalar without quotation marks.
    init(plain text: String) {
      let unsigned = text.first.map { "+-".contains($0) } == true ? text.dropFirst() : text[...]
      if text == "true" || text == "false" {
        self = .flag
      } else if !unsigned.isEmpty, unsigned.allSatisfy(Self.digits.contains) {
        self = .integer
      } else if text.allSatisfy(Self.decimal.contains), Double(text) != nil {
        self = .number
      } else if text.contains("."), Self.unbounded(text) != nil {
        self = .number
      } else {
        self = .text
      }
    }
  }

  /// The name of the constant.
  package var name: String
  /// The type of its values.
  package var kind: Kind
  /// The value in the front matter, as ``Kind/read(_:)`` writes it.
  package var value: String
  /// The notebook's line.
  package var line: Int

  /// A parameter with a value that is written as ``Kind/read(_:)`` does.
  package init(name: String, kind: Kind, value: String, line: Int) {
    self.name = name
    self.kind = kind
    self.value = value
    self.line = line
  }

  /// The reason, and a remedy, for a name that a parameter cannot have; `nil` for a name that it can have.
  static func fault(ofName name: String) -> String? {
    if name == "seed" {
      return "“seed” has a line of its own in the front matter: write “seed: 20” outside “parameters”"
    }
    if name.hasPrefix("_") {
      return "the name “\(name)” begins with “_”, as those of the program itself do: choose another"
    }
    // No identifier has one, and the parser takes twice the time for each: see ``ParserLimits``.
    guard name.contains("`") || name.contains("[") || !name.isValidSwiftIdentifier(for: .variableName) else {
      return nil
    }
    return """
      “\(name)” cannot be the name of a Swift constant: \
      use letters, digits and “_”, begin with a letter, and no keyword
      """
  }
}

extension YAMLMapping {
  /// The parameters of a mapping of names to scalars, with a diagnostic for each that is not one.
  mutating func parameters(_ key: String, _ node: Node) -> [Parameter] {
    var parameters: [Parameter] = []
    for (name, value, place) in nested(key, node) {
      if let fault = Parameter.fault(ofName: name) {
        report(fault, at: place)
        continue
      }
      guard let text = string(name, value, expected: "a number, true, false or a text") else { continue }
      let isPlain = value.scalar?.style == .plain || value.scalar?.style == .any
      let kind = isPlain ? Parameter.Kind(plain: text) : .text
      if let read = kind.read(text) {
        parameters.append(Parameter(name: name, kind: kind, value: read, line: place.line))
      } else {
        report("“\(name)” is too large for \(kind.expected): put it into quotation marks to make it a text", at: place)
      }
    }
    return parameters
  }
}
