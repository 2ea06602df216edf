import Core
import Glibc
import Testing

@Suite struct SystemCallTests {
  @Test func `A call is repeated after interruptions and for no other failure`() {
    var codes = [EINTR, EINTR, EAGAIN]
    let failed = SystemCall.retry {
      errno = codes.removeFirst()
      return Int32(-1)
    }
    let code = errno
    #expect(failed == -1 && code == EAGAIN && codes.isEmpty)

    codes = [EINTR]
    let moved = SystemCall.retry {
      errno = EINTR
      return codes.popLast() == nil ? 7 : -1
    }
    #expect(moved == 7)
  }

  @Test func `Bytes are written and read at an offset, and fewer at the end of the file`() throws {
    let file = try #require(tmpfile())
    defer { fclose(file) }
    let descriptor = fileno(file)
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(bytes.withUnsafeBytes { SystemCall.write($0, to: descriptor, at: 500) })

    var buffer = [UInt8](repeating: 0, count: 600)
    #expect(buffer.withUnsafeMutableBytes { SystemCall.read(into: $0, from: descriptor, at: 600) } == 600)
    #expect(buffer == Array(bytes[100..<700]))
    #expect(buffer.withUnsafeMutableBytes { SystemCall.read(into: $0, from: descriptor, at: 1400) } == 100)
    let failed = buffer.withUnsafeMutableBytes { SystemCall.read(into: $0, from: -1) }
    let code = errno
    #expect(failed == -1 && code == EBADF)
  }

  @Test func `More bytes than a pipe holds arrive in pieces`() throws {
    var ends: [Int32] = [0, 0]
    try #require(pipe(&ends) == 0)
    let (reading, writing) = (ends[0], ends[1])
    defer { close(reading) }
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 256) }
    var writer = pthread_t()
    let job = Unmanaged.passRetained(Job(bytes: bytes, descriptor: writing))
    let started = pthread_create(
      &writer, nil,
      { argument in
        guard let argument else { return nil }
        let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
        _ = job.bytes.withUnsafeBytes { SystemCall.write($0, to: job.descriptor) }
        close(job.descriptor)
        return nil
      }, job.toOpaque())
    try #require(started == 0)
    defer { pthread_join(writer, nil) }

    var received: [UInt8] = []
    var longest = 0
    #expect(
      SystemCall.readPieces(from: reading, size: 1000) {
        received += $0
        longest = max(longest, $0.count)
      })
    #expect(received == bytes && longest <= 1000)
  }

  private final class Job {
    let bytes: [UInt8]
    let descriptor: Int32

    init(bytes: [UInt8], descriptor: Int32) {
      self.bytes = bytes
      self.descriptor = descriptor
    }
  }

  @Test func `Sending to a reader that has closed its end fails and raises no signal`() throws {
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { close(ends[0]) }
    close(ends[1])
    #expect(![UInt8](repeating: 1, count: 10).withUnsafeBytes { SystemCall.send($0, to: ends[0]) })
  }
}
