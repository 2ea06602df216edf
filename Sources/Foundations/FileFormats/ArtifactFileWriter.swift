package import Core
internal import Glibc

/// Writes a file of an artifact and computes its digest on the way, so that it is not read again.
///
/// The file is complete, and must not change any more, once ``finish()`` has returned.
package final class ArtifactFileWriter {
  /// The file's path on disk.
  package let path: String
  private let name: String
  private let descriptor: Int32
  private var isOpen = true
  private var buffer: [UInt8] = []
  private var builder = DigestBuilder()
  private var byteCount: Int64 = 0

  /// Opens the file.
  /// - Parameters:
  ///   - path: a file that does not exist yet or may be replaced; its folder exists.
  ///   - name: its name in the artifact.
  /// - Throws: ``OperationError`` with the system's reason.
  package init(path: String, name: String) throws {
    self.path = path
    self.name = name
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw OperationError(operation: "create", subject: path, cause: String(cString: strerror(errno)))
    }
    buffer.reserveCapacity(1 << 18)
  }

  deinit {
    if isOpen { close(descriptor) }
  }

  /// Adds bytes at the end.
  /// - Throws: ``OperationError`` with the system's reason.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    buffer.append(contentsOf: bytes)
    if buffer.count >= 1 << 18 { try flush() }
  }

  /// Adds bytes at the end.
  /// - Throws: ``OperationError`` with the system's reason.
  package func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Writes the last bytes and closes the file.
  /// - Returns: the file as a part of an artifact.
  /// - Throws: ``OperationError`` with the system's reason.
  package func finish() throws -> ContentFile {
    try flush()
    isOpen = false
    guard close(descriptor) == 0 else {
      throw OperationError(operation: "close", subject: path, cause: String(cString: strerror(errno)))
    }
    return ContentFile(name: name, digest: builder.digest, byteCount: byteCount, location: .path(path))
  }

  private func flush() throws {
    try buffer.withUnsafeBytes { bytes in
      builder.update(bytes)
      byteCount += Int64(bytes.count)
      guard SystemCall.write(bytes, to: descriptor) else {
        throw OperationError(operation: "write", subject: path, cause: String(cString: strerror(errno)))
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
