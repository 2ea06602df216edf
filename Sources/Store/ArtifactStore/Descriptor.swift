internal import Core

#if canImport(Glibc)
  internal import Glibc
#endif

/// An open file, closed when its value goes out of use.
struct Descriptor: ~Copyable {
  let number: Int32
  let path: String

  /// - Parameter flags: as of `open(2)`; the descriptor is not inherited by other programs.
  init(_ path: String, _ flags: Int32, mode: mode_t = 0o666) throws(StoreError) {
    number = open(path, flags | O_CLOEXEC, mode)
    self.path = path
    guard number >= 0 else { throw FileSystem.error("open", path) }
  }

  deinit { if number >= 0 { close(number) } }

  /// Locks the file against other descriptors, also of this process; the lock ends with the descriptor or its process.
  /// - Parameter wait: true to wait until the lock is free.
  /// - Returns: `false` when the file is not locked.
  @discardableResult
  borrowing func lock(wait: Bool = true) -> Bool {
    SystemCall.retry { flock(number, wait ? LOCK_EX : LOCK_EX | LOCK_NB) } == 0
  }

  borrowing func status() throws(StoreError) -> FileSystem.Status {
    var buffer = stat()
    guard fstat(number, &buffer) == 0 else { throw FileSystem.error("look at", path) }
    return FileSystem.Status(buffer)
  }

  /// Makes the file's bytes durable.
  borrowing func synchronise() throws(StoreError) {
    guard SystemCall.retry({ fsync(number) }) == 0 else { throw FileSystem.error("make durable", path) }
  }

  /// Fills the buffer with the bytes from `offset`; a file that ends before is an error.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StoreError) {
    let count = SystemCall.read(into: buffer, from: number, at: offset)
    guard count >= 0 else { throw FileSystem.error("read", path) }
    guard count == buffer.count else { throw FileSystem.error("read", path, code: EIO) }
  }

  borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
    guard SystemCall.write(bytes, to: number, at: offset) else { throw FileSystem.error("write", path) }
  }

  /// Writes at the beginning.
  borrowing func write(_ bytes: [UInt8]) throws(StoreError) {
    let number = number
    let isWritten = bytes.withUnsafeBytes { SystemCall.write($0, to: number, at: 0) }
    guard isWritten else { throw FileSystem.error("write", path) }
  }
}
