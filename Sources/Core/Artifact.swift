internal import Foundation

/// A value that one stage makes and another may take: stored by content, versioned, compared by digest.
///
/// A small value only needs `Codable`: it is stored as canonical JSON. A large one is a ``FileArtifact``.
///
/// ```swift
/// struct Scores: Artifact, Codable { var accuracy: Double }
/// ```
public protocol Artifact: Codable, Sendable {
  /// The format's name and version, such as `pairs/1`. It is stored with the digest: an artifact is never read as
  /// another format.
  static var format: String { get }

  /// Reads the value back from its bytes.
  /// - Throws: any error, when the bytes are not of this format.
  init(content: ArtifactContent) throws

  /// The value's bytes; equal values give equal bytes.
  func makeContent() throws -> ArtifactContent
}

extension Artifact {
  /// `json/` and the type's name, the format of a value that is stored as canonical JSON.
  public static var format: String { "json/\(Self.self)" }

  /// Decodes the value from the JSON in the content's only file.
  /// - Throws: ``OperationError`` for several files or one that cannot be read; `DecodingError` for JSON of another
  ///   shape.
  public init(content: ArtifactContent) throws {
    self = try JSONCoding.decoder().decode(Self.self, from: Data(try content.onlyFile.bytes()))
  }

  /// The value as canonical JSON, in one file named `value.json`.
  public func makeContent() throws -> ArtifactContent {
    ArtifactContent(bytes: Array(try CanonicalEncoder().value(of: self).json.utf8), name: "value.json")
  }
}

/// An artifact whose bytes stay in files and are read when they are needed.
///
/// A stage writes a file into its ``StageContext/scratch`` folder and returns an artifact with its content.
public protocol FileArtifact: Artifact {
  /// The files, whose bytes are read when they are needed.
  var content: ArtifactContent { get }
}

extension FileArtifact {
  /// The artifact's files, which are not copied.
  public func makeContent() throws -> ArtifactContent { content }

  /// Decodes a reference to stored files; the decoder's `contentSource` provides their bytes.
  /// - Throws: ``OperationError`` for another format, and outside a run.
  public init(from decoder: any Decoder) throws {
    let reference = try ContentReference(from: decoder)
    guard reference.format == Self.format else {
      throw OperationError(
        operation: "decode an artifact", subject: Self.format,
        cause: "the reference is to the format \(reference.format)")
    }
    guard let source = decoder.userInfo[.contentSource] as? any ContentSource else {
      throw OperationError(
        operation: "decode an artifact", subject: Self.format,
        cause: "no store is attached to the decoder outside a run")
    }
    try self.init(
      content: ArtifactContent(
        files: reference.files.map {
          ContentFile(name: $0.name, digest: $0.digest, byteCount: $0.byteCount, location: .stored(source))
        }))
  }

  public func encode(to encoder: any Encoder) throws {
    try ContentReference(
      format: Self.format,
      files: content.files.map { .init(name: $0.name, digest: $0.digest, byteCount: $0.byteCount) }
    ).encode(to: encoder)
  }
}

/// The encoded form of a file artifact: a reference to its bytes instead of them.
private struct ContentReference: Codable {
  struct File: Codable {
    var name: String
    var digest: Digest
    var byteCount: Int64
  }
  var format: String
  var files: [File]
}

extension CodingUserInfoKey {
  /// The ``ContentSource`` that decoded file artifacts read from.
  public static let contentSource = CodingUserInfoKey(rawValue: "colophon.contentSource")!
}

extension Int: Artifact {
  /// `json/Int`.
  public static var format: String { "json/Int" }
}
extension Double: Artifact {
  /// `json/Double`.
  public static var format: String { "json/Double" }
}
extension Bool: Artifact {
  /// `json/Bool`.
  public static var format: String { "json/Bool" }
}
extension String: Artifact {
  /// `json/String`.
  public static var format: String { "json/String" }
}
extension Array: Artifact where Element: Artifact {
  /// The elements' format in brackets: `json/[json/Int]`.
  public static var format: String { "json/[\(Element.format)]" }
}
extension Optional: Artifact where Wrapped: Artifact {
  /// The value's format with a question mark: `json/json/Int?`.
  public static var format: String { "json/\(Wrapped.format)?" }
}
extension Dictionary: Artifact where Key == String, Value: Artifact {
  /// The values' format in braces: `json/{json/Int}`.
  public static var format: String { "json/{\(Value.format)}" }
}
