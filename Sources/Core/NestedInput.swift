/// An input that a stage holds in a property, at any depth: an artifact, a file or folder on disk, or another stage.
package struct NestedInput {
  /// The kinds of inputs.
  package enum Value {
    /// An artifact, which counts by its content.
    case artifact(any Artifact)
    /// A file, which counts by its content on disk.
    case file(InputFile)
    /// A folder, which counts by the files in it.
    case folder(InputFolder)
    /// A stage, which counts by its code; its own inputs follow it.
    case stage(any Stage)
  }

  /// The place inside the property, such as `[3]`, `.checkpoint` or `[en].table`; empty for the property itself.
  package var path: String
  /// The input.
  package let value: Value
  /// The digest that it counts by; `nil` for a stage.
  package let digest: Digest?
}

extension NestedInput.Value {
  /// The kind of input in the structure of a value, for an artifact with its format.
  var kind: String {
    switch self {
    case .artifact(let artifact): "artifact \(type(of: artifact).format)"
    case .file: "file"
    case .folder: "folder"
    case .stage: "stage"
    }
  }
}

/// The parts of an input's path.
///
/// Different places in a value of one structure have different paths: names with characters that paths are made of are
/// quoted.
enum InputPath {
  /// A member of a list, or of a set in its canonical order: `[3]`.
  static func position(_ position: Int) -> String { "[\(position)]" }

  /// A stored property, or the case of an enum: `.checkpoint`. A value without a label has no name of its own.
  static func field(_ name: String) -> String {
    if name == "_0" { return "" }
    return ".\(text(name, reserved: "[]\".# "))"
  }

  /// The value of a dictionary's key: `[en]`, and the JSON of a key that is not text.
  static func key(_ key: CanonicalValue) -> String {
    guard case .text(let name) = key else { return "[\(key.json)]" }
    return "[\(text(name, reserved: "[]\""))]"
  }

  /// The name, quoted when it has reserved characters.
  private static func text(_ name: String, reserved: String) -> String {
    let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && !reserved.unicodeScalars.contains($0) }
    return isPlain && !name.isEmpty ? name : JSONText.quoted(name)
  }
}
