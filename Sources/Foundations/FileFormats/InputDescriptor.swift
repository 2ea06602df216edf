internal import Core
internal import Glibc

/// A regular file that is open for reading; closed when nobody holds it any more.
package final class InputDescriptor {
  package let path: String
  package let descriptor: Int32
  /// The file's size in bytes when it was opened.
  package let byteCount: Int64

  /// - Parameter isSequential: whether it is read from the beginning to the end.
  /// - Throws: ``OperationError`` with the system's reason.
  package init(path: String, isSequential: Bool = true) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw OperationError(operation: "open the file", subject: path, cause: String(cString: strerror(errno)))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw OperationError(operation: "open the file", subject: path, cause: "it is no regular file")
    }
    byteCount = Int64(status.st_size)
    if isSequential { posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }
  }

  deinit { close(descriptor) }

  /// The next bytes; 0 at the end.
  package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw failure() }
    }
  }

  /// Goes past bytes that ``read(into:)`` would give.
  package func pass(_ count: Int64) throws {
    guard lseek(descriptor, off_t(count), SEEK_CUR) >= 0 else { throw failure() }
  }

  /// Bytes at an offset, wherever reading is; fewer than asked for at the end.
  package func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let added = bytes.withUnsafeMutableBytes {
        pread(descriptor, $0.baseAddress.map { $0 + filled }, count - filled, off_t(offset) + off_t(filled))
      }
      if added == 0 { break }
      if added > 0 {
        filled += added
      } else if errno != EINTR {
        throw failure()
      }
    }
    return Array(bytes.prefix(filled))
  }

  /// Whether everything from an offset on is zero, as a tape's padding is.
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
