internal import Glibc

/// The lines of a file, read through a buffer of fixed size: memory does not grow with the file.
struct LineStream {
  /// A file that cannot be read, with the system's reason.
  struct Failure: Error, CustomStringConvertible {
    let path: String
    let cause: String
    var description: String { "cannot read \(path): \(cause)" }
  }

  let path: String
  /// Bytes; a line is shorter.
  var bufferSize = 1 << 20

  /// Calls `body` with each line, the line feed left out, and returns how many bytes the file has.
  func eachLine(_ body: (UnsafeBufferPointer<UInt8>) throws -> Void) throws -> Int {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure(path: path, cause: String(cString: strerror(errno))) }
    defer { close(file) }
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: bufferSize)
    defer { buffer.deallocate() }
    var (kept, total) = (0, 0)
    while true {
      let count = read(file, buffer + kept, bufferSize - kept)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(path: path, cause: String(cString: strerror(errno))) }
      let filled = kept + count
      total += count
      var start = 0
      while let feed = memchr(buffer + start, 10, filled - start) {
        let end = UnsafeRawPointer(feed) - UnsafeRawPointer(buffer)
        try body(UnsafeBufferPointer(start: buffer + start, count: end - start))
        start = end + 1
      }
      kept = filled - start
      if count == 0 {
        if kept > 0 { try body(UnsafeBufferPointer(start: buffer + start, count: kept)) }
        return total
      }
      guard kept < bufferSize else { throw Failure(path: path, cause: "a line has more than \(bufferSize) bytes") }
      memmove(buffer, buffer + start, kept)
    }
  }

  /// All lines in memory.
  func all() throws -> [String] {
    var lines: [String] = []
    _ = try eachLine { lines.append(String(decoding: $0, as: UTF8.self)) }
    return lines
  }
}
