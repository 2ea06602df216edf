public import Core
internal import FileFormats

/// The vectors of length 1 that a model computes for pictures or texts, each with an id.
///
/// Two files: `embeddings.npy`, float32 `[count, dimension]`, and `ids.txt`, an id on each line in the same order.
public struct Embeddings: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "embeddings/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens embeddings without reading them.
  /// - Throws: ``OperationError`` when a file is missing.
  public init(content: ArtifactContent) throws {
    self.content = content
    _ = try file("embeddings.npy")
    _ = try file("ids.txt")
  }

  /// Writes embeddings.
  /// - Parameters:
  ///   - ids: the names of the vectors, each on one line.
  ///   - vectors: the elements, of shape `[ids.count, dimension]` in row-major order.
  ///   - dimension: the length of a vector.
  ///   - folder: the folder that the two files are written to, such as ``StageContext/scratch``.
  /// - Throws: ``OperationError`` when a file cannot be written.
  public init(ids: [String], vectors: [Float], dimension: Int, folder: String) throws {
    precondition(vectors.count == ids.count * dimension, "every id has a vector")
    let matrix = try ArtifactFileWriter(path: folder + "/embeddings.npy", name: "embeddings.npy")
    try matrix.write(NPYHeader(elementType: "<f4", shape: [ids.count, dimension]).bytes)
    try vectors.withUnsafeBytes { try matrix.write($0) }
    let names = try ArtifactFileWriter(path: folder + "/ids.txt", name: "ids.txt")
    for id in ids {
      precondition(!id.utf8.contains(10), "an id is one line")
      try names.write(Array(id.utf8) + [10])
    }
    try self.init(content: ArtifactContent(files: [matrix.finish(), names.finish()]))
  }

  /// The ids in order.
  public func ids() throws -> [String] {
    String(decoding: try file("ids.txt").bytes(), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    )
    .dropLast()
    .map(String.init)
  }

  /// All vectors in row-major order, and the length of a vector.
  /// - Throws: ``OperationError`` when the file is not a float32 matrix.
  public func vectors() throws -> (elements: [Float], dimension: Int) {
    let mapped = try MappedBytes(file("embeddings.npy"))
    guard let (header, offset) = NPYHeader.read(mapped.bytes), header.elementType == "<f4", header.shape.count == 2,
      mapped.bytes.count - offset == header.shape[0] * header.shape[1] * 4
    else {
      throw OperationError(
        operation: "read embeddings", subject: "embeddings.npy", cause: "it is not a matrix of float32")
    }
    let count = header.shape[0] * header.shape[1]
    let elements = (0..<count).map { mapped.bytes.loadUnaligned(fromByteOffset: offset + $0 * 4, as: Float.self) }
    return (elements, header.shape[1])
  }

  private func file(_ name: String) throws -> ContentFile {
    guard let file = content[name] else {
      throw OperationError(
        operation: "open embeddings", subject: content.files.map(\.name).joined(separator: ", "),
        cause: "\(name) is missing")
    }
    return file
  }
}
