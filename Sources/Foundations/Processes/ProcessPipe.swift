internal import CSandbox
package import Core
internal import Foundation
internal import Glibc

/// A pipe to or from a child process. Its ends are closed when it goes out of use, and a child has only the ends that
/// are passed to it.
package final class ProcessPipe {
  /// The descriptor of the reading end; -1 once it is closed.
  package private(set) var reading: Int32
  /// The descriptor of the writing end; -1 once it is closed.
  package private(set) var writing: Int32
  /// The number of the reading end, by which a child that has inherited it knows it after it is closed here.
  package let readingNumber: Int32
  /// The number of the writing end, by which a child that has inherited it knows it after it is closed here.
  package let writingNumber: Int32

  /// Makes a pipe with both ends open.
  /// - Parameter isSocket: true for a pair of sockets, to which ``send(_:to:)`` can write after the reader has ended.
  /// - Throws: ``OperationError`` when the system has no descriptor left.
  package init(isSocket: Bool = false) throws(OperationError) {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard (isSocket ? socketpair(AF_UNIX, kind, 0, &ends) : csandbox_pipe(&ends)) == 0 else {
      throw OperationError(operation: "make", subject: "a pipe", cause: String(cString: strerror(errno)))
    }
    (reading, writing) = (ends[0], ends[1])
    (readingNumber, writingNumber) = (ends[0], ends[1])
  }

  /// Writes all bytes to a socket; a reader that has ended raises no signal.
  /// - Returns: false when the reader has closed its end.
  package static func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
    bytes.withUnsafeBytes { SystemCall.send($0, to: socket) }
  }

  /// Closes the reading end; does nothing when it is closed already.
  package func closeReading() {
    if reading >= 0 { close(reading) }
    reading = -1
  }

  /// Closes the writing end; does nothing when it is closed already.
  package func closeWriting() {
    if writing >= 0 { close(writing) }
    writing = -1
  }

  deinit {
    closeReading()
    closeWriting()
  }
}
