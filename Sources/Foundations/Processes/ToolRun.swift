package import Core
internal import Foundation
internal import Glibc

/// A program of the system, such as `git` or `ssh-keygen`, run to its end.
///
/// It stays in this process's group: what it asks of the user at the terminal reaches the user, and Ctrl-C ends it too.
package struct ToolRun: Sendable {
  /// The exit status; 128 and the signal's number for one that a signal ended.
  package var status: Int32
  /// What it wrote to standard output.
  package var output: [UInt8]
  /// What it wrote to standard error; empty when that was shown to the user.
  package var errors: String

  package var succeeded: Bool { status == 0 }
  /// Standard output as text, without white space at its ends.
  package var text: String { String(decoding: output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
  /// Whether Ctrl-C or a request to end has ended it.
  package var wasInterrupted: Bool { status == 128 + SIGINT || status == 128 + SIGTERM }

  /// Runs a program that is found as a shell finds it.
  /// - Parameters:
  ///   - input: its standard input; the terminal, or whatever this process has, when `nil`.
  ///   - showsErrors: whether standard error goes to this process's own instead of being gathered.
  ///   - variables: what its environment has besides this process's.
  /// - Throws: ``OperationError`` when it cannot be started.
  package init(
    _ program: String, _ arguments: [String], input: [UInt8]? = nil, showsErrors: Bool = false,
    variables: [String: String] = [:]
  ) throws(OperationError) {
    func failure(_ code: Int32) -> OperationError {
      OperationError(
        operation: "start", subject: program, reason: String(cString: strerror(code)),
        advice: "install it, or put its folder on the PATH")
    }
    var output: [Int32] = [-1, -1]
    var errors: [Int32] = [-1, -1]
    guard pipe(&output) == 0 else { throw failure(errno) }
    guard pipe(&errors) == 0 else {
      let code = errno
      for end in output { close(end) }
      throw failure(code)
    }
    for end in output + errors { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let source = input.map { Self.file(with: $0) }
    defer { if let source { close(source) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let source { posix_spawn_file_actions_adddup2(&actions, source, STDIN_FILENO) }
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO)
    if !showsErrors { posix_spawn_file_actions_adddup2(&actions, errors[1], STDERR_FILENO) }
    let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var identifier: pid_t = 0
    let code = posix_spawnp(&identifier, program, &actions, nil, &argv, &envp)
    close(output[1])
    close(errors[1])
    guard code == 0 else {
      close(output[0])
      close(errors[0])
      throw failure(code)
    }
    let (printed, said) = Self.gather(output[0], errors[0])
    var state: Int32 = 0
    while waitpid(identifier, &state, 0) < 0 && errno == EINTR {}
    let signal = state & 0x7f
    status = signal == 0 ? (state >> 8) & 0xff : 128 + signal
    self.output = printed
    self.errors = String(decoding: said, as: UTF8.self)
  }

  /// Reads two descriptors to their ends and closes them.
  private static func gather(_ first: Int32, _ second: Int32) -> ([UInt8], [UInt8]) {
    var gathered: [[UInt8]] = [[], []]
    var open = [first, second]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while open.contains(where: { $0 >= 0 }) {
      var waiting = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      _ = poll(&waiting, nfds_t(waiting.count), -1)
      for position in waiting.indices where waiting[position].revents != 0 {
        let count = read(open[position], &buffer, buffer.count)
        if count > 0 {
          gathered[position] += buffer[..<count]
        } else if count == 0 || errno != EINTR {
          close(open[position])
          open[position] = -1
        }
      }
    }
    return (gathered[0], gathered[1])
  }

  /// A file without a name that holds these bytes and is read from its beginning: a pipe would wait for its reader.
  private static func file(with bytes: [UInt8]) -> Int32 {
    var template = Array((NSTemporaryDirectory() + "/colophon-XXXXXX").utf8CString)
    let file = mkstemp(&template)
    if file >= 0 {
      unlink(template)
      _ = fcntl(file, F_SETFD, FD_CLOEXEC)
    }
    var written = 0
    while file >= 0, written < bytes.count {
      let count = bytes.withUnsafeBytes {
        pwrite(file, $0.baseAddress.map { $0 + written }, $0.count - written, off_t(written))
      }
      if count > 0 { written += count } else if errno != EINTR { break }
    }
    return file
  }
}
