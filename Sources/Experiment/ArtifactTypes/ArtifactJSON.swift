package import Core
internal import Foundation

/// Small descriptions in JSON that accompany an artifact's larger files.
package enum ArtifactJSON {
  /// Reads a value.
  /// - Parameters:
  ///   - type: the type of the value.
  ///   - file: the file with its JSON.
  ///   - operation: the operation in the error, such as `open a concept index`.
  /// - Throws: ``OperationError`` that names the file when it has another shape; the errors of the store.
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from file: ContentFile, operation: String
  ) throws -> Value {
    let bytes = try file.bytes()
    do {
      return try JSONCoding.decoder().decode(type, from: Data(bytes))
    } catch {
      throw OperationError(operation: operation, subject: file.name, cause: "it is damaged: \(error)")
    }
  }

  /// A file in memory with the canonical JSON of a value: equal values give equal bytes.
  /// - Parameter name: the file's name in the artifact.
  package static func file(_ value: some Encodable, name: String) throws -> ContentFile {
    let bytes = Array(try CanonicalEncoder().value(of: value).json.utf8)
    return ContentFile(name: name, digest: Digest(of: bytes), byteCount: Int64(bytes.count), location: .memory(bytes))
  }
}
