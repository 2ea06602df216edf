package import Core
internal import Foundation

/// The environment variables that a notebook declares: they pass from the user's environment to its program, and their
/// values count in the keys of the notebook's own stages, any of which may read them.
package enum DeclaredVariables {
  /// The environment variable with the declared names, one on each line.
  package static let namesVariable = "COLOPHON_DECLARED"

  /// The names, in the order of their UTF-8 bytes.
  static let names = named(by: namesVariable)

  /// The values, each as a part of a key.
  static let components = components(of: names) { ProcessInfo.processInfo.environment[$0] }

  /// The parts of a key for variables of these names.
  /// - Parameter value: the value of a name; `nil` when the variable is not set, which differs from an empty one.
  package static func components(of names: [String], value: (String) -> String?) -> [KeyComponent] {
    names.map { name in
      let value = value(name)
      return KeyComponent(
        name: name, kind: .facet,
        digest: (value.map { CanonicalValue.list([.text($0)]) } ?? .null).digest,
        display: value.map { $0.count <= 120 ? $0 : String($0.prefix(117)) + "…" } ?? "(not set)")
    }
  }

  /// The names that a variable lists, sorted, each once.
  static func named(by variable: String) -> [String] {
    let list = ProcessInfo.processInfo.environment[variable] ?? ""
    return Set(list.split(separator: "\n").map(String.init)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
