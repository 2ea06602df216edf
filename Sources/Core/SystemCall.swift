internal import Glibc

/// System calls that a signal may interrupt, and the reading and writing of more bytes than one call moves.
///
/// Failures are reported as the C library reports them, with `errno` as the last call left it, since each caller has an
/// error of its own. `close` must not be retried: on Linux the descriptor is free again even after an interruption, and
/// may be another file's by then.
package enum SystemCall {
  /// Repeats a call until no signal interrupts it.
  /// - Parameter call: returns -1 and sets `errno` when it fails.
  /// - Returns: the call's result; -1, with `errno`, for every other failure.
  package static func retry<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      guard result == -1, errno == EINTR else { return result }
    }
  }

  /// Writes all bytes to a file or pipe.
  /// - Parameter offset: the position of the first byte in the file; the descriptor's own position when `nil`.
  /// - Returns: false, with `errno`, when not all bytes could be written.
  package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int? = nil) -> Bool {
    moveAll(bytes) { rest, done in
      if let offset {
        pwrite(descriptor, rest.baseAddress, rest.count, offset + done)
      } else {
        Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
    }
  }

  /// Writes all bytes to a socket. A reader that has closed its end raises no signal.
  /// - Returns: false, with `errno`, when not all bytes could be written.
  package static func send(_ bytes: UnsafeRawBufferPointer, to socket: Int32) -> Bool {
    moveAll(bytes) { rest, _ in Glibc.send(socket, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL)) }
  }

  /// Reads until the buffer is full or the input ends.
  /// - Parameter offset: the position of the first byte in the file; the descriptor's own position when `nil`.
  /// - Returns: the number of bytes read, less than the buffer's size only at the end; -1, with `errno`, for a failure.
  package static func read(
    into buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, at offset: Int? = nil
  ) -> Int {
    var filled = 0
    while filled < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = retry {
        if let offset {
          pread(descriptor, rest.baseAddress, rest.count, offset + filled)
        } else {
          Glibc.read(descriptor, rest.baseAddress, rest.count)
        }
      }
      if count < 0 { return -1 }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// Reads to the end of the input and passes each piece as soon as it arrives.
  /// - Parameter size: the most bytes of a piece.
  /// - Returns: false, with `errno`, when reading failed.
  @discardableResult
  package static func readPieces(
    from descriptor: Int32, size: Int = 1 << 16, _ body: (UnsafeRawBufferPointer) throws -> Void
  ) rethrows -> Bool {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = retry { Glibc.read(descriptor, buffer.baseAddress, size) }
      if count == 0 { return true }
      if count < 0 { return false }
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// Calls `write` with the bytes that are left, and their number so far, until none are.
  private static func moveAll(
    _ bytes: UnsafeRawBufferPointer, _ write: (_ rest: UnsafeRawBufferPointer, _ done: Int) -> Int
  ) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = retry { write(UnsafeRawBufferPointer(rebasing: bytes[done...]), done) }
      if count < 0 { return false }
      done += count
    }
    return true
  }
}
