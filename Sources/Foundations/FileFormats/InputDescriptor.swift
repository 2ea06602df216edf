internal import Core
internal import Glibc

/// A regular file that is open for reading; closed when this object is released.
package final class InputDescriptor {
  /// The file's path.
  package let path: String
  /// The open descriptor, which stays this object's.
  package let descriptor: Int32
  /// The file's size in bytes when it was opened.
  package let byteCount: Int64

  /// Opens a file.
  /// - Parameter isSequential: true when it is read from the beginning to the end, which makes the system read ahead.
  /// - Throws: ``OperationError`` with the system's reason, or when the path is not one of a regular file.
  package init(path: String, isSequential: Bool = true) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw OperationError(operation: "open the file", subject: path, cause: String(cString: strerror(errno)))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw OperationError(operation: "open the file", subject: path, cause: "it is not a regular file")
    }
    byteCount = Int64(status.st_size)
    if isSequential { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
  }

  deinit { close(descriptor) }

  /// Reads the next bytes, at most as many as the buffer has space for.
  /// - Returns: how many there were; 0 at the end.
  /// - Throws: ``OperationError`` with the system's reason.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = SystemCall.retry { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
    guard count >= 0 else { throw failure() }
    return count
  }

  /// Passes bytes that ``read(into:)`` would give.
  /// - Throws: ``OperationError`` with the system's reason.
  package func pass(_ count: Int64) throws {
    guard lseek(descriptor, off_t(count), SEEK_CUR) >= 0 else { throw failure() }
  }

  /// Bytes at an offset, without moving ``read(into:)``; fewer than `count` at the end.
  /// - Throws: ``OperationError`` with the system's reason.
  package func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let filled = bytes.withUnsafeMutableBytes { SystemCall.read(into: $0, from: descriptor, at: Int(offset)) }
    guard filled >= 0 else { throw failure() }
    return Array(bytes.prefix(filled))
  }

  /// True when all bytes from an offset on are zero, as a tape's padding is.
  /// - Throws: ``OperationError`` with the system's reason.
  package func isZero(from offset: Int64) throws -> Bool {
    var offset = offset
    while true {
      let bytes = try bytes(at: offset, count: 1 << 16)
      if bytes.isEmpty { return true }
      if bytes.contains(where: { $0 != 0 }) { return false }
      offset += Int64(bytes.count)
    }
  }

  private func failure() -> OperationError {
    OperationError(operation: "read the file", subject: path, cause: String(cString: strerror(errno)))
  }
}
