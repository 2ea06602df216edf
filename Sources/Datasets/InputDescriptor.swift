internal import Glibc

/// A regular file that is open for reading; closed when nobody holds it any more.
final class InputDescriptor {
  let path: String
  let descriptor: Int32
  /// The file's size in bytes when it was opened.
  let byteCount: Int64

  /// - Throws: ``DatasetsError`` with the system's reason.
  init(path: String) throws {
    self.path = path
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw DatasetsError(operation: "open the file", subject: path, cause: String(cString: strerror(errno)))
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw DatasetsError(operation: "open the file", subject: path, cause: "it is no regular file")
    }
    byteCount = Int64(status.st_size)
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  deinit { close(descriptor) }

  /// The next bytes; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      guard errno == EINTR else { throw failure() }
    }
  }

  /// Bytes at an offset, wherever reading is; fewer than asked for at the end.
  func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
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
  func isZero(from offset: Int64) throws -> Bool {
    var offset = offset
    while true {
      let bytes = try bytes(at: offset, count: 1 << 16)
      if bytes.isEmpty { return true }
      if bytes.contains(where: { $0 != 0 }) { return false }
      offset += Int64(bytes.count)
    }
  }

  private func failure() -> DatasetsError {
    DatasetsError(operation: "read the file", subject: path, cause: String(cString: strerror(errno)))
  }
}
