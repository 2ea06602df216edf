internal import Glibc

/// Reads whole files and hashes them, with errors that name the path.
package enum FileBytes {
  /// All bytes of a regular file.
  /// - Throws: ``OperationError`` when the file cannot be read.
  package static func read(_ path: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try each(path, size: 1 << 20) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// The SHA-256 and the size of a regular file's bytes.
  /// - Throws: ``OperationError`` when the file cannot be read.
  package static func digest(_ path: String) throws -> (digest: Digest, byteCount: Int64) {
    var builder = DigestBuilder()
    var count: Int64 = 0
    try each(path, size: 1 << 18) {
      builder.update($0)
      count += Int64($0.count)
    }
    return (builder.digest, count)
  }

  /// Calls `body` with the file's bytes, in pieces of at most `size` bytes.
  /// - Throws: ``OperationError`` when the file cannot be read; the errors of `body`.
  package static func each(_ path: String, size: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path) }
    defer { close(descriptor) }
    guard try SystemCall.readPieces(from: descriptor, size: size, body) else { throw unreadable(path) }
  }

  /// The error for the system's present `errno`.
  private static func unreadable(_ path: String) -> OperationError {
    OperationError(operation: "read the file", subject: path, cause: String(cString: strerror(errno)))
  }
}

extension ContentFile {
  /// A file on disk, hashed now.
  /// - Parameters:
  ///   - path: the file, which no process writes to any more.
  ///   - name: its name in the artifact; the last component of `path` unless given.
  /// - Throws: ``OperationError`` when the file cannot be read.
  public init(path: String, name: String? = nil) throws {
    let (digest, byteCount) = try FileBytes.digest(path)
    self.init(
      name: name ?? String(path.split(separator: "/").last ?? "file"), digest: digest, byteCount: byteCount,
      location: .path(path))
  }
}

extension ArtifactContent {
  /// A content of one file on disk, hashed now.
  /// - Parameters:
  ///   - path: the file, which no process writes to any more.
  ///   - name: its name in the artifact; the last component of `path` unless given.
  /// - Throws: ``OperationError`` when the file cannot be read.
  public init(path: String, name: String? = nil) throws { self.init(files: [try ContentFile(path: path, name: name)]) }
}
