package import Core
internal import Foundation
internal import Glibc

/// One run at a time in a project: an advisory lock that the kernel releases when the process ends, however it ends.
package struct RunLock: ~Copyable {
  private let descriptor: Int32

  /// Waits for the lock.
  /// - Parameter waiting: called once, with the holder's process id when it is known, if another run holds it.
  /// - Throws: ``DriverError`` when the lock file cannot be made.
  package init(project: Project, waiting: (Int?) -> Void) throws {
    do {
      try FileManager.default.createDirectory(atPath: project.cache, withIntermediateDirectories: true)
    } catch {
      throw DriverError("cannot make \(project.cache): \(error.localizedDescription)")
    }
    let opened = open(project.runLock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw DriverError(
        "cannot open \(project.runLock): \(String(cString: strerror(errno))); a run writes into the project's folder")
    }
    if flock(opened, LOCK_EX | LOCK_NB) != 0 {
      var bytes = [UInt8](repeating: 0, count: 20)
      let count = pread(opened, &bytes, 20, 0)
      waiting(Int(String(decoding: bytes[..<max(count, 0)], as: UTF8.self)))
      while flock(opened, LOCK_EX) != 0 && errno == EINTR {}
    }
    let text = Array(String(getpid()).utf8)
    ftruncate(opened, 0)
    _ = pwrite(opened, text, text.count, 0)
    descriptor = opened
  }

  deinit { close(descriptor) }
}
