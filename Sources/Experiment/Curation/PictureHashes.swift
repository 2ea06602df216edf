internal import ArtifactTypes
public import Core
internal import FileFormats

/// A hash of 64 bits for each picture. The hashes of pictures that look alike differ in few bits.
///
/// Two files: `hashes.npy`, unsigned 64-bit integers `[count]`, and `ids.txt`, one id a line in the same order.
public struct PictureHashes: FileArtifact {
  /// The name and version of the file format.
  public static var format: String { "picture-hashes/1" }

  /// The artifact's files.
  public let content: ArtifactContent
  private let hashesFile: ContentFile
  private let idsFile: ContentFile

  /// Hashes in two files, which are read when they are asked for.
  /// - Throws: ``OperationError`` when one of the two files is missing.
  public init(content: ArtifactContent) throws {
    guard let hashes = content["hashes.npy"], let ids = content["ids.txt"] else {
      throw OperationError(
        operation: "open picture hashes", subject: content.files.map(\.name).joined(separator: ", "),
        cause: "the files hashes.npy and ids.txt are needed")
    }
    self.content = content
    hashesFile = hashes
    idsFile = ids
  }

  /// The pictures' ids in the order of ``hashes()``.
  /// - Throws: an error of the store when the file cannot be read.
  public func ids() throws -> [String] {
    String(decoding: try idsFile.bytes(), as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// The hashes in the order of ``ids()``.
  /// - Throws: ``OperationError`` when the file is no vector of 64-bit integers.
  public func hashes() throws -> [UInt64] {
    let mapped = try MappedBytes(hashesFile)
    guard let (header, offset) = NPYHeader.read(mapped.bytes), header.elementType == "<u8", header.shape.count == 1,
      mapped.bytes.count - offset == header.shape[0] * 8
    else {
      throw OperationError(
        operation: "read picture hashes", subject: hashesFile.name,
        cause: "it is not a vector of unsigned 64-bit integers")
    }
    return (0..<header.shape[0]).map {
      UInt64(littleEndian: mapped.bytes.loadUnaligned(fromByteOffset: offset + $0 * 8, as: UInt64.self))
    }
  }

  /// Writes hashes.
  /// - Parameters:
  ///   - hashes: ids and hashes, in an order that is part of the value; ids are one line each, not empty, and distinct.
  ///   - folder: an existing folder, such as ``StageContext/scratch``.
  /// - Throws: ``OperationError`` when a file cannot be written.
  public static func write(_ hashes: [(id: String, hash: UInt64)], folder: String) throws -> PictureHashes {
    let vector = try ArtifactFileWriter(path: folder + "/hashes.npy", name: "hashes.npy")
    try vector.write(NPYHeader(elementType: "<u8", shape: [hashes.count]).bytes)
    let names = try ArtifactFileWriter(path: folder + "/ids.txt", name: "ids.txt")
    for (id, hash) in hashes {
      precondition(!id.isEmpty && !id.utf8.contains(10), "an id is one line")
      try withUnsafeBytes(of: hash.littleEndian) { try vector.write($0) }
      try names.write(Array(id.utf8) + [10])
    }
    return try PictureHashes(content: ArtifactContent(files: [vector.finish(), names.finish()]))
  }
}
