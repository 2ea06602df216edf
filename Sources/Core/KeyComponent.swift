/// One thing that a stage's key depends on.
///
/// All components are kept with the key, so that a rerun can be explained: the one whose digest differs is the reason.
public struct KeyComponent: Codable, Sendable, Hashable {
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
    /// The same for a folder.
    case folder
    /// A declared part of the surroundings.
    case facet
  }

  /// The property's or facet's name.
  public var name: String
  public var kind: Kind
  /// The digest of the component's canonical value or content.
  public var digest: Digest
  /// The value for people: a parameter's JSON (shortened), a file's path, an artifact's format.
  public var display: String

  public init(name: String, kind: Kind, digest: Digest, display: String) {
    self.name = name
    self.kind = kind
    self.digest = digest
    self.display = display
  }
}

/// A number about a run, such as a throughput.
public struct Measurement: Codable, Sendable, Hashable {
  public var name: String
  public var value: Double
  public var unit: String

  public init(name: String, value: Double, unit: String) {
    self.name = name
    self.value = value
    self.unit = unit
  }
}
