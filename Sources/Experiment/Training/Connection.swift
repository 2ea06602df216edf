internal import Core
internal import Glibc

/// One end of a stream socket between two processes; closed with its last reference.
package final class Connection: Sendable {
  /// The reason that a transfer ended early.
  enum Fault: Error {
    /// The other end is closed: its process has ended.
    case closed
    /// No byte was transferred within the time limit.
    case timedOut
    /// The system's number of an error.
    case system(Int32)
  }

  let descriptor: Int32

  /// Takes ownership of the descriptor.
  package init(owning descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Two connected ends. Programs that are started do not inherit them.
  /// - Throws: ``OperationError`` with the system's reason.
  package static func pair() throws -> (Connection, Connection) {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw OperationError(
        operation: "connect two processes", subject: "a pair of sockets", cause: String(cString: strerror(errno)))
    }
    return (Connection(owning: ends[0]), Connection(owning: ends[1]))
  }

  /// Sends all bytes.
  /// - Parameter timeout: the longest wait for the next byte to be accepted.
  func send(_ bytes: UnsafeRawBufferPointer, timeout: Duration) throws(Fault) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      let count = SystemCall.retry {
        Glibc.send(descriptor, piece.baseAddress, piece.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
      }
      if count >= 0 { rest = rest.dropFirst(count) } else { try recover(POLLOUT, timeout) }
    }
  }

  /// Fills the buffer.
  /// - Parameter timeout: the longest wait for the next byte.
  func receive(_ buffer: UnsafeMutableRawBufferPointer, timeout: Duration) throws(Fault) {
    var rest = buffer[...]
    while !rest.isEmpty {
      let piece = UnsafeMutableRawBufferPointer(rebasing: rest)
      let count = SystemCall.retry { recv(descriptor, piece.baseAddress, piece.count, Int32(MSG_DONTWAIT)) }
      if count == 0 { throw .closed }
      if count > 0 { rest = rest.dropFirst(count) } else { try recover(POLLIN, timeout) }
    }
  }

  /// Waits without a limit until the other end is closed.
  func waitUntilClosed() {
    var request = pollfd(fd: descriptor, events: 0, revents: 0)
    _ = SystemCall.retry { poll(&request, 1, -1) }
  }

  /// Waits until a call that transferred nothing can be repeated.
  /// - Throws: the fault when waiting does not help.
  private func recover(_ events: Int32, _ timeout: Duration) throws(Fault) {
    let error = errno
    switch error {
    case EPIPE, ECONNRESET: throw .closed
    case EAGAIN: break
    default: throw .system(error)
    }
    let clock = SuspendingClock()
    let deadline = clock.now + timeout
    var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    let ready = SystemCall.retry {
      let left = max((deadline - clock.now) / .milliseconds(1), 0).rounded(.up)
      return poll(&request, 1, Int32(min(left, 1e9)))
    }
    if ready == 0 { throw .timedOut }
    if ready < 0 { throw .system(errno) }
  }
}
