#if canImport(Glibc)
  internal import Glibc
#endif

/// The few system calls that a store needs, with errors that name the path.
enum FileSystem {
  /// What identifies a state of a file: a write, a rename or a change of mode changes at least one of these.
  struct Status: Hashable {
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    /// Nanoseconds since 1970; no program can set it.
    var changed: Int64
    var inode: Int64
    var device: Int64
    var isFolder: Bool
  }

  static func error(_ operation: String, _ path: String, code: Int32 = errno) -> StoreError {
    let cause: StoreError.Cause =
      switch code {
      case ENOSPC, EDQUOT: .diskFull
      case EROFS: .readOnly
      case EACCES, EPERM: .permissionDenied
      case ENOENT: .notFound
      default: .system(code: code, reason: String(cString: strerror(code)))
      }
    return StoreError(operation: operation, subject: path, cause: cause)
  }

  /// `nil` when there is nothing at the path.
  static func status(_ path: String) -> Status? {
    var buffer = stat()
    return stat(path, &buffer) == 0 ? Status(buffer) : nil
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Makes a folder and those above it.
  static func makeFolder(_ path: String) throws(StoreError) {
    if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw error("make the folder", path)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw error("make the folder", path) }
  }

  static func rename(_ source: String, to target: String) throws(StoreError) {
    guard Glibc.rename(source, target) == 0 else { throw error("move \(source) to", target) }
  }

  /// Removes a file; one that is not there is no error.
  static func remove(_ path: String) { unlink(path) }

  /// Removes a folder and everything in it.
  static func removeFolder(_ path: String) {
    for name in names(in: path) {
      let inner = path + "/" + name
      if unlink(inner) != 0 { removeFolder(inner) }
    }
    rmdir(path)
  }

  /// Makes the names in a folder durable.
  static func synchronise(folder: String) throws(StoreError) {
    let descriptor = try Descriptor(folder, O_RDONLY | O_DIRECTORY)
    try descriptor.synchronise()
  }

  /// Names in a folder, without `.` and `..`, in no order; empty when there is no such folder.
  static func names(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Seconds since 1970.
  static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }

  /// A name for a file in the making, used by no other process or thread.
  static func temporaryName(_ kind: String) -> String {
    "tmp_\(kind)_\(getpid())_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
  }

  /// Removes files `tmp_*` that no living process writes: nobody holds their lock and they are older than a minute. Those of git
  /// commands, which lock nothing, have a day.
  static func removeAbandoned(in folder: String) {
    for name in names(in: folder) where name.hasPrefix("tmp_") {
      let path = folder + "/" + name
      let isOwn = name.split(separator: "_").count == 4
      guard let status = status(path), !status.isFolder, Double(status.changed) / 1e9 < now - (isOwn ? 60 : 86_400),
        let descriptor = try? Descriptor(path, O_RDONLY), descriptor.lock(wait: false)
      else { continue }
      unlink(path)
    }
  }
}

extension FileSystem.Status {
  init(_ buffer: stat) {
    self.init(
      size: Int64(buffer.st_size),
      modified: Int64(buffer.st_mtim.tv_sec) * 1_000_000_000 + Int64(buffer.st_mtim.tv_nsec),
      changed: Int64(buffer.st_ctim.tv_sec) * 1_000_000_000 + Int64(buffer.st_ctim.tv_nsec),
      inode: Int64(bitPattern: UInt64(buffer.st_ino)), device: Int64(bitPattern: UInt64(buffer.st_dev)),
      isFolder: buffer.st_mode & S_IFMT == S_IFDIR)
  }
}

/// An open file, closed at the end of its life.
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

  /// Waits until no other process holds the lock; it ends with the descriptor or its process.
  @discardableResult
  borrowing func lock(wait: Bool = true) -> Bool {
    while flock(number, wait ? LOCK_EX : LOCK_EX | LOCK_NB) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }

  borrowing func status() throws(StoreError) -> FileSystem.Status {
    var buffer = stat()
    guard fstat(number, &buffer) == 0 else { throw FileSystem.error("look at", path) }
    return FileSystem.Status(buffer)
  }

  borrowing func synchronise() throws(StoreError) {
    while fsync(number) != 0 {
      if errno != EINTR { throw FileSystem.error("make durable", path) }
    }
  }

  /// Reads until the buffer is full or the file ends.
  /// - Returns: how many bytes were read.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = Glibc.read(number, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
      if count == 0 { break }
      if count > 0 {
        filled += count
      } else if errno != EINTR {
        throw FileSystem.error("read", path)
      }
    }
    return filled
  }

  /// Fills the buffer with the bytes from `offset`; a file that ends before is an error.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StoreError) {
    var filled = 0
    while filled < buffer.count {
      let count = pread(number, buffer.baseAddress.map { $0 + filled }, buffer.count - filled, offset + filled)
      if count > 0 {
        filled += count
      } else if count == 0 {
        throw FileSystem.error("read", path, code: EIO)
      } else if errno != EINTR {
        throw FileSystem.error("read", path)
      }
    }
  }

  borrowing func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
    var written = 0
    while written < bytes.count {
      let count = pwrite(number, bytes.baseAddress.map { $0 + written }, bytes.count - written, offset + written)
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw FileSystem.error("write", path)
      }
    }
  }

  /// Writes at the beginning.
  borrowing func write(_ bytes: [UInt8]) throws(StoreError) {
    var failure: StoreError?
    bytes.withUnsafeBytes {
      do throws(StoreError) { try write($0, at: 0) } catch { failure = error }
    }
    if let failure { throw failure }
  }

  borrowing func setMode(_ mode: mode_t) throws(StoreError) {
    guard fchmod(number, mode) == 0 else { throw FileSystem.error("protect", path) }
  }
}
