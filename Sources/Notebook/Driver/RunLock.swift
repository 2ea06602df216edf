package import Core
internal import Foundation
internal import Glibc

/// The right to run notebooks in a project, which one process has at a time: an advisory lock that the kernel releases
/// when the process ends, in whatever way.
package struct RunLock: ~Copyable {
  private let descriptor: Int32

  /// Waits for the lock.
  /// - Parameters:
  ///   - project: the project; its `.colophon` is made when missing.
  ///   - waiting: called once when another run holds the lock, with its process id if that is known.
  /// - Throws: ``OperationError`` when the lock file cannot be made; ``Interrupted``.
  package init(project: Project, waiting: (Int?) -> Void) throws {
    do {
      try FileManager.default.createDirectory(atPath: project.cache, withIntermediateDirectories: true)
    } catch {
      throw OperationError(operation: "create the folder", subject: project.cache, cause: error.localizedDescription)
    }
    let opened = open(project.runLock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard opened >= 0 else {
      throw OperationError(
        operation: "open the lock of running notebooks", subject: project.runLock,
        reason: String(cString: strerror(errno)), advice: "a run must be able to write into the project's folder")
    }

    // The holder writes its process id into the file, for the message of those that wait.
    if flock(opened, LOCK_EX | LOCK_NB) != 0 {
      var bytes = [UInt8](repeating: 0, count: 20)
      let count = pread(opened, &bytes, 20, 0)
      waiting(Int(String(decoding: bytes[..<max(count, 0)], as: UTF8.self)))
      // Looked at again and again, since a signal could arrive just before waiting for the lock.
      while flock(opened, LOCK_EX | LOCK_NB) != 0 {
        guard !Interruption.requested else {
          close(opened)
          throw Interrupted(finished: 0)
        }
        usleep(50_000)
      }
    }

    let text = Array(String(getpid()).utf8)
    ftruncate(opened, 0)
    _ = pwrite(opened, text, text.count, 0)
    descriptor = opened
  }

  deinit { close(descriptor) }
}
