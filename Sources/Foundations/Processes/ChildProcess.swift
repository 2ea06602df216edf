internal import CSandbox
internal import Core
internal import Foundation
package import Glibc

/// A program that this process has started, and how it ended.
package struct ChildProcess: ~Copyable {
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    /// - Parameter status: as `waitpid` gives it.
    init(status: Int32) {
      let signal = status & 0x7f
      self = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }

    /// How the program within ended when this is bubblewrap's own ending, which says a signal as a status above 128.
    package var ofSandboxedProgram: Ending {
      if case .exited(let status) = self, status > 128, status < 128 + 65 {
        .killed(signal: status - 128)
      } else {
        self
      }
    }
  }

  package let identifier: pid_t

  /// Starts `path` with these descriptors.
  /// - Parameters:
  ///   - environment: the whole environment.
  ///   - output: the descriptor that becomes standard output.
  ///   - error: the descriptor that becomes standard error.
  ///   - inherited: descriptors that the child has under the same numbers.
  /// - Throws: ``OperationError`` with the system's reason.
  package init(
    path: String, arguments: [String] = [], environment: [String: String], output: Int32, error: Int32,
    inherited: [Int32] = []
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
    for descriptor in inherited { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Its own process group: Ctrl-C reaches the supervisor alone, which then ends the child in order.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
    posix_spawnattr_setpgroup(&attributes, 0)
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] =
      environment.sorted { $0.key < $1.key }.map { strdup("\($0)=\($1)") } + [nil]
    defer {
      for pointer in argv + envp { free(pointer) }
    }
    var identifier: pid_t = 0
    let status = posix_spawn(&identifier, path, &actions, &attributes, &argv, &envp)
    guard status == 0 else {
      throw OperationError(operation: "start the program", subject: path, cause: String(cString: strerror(status)))
    }
    self.identifier = identifier
  }

  /// Waits for the end.
  package consuming func wait() -> Ending {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    return Ending(status: status)
  }

  /// Waits for the end, at most so many milliseconds. After an ending the process must not be waited for again.
  /// - Returns: `nil` when it still runs.
  func wait(milliseconds: Int32) -> Ending? {
    var status: Int32 = 0
    return csandbox_wait(identifier, milliseconds, &status) == 1 ? Ending(status: status) : nil
  }

  /// Runs a program to its end and returns what it printed on standard output and standard error, together.
  package static func run(_ path: String, _ arguments: [String], environment: [String: String]? = nil) throws -> (
    ending: Ending, output: [UInt8]
  ) {
    var ends: [Int32] = [0, 0]
    guard csandbox_pipe(&ends) == 0 else {
      throw OperationError(operation: "make a pipe", subject: path, cause: String(cString: strerror(errno)))
    }
    let child: ChildProcess
    do {
      child = try ChildProcess(
        path: path, arguments: arguments, environment: environment ?? ProcessInfo.processInfo.environment,
        output: ends[1],
        error: ends[1])
    } catch {
      close(ends[0])
      close(ends[1])
      throw error
    }
    close(ends[1])
    var output: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(ends[0], &buffer, buffer.count)
      if count > 0 { output += buffer[..<count] } else if count == 0 || errno != EINTR { break }
    }
    close(ends[0])
    return (child.wait(), output)
  }
}
