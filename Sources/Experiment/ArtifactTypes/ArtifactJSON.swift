package import Core
internal import Foundation

/// Small descriptions in JSON beside an artifact's larger files.
package enum ArtifactJSON {
  /// Reads a value.
  /// - Throws: ``OperationError`` that names the file when it is of another shape; what the store throws.
  package static func decode<Value: Decodable>(_ type: Value.Type, from file: ContentFile, operation: String) throws
    -> Value
  {
    let bytes = try file.bytes()
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw OperationError(operation: operation, subject: file.name, cause: "it is damaged: \(error)")
    }
  }

  /// A value in canonical JSON as a file in memory: equal values give equal bytes.
  package static func file(_ value: some Encodable, name: String) throws -> ContentFile {
    let bytes = Array(try CanonicalEncoder().value(of: value).json.utf8)
    return ContentFile(name: name, digest: Digest(of: bytes), byteCount: Int64(bytes.count), location: .memory(bytes))
  }
}
