/// One thing that a stage's key depends on.
///
/// All components are kept with the key, so that a rerun can be explained: the one whose digest differs is the reason.
public struct KeyComponent: Codable, Sendable, Hashable {
  /// The kinds of things that a key depends on.
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// The stage's name and the format of its output.
    case stage
    /// The code that it runs.
    case code
    /// A property counted by value.
    case parameter
    /// A property counted by the content of an artifact.
    case artifact
    /// A property counted by the content of a file on disk.
    case file
    /// A property counted by the content of the files in a folder.
    case folder
    /// A declared part of the environment.
    case facet
  }

  /// The property's or facet's name. An input inside a property has its path: `runs[3]`, `classification.checkpoint`.
  public var name: String
  /// The kind of thing, which distinguishes components of one name.
  public var kind: Kind
  /// The digest of the component's canonical value or content.
  public var digest: Digest
  /// The value as people read it: a parameter's JSON (shortened), a file's path, an artifact's format.
  public var display: String

  /// A component of known values.
  public init(name: String, kind: Kind, digest: Digest, display: String) {
    self.name = name
    self.kind = kind
    self.digest = digest
    self.display = display
  }
}

extension KeyComponent {
  private static let codeSuffix = ".code"

  /// The name of the component for the code of a stage that is held in a property. The stage's own code is called
  /// `code`.
  /// - Parameter path: such as `classification`.
  package static func codeName(_ path: String) -> String { path + codeSuffix }

  /// The path in a name that ``codeName(_:)`` has made; `nil` in another name.
  package static func codePath(_ name: String) -> String? {
    name.hasSuffix(codeSuffix) ? String(name.dropLast(codeSuffix.count)) : nil
  }
}
