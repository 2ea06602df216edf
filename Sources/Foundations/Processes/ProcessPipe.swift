internal import CSandbox
internal import Core
internal import Foundation
internal import Glibc

/// Two ends of a pipe, closed when they go out of use; neither is inherited unless it is named.
package final class ProcessPipe {
  package private(set) var reading: Int32
  package private(set) var writing: Int32
  /// The ends' numbers, which a child that has inherited them knows them by though they are closed here.
  package let readingNumber, writingNumber: Int32

  /// - Throws: ``OperationError`` when the system has no descriptor left.
  /// - Parameter isSocket: whether it is a pair of sockets, to which ``send(_:to:)`` can write though nobody reads any more.
  package init(isSocket: Bool = false) throws {
    var ends: [Int32] = [0, 0]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard (isSocket ? socketpair(AF_UNIX, kind, 0, &ends) : csandbox_pipe(&ends)) == 0 else {
      throw OperationError(operation: "make", subject: "a pipe", cause: String(cString: strerror(errno)))
    }
    (reading, writing) = (ends[0], ends[1])
    (readingNumber, writingNumber) = (ends[0], ends[1])
  }

  /// Writes all bytes to a socket; a reader that is gone raises no signal.
  /// - Returns: whether somebody took them.
  package static func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes
      while !rest.isEmpty {
        let count = Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
      return true
    }
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
