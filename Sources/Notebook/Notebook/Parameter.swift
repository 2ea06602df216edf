internal import Core
internal import SwiftParser
internal import Yams

/// A named value of a notebook that a run may set: a line below `parameters:` in the front matter, a constant in every cell.
package struct Parameter: Codable, Hashable, Sendable {
  /// The Swift type of a parameter's values.
  package enum Kind: String, Codable, Sendable {
    case integer = "Int"
    case number = "Double"
    case flag = "Bool"
    case text = "String"

    /// The text that stands for the value which `text` writes, equal for equal values; `nil` when it is no value of this type.
    ///
    /// The initialiser of the Swift type that takes a text makes the value of it again.
    package func read(_ text: String) -> String? {
      switch self {
      case .integer: Int(text).map(String.init)
      case .number:
        text.allSatisfy(Self.decimal.contains) ? Double(text).flatMap { $0.isFinite ? String($0) : nil } : nil
      case .flag: text == "true" || text == "false" ? text : nil
      case .text: text
      }
    }

    /// What a value is to be, in words.
    package var expected: String {
      switch self {
      case .integer: "a whole number (Int)"
      case .number: "a number (Double)"
      case .flag: "true or false (Bool)"
      case .text: "a text (String)"
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
      } else {
        self = .text
      }
    }
  }

  package var name: String
  package var kind: Kind
  /// As ``Kind/read(_:)`` writes it.
  package var value: String
  /// The notebook's line.
  package var line: Int

  package init(name: String, kind: Kind, value: String, line: Int) {
    self.name = name
    self.kind = kind
    self.value = value
    self.line = line
  }

  /// Why a name cannot be a parameter's; `nil` when it can.
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
    return
      "“\(name)” cannot be the name of a Swift constant: use letters, digits and “_”, begin with a letter, and no keyword"
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
