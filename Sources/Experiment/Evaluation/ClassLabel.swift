package import ArtifactTypes

/// The words of a pair that name the class of its picture.
public enum ClassLabel: Codable, Hashable, Sendable {
  /// The pair's group, such as a continent.
  case group
  /// Its first text of a field; only in a language when one is named.
  case text(field: String, language: String?)

  /// The class that a pair names; `nil` when it has no such words.
  package func name(of pair: Pair) -> String? {
    switch self {
    case .group: pair.group
    case .text(let field, let language):
      pair.texts.first { $0.field == field && (language == nil || $0.language == language) }?.text
    }
  }
}
