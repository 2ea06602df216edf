internal import Foundation

/// A value that a stage makes and another may take: stored by content, versioned, compared by digest.
///
/// A small value only needs `Codable`: it is stored as canonical JSON. A large one is a ``FileArtifact``.
///
/// ```swift
/// struct Scores: Artifact, Codable { var accuracy: Double }
/// ```
public protocol Artifact: Codable, Sendable {
  /// The format's name and version, such as `pairs/1`. It travels with the digest: an artifact is never read as another format.
  static var format: String { get }

  /// Reads the value back from its bytes.
  init(content: ArtifactContent) throws

  /// The value's bytes; equal values give equal bytes.
  func makeContent() throws -> ArtifactContent
}

extension Artifact {
  public static var format: String { "json/\(Self.self)" }

  public init(content: ArtifactContent) throws {
    guard let file = content.files.first, content.files.count == 1 else {
      throw ContentError.severalFiles(content.files.map(\.name))
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    self = try decoder.decode(Self.self, from: Data(try file.bytes()))
  }

  public func makeContent() throws -> ArtifactContent {
    ArtifactContent(bytes: Array(try CanonicalEncoder().value(of: self).json.utf8), name: "value.json")
  }
}

/// An artifact whose bytes stay in files and are read when they are needed.
///
/// A stage writes a file into its ``StageContext/scratch`` folder and returns an artifact with its content.
public protocol FileArtifact: Artifact {
  var content: ArtifactContent { get }
}

extension FileArtifact {
  public func makeContent() throws -> ArtifactContent { content }

  public init(from decoder: any Decoder) throws {
    let reference = try ContentReference(from: decoder)
    guard reference.format == Self.format else {
      throw ContentError.notThatFormat(expected: Self.format, found: reference.format)
    }
    guard let source = decoder.userInfo[.contentSource] as? any ContentSource else {
      throw ContentError.noSource(Self.format)
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

/// How a file artifact is written where only a reference is wanted.
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

extension Int: Artifact { public static var format: String { "json/Int" } }
extension Double: Artifact { public static var format: String { "json/Double" } }
extension Bool: Artifact { public static var format: String { "json/Bool" } }
extension String: Artifact { public static var format: String { "json/String" } }
extension Array: Artifact where Element: Artifact { public static var format: String { "json/[\(Element.format)]" } }
extension Optional: Artifact where Wrapped: Artifact { public static var format: String { "json/\(Wrapped.format)?" } }
extension Dictionary: Artifact where Key == String, Value: Artifact {
  public static var format: String { "json/{\(Value.format)}" }
}
