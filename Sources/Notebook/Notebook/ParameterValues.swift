internal import Core

/// The values that one run gives a notebook's parameters and its seed.
package struct ParameterValues: Hashable, Sendable {
  /// A parameter, or the seed under the name `seed`.
  package struct Entry: Hashable, Sendable {
    /// The parameter's name, or `seed`.
    package let name: String
    /// The type of the value.
    package let kind: Parameter.Kind
    /// The value in the front matter, as ``Parameter/Kind/read(_:)`` writes it.
    package let documentValue: String
    /// The value in this run, written in the same way.
    package fileprivate(set) var value: String

    /// The value in this run for people: a text is in quotation marks.
    package var shownValue: String { kind == .text ? JSONText.quoted(value) : value }
    /// The value in the front matter for people: a text is in quotation marks.
    package var shownDocumentValue: String { kind == .text ? JSONText.quoted(documentValue) : documentValue }

    /// True for the seed.
    package var isSeed: Bool { name == "seed" }
    /// True when this run has another value than the front matter.
    package var isChanged: Bool { value != documentValue }
  }

  /// The seed first, if the notebook has one, then the parameters in their order.
  package private(set) var entries: [Entry]

  /// The values of the front matter.
  package init(_ frontMatter: FrontMatter) {
    let seed = frontMatter.seed.map { Entry(name: "seed", kind: .integer, documentValue: "\($0)", value: "\($0)") }
    entries =
      (seed.map { [$0] } ?? [])
      + frontMatter.parameters.map { Entry(name: $0.name, kind: $0.kind, documentValue: $0.value, value: $0.value) }
  }

  /// The entries whose values differ from the front matter's.
  package var changed: [Entry] { entries.filter(\.isChanged) }

  /// Every value as a text, by name.
  package var texts: [String: String] { Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.value) }) }

  /// Changes values.
  ///
  /// - Parameters:
  ///   - settings: texts `name=value`.
  ///   - file: the notebook's name in errors.
  /// - Throws: ``SettingError`` for a text without `=`, a name that the notebook does not have or that comes twice,
  ///   and a value that is not of the parameter's type. A whole number is a value of a `Double` parameter.
  package mutating func set(_ settings: [String], of file: String) throws(SettingError) {
    var seen: Set<String> = []
    for setting in settings {
      guard let mark = setting.firstIndex(of: "="), mark > setting.startIndex else {
        throw SettingError("--set takes name=value, not “\(setting)”; \(inventory(file))")
      }
      let name = String(setting[..<mark])
      let text = String(setting[setting.index(after: mark)...])

      guard let index = entries.firstIndex(where: { $0.name == name }) else {
        let hint = nearest(to: name, among: entries.map(\.name)).map { ": did you mean “\($0)”?" } ?? ""
        throw SettingError("there is no parameter “\(name)”\(hint)\(hint.isEmpty ? ";" : "") \(inventory(file))")
      }
      // The last of two values would win unseen.
      guard seen.insert(name).inserted else { throw SettingError("“\(name)” is set twice: keep one") }
      guard let value = entries[index].kind.read(text), !entries[index].isSeed || !value.hasPrefix("-") else {
        let expected = entries[index].isSeed ? FrontMatter.expectedSeed : entries[index].kind.expected
        throw SettingError("“\(name)” must be \(expected), not “\(text)”; \(inventory(file))")
      }
      entries[index].value = value
    }
  }

  /// The parameters that can be set, for a message.
  private func inventory(_ file: String) -> String {
    guard !entries.isEmpty else {
      return "\(file) has no parameters: they are lines under “parameters:” in its front matter"
    }
    let list = entries.map { "\($0.name): \($0.kind.rawValue) = \($0.shownDocumentValue)" }
    return "\(file) has \(list.joined(separator: ", "))"
  }
}

/// A value on the command line that a notebook cannot have.
///
/// A type of its own, since the command ends with exit status 64 for it.
package struct SettingError: Error, CustomStringConvertible, Sendable {
  /// The value, and the values that are possible.
  package let message: String
  package var description: String { message }

  init(_ message: String) { self.message = message }
}
