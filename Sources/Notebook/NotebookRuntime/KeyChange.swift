package import Core

/// A difference between two keys of a stage: the reason for a rerun.
package struct KeyChange: Codable, Sendable, Hashable {
  /// The component's name, such as that of a property.
  package var name: String
  /// The component's kind.
  package var kind: KeyComponent.Kind
  /// The earlier component; `nil` when it is new.
  package var old: KeyComponent?
  /// The present component; `nil` when it is gone.
  package var new: KeyComponent?

  /// The components that differ, in the order of the new key, with those that are gone at the end; empty for equal
  /// keys.
  package static func between(_ old: [KeyComponent], _ new: [KeyComponent]) -> [KeyChange] {
    struct Slot: Hashable {
      var name: String
      var kind: KeyComponent.Kind
    }
    let before = Dictionary(
      old.map { (Slot(name: $0.name, kind: $0.kind), $0) }, uniquingKeysWith: { first, _ in first })
    let after = Set(new.map { Slot(name: $0.name, kind: $0.kind) })

    var changes: [KeyChange] = []
    for component in new {
      let match = before[Slot(name: component.name, kind: component.kind)]
      if match?.digest != component.digest {
        changes.append(KeyChange(name: component.name, kind: component.kind, old: match, new: component))
      }
    }
    for component in old where !after.contains(Slot(name: component.name, kind: component.kind)) {
      changes.append(KeyChange(name: component.name, kind: component.kind, old: component, new: nil))
    }
    return changes
  }

  /// The change in words: `minimumWords 5 → 6`, `its code changed`, `file words.txt changed`.
  package var summary: String {
    guard let old, let new else { return self.new == nil ? "\(name) is gone" : "\(name) is new" }
    switch kind {
    case .parameter, .facet:
      return old.display == new.display ? "\(name) changed" : "\(name) \(old.display) → \(new.display)"
    case .code:
      if let path = KeyComponent.codePath(name) { return "the code of \(path) changed" }
      return name == "code" ? "its code changed" : "Colophon's code changed"
    case .stage: return "\(old.display) became \(new.display)"
    case .artifact: return "\(name) changed"
    case .file, .folder: return "\(kind.rawValue) \(new.display) changed"
    }
  }

  /// All changes in one line, of many the first. Without any, the key is known, and only its record is missing from the
  /// store.
  package static func reason(_ changes: [KeyChange]) -> String {
    changes.isEmpty ? "its record is not in the store" : listed(changes.map(\.summary))
  }

  /// The first six of a list, and the number of the others: a stage may hold hundreds of inputs.
  static func listed(_ names: [String]) -> String {
    let first = names.prefix(6).joined(separator: ", ")
    return names.count > 6 ? "\(first) and \(names.count - 6) more" : first
  }
}
