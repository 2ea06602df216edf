internal import Core

#if canImport(Glibc)
  internal import Glibc
#endif

/// The few system calls that a store needs, with errors that name the path.
enum FileSystem {
  /// A state of a file: a write, a rename or a change of mode changes at least one of these.
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

  /// The error of the system call that failed last.
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

  /// The state of a file or folder; `nil` when there is nothing at the path.
  static func status(_ path: String) -> Status? {
    var buffer = stat()
    return stat(path, &buffer) == 0 ? Status(buffer) : nil
  }

  /// The seconds since a file was last changed in any way; `nil` when there is nothing at the path.
  static func age(_ path: String) -> Double? { status(path).map { now - Double($0.changed) / 1e9 } }

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

  /// Removes a file; one that does not exist is no error.
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

  /// Seconds of a clock that is never set, without the time in which the machine slept: for durations.
  static var uptime: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }

  /// A name for a file that is being written, used by no other process or thread.
  static func temporaryName(_ kind: String) -> String {
    "tmp_\(kind)_\(getpid())_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
  }

  /// Removes files `tmp_*` that no living process writes: their lock is free and they are older than a minute. Those of
  /// git commands, which lock nothing, have a day.
  static func removeAbandoned(in folder: String) {
    for name in names(in: folder) where name.hasPrefix("tmp_") {
      let path = folder + "/" + name
      // A name of `temporaryName` has four parts; git's have three.
      let isOwn = name.split(separator: "_").count == 4
      guard let status = status(path), !status.isFolder, let age = age(path), age > (isOwn ? 60 : 86_400),
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
