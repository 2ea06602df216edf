internal import CSandbox
internal import Foundation
internal import Glibc

/// Two ends of a pipe, closed when they go out of use; neither is inherited unless it is named.
package final class ProcessPipe {
  package private(set) var reading: Int32
  package private(set) var writing: Int32

  /// - Throws: ``SandboxError`` when the system has no descriptor left.
  package init() throws {
    var ends: [Int32] = [0, 0]
    guard csandbox_pipe(&ends) == 0 else {
      throw SandboxError(operation: "make", subject: "a pipe", cause: String(cString: strerror(errno)))
    }
    (reading, writing) = (ends[0], ends[1])
  }

  package func closeReading() {
    if reading >= 0 { close(reading) }
    reading = -1
  }

  package func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  deinit {
    closeReading()
    closeWriting()
  }
}
