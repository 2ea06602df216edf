internal import Core
internal import Foundation
internal import Glibc

/// One exchange, collection or inspection at a time in a project: a lock that the kernel releases when the process ends, however it
/// ends. What a fetch relies on is not collected meanwhile.
package struct UpkeepLock: ~Copyable {
  private let descriptor: Int32

  /// Waits for the lock.
  /// - Parameters:
  ///   - folder: the project's `.colophon`, made when missing.
  ///   - waiting: is called once when another process holds it.
  /// - Throws: ``OperationError`` when the lock's file cannot be made.
  package init(folder: String, waiting: () -> Void) throws {
    let path = folder + "/upkeep.lock"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw OperationError(
        operation: "open", subject: path, reason: String(cString: strerror(errno)),
        advice: "check the owner of the project's folder")
    }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      waiting()
      while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
    }
  }

  deinit { close(descriptor) }
}
