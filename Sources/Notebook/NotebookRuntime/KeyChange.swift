package import Core

/// What differs between two keys of a stage: the reason for a rerun.
package struct KeyChange: Codable, Sendable, Hashable {
  package var name: String
  package var kind: KeyComponent.Kind
  /// `nil` for a component that is new.
  package var old: KeyComponent?
  /// `nil` for a component that is gone.
  package var new: KeyComponent?

  /// The components that differ, in the order of the new ones, gone ones last; empty for equal keys.
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

  /// For people: `minimumWords 5 → 6`, `code changed`, `file words.txt changed`.
  package var summary: String {
    guard let old, let new else { return self.new == nil ? "\(name) is gone" : "\(name) is new" }
    switch kind {
    case .parameter, .facet:
      return old.display == new.display ? "\(name) changed" : "\(name) \(old.display) → \(new.display)"
    case .code: return name == "code" ? "its code changed" : "Colophon's code changed"
    case .stage: return "\(old.display) became \(new.display)"
    case .artifact: return "\(name) changed"
    case .file, .folder: return "\(kind.rawValue) \(new.display) changed"
    }
  }

  /// All of them in one line; `new` when there is nothing to compare with.
  package static func reason(_ changes: [KeyChange]) -> String {
    changes.isEmpty ? "its record is not in the store" : changes.map(\.summary).joined(separator: ", ")
  }
}
