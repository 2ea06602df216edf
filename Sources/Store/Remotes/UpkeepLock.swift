package import Core
internal import Foundation
internal import Glibc

/// A lock for one exchange, collection or inspection at a time in a project, which the kernel releases when the process
/// ends in any way. Objects that a fetch relies on are not collected meanwhile.
package struct UpkeepLock: ~Copyable {
  private let descriptor: Int32

  /// Waits for the lock.
  /// - Parameters:
  ///   - project: the project; its `.colophon` is made when missing.
  ///   - waiting: called once when another process holds it.
  /// - Throws: ``OperationError`` when the lock's file cannot be made.
  package init(project: Project, waiting: () -> Void) throws {
    let path = project.upkeepLock
    try? FileManager.default.createDirectory(atPath: project.cache, withIntermediateDirectories: true)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw OperationError(
        operation: "open", subject: path, reason: String(cString: strerror(errno)),
        advice: "check the owner of the project's folder")
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      waiting()
      _ = SystemCall.retry { flock(descriptor, LOCK_EX) }
    }
  }

  deinit { close(descriptor) }
}
