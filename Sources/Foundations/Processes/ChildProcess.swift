internal import CSandbox
package import Core
internal import Foundation
package import Glibc

/// A program that this process has started: the one way in which any part of Colophon starts one.
///
/// swift-subprocess is not used, since it passes on only the three standard descriptors, and a notebook's program, a
/// sandbox and the processes of a training need further ones.
///
/// A process that goes out of use without ``wait()`` still runs, and stays in the system's table when it has ended.
package struct ChildProcess: ~Copyable {
  /// The way in which a process ended.
  package enum Ending: Equatable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)

    /// - Parameter status: the status in the form of `waitpid`.
    init(status: Int32) {
      let signal = status & 0x7f
      self = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal)
    }

    /// The ending of the program inside, for the ending of bubblewrap, which reports a signal as a status above 128.
    package var ofSandboxedProgram: Ending {
      if case .exited(let status) = self, status > 128, status < 128 + 65 {
        .killed(signal: status - 128)
      } else {
        self
      }
    }
  }

  /// The standard input of a program.
  package enum Input: Sendable {
    /// Ends at once.
    case empty
    /// This process's own, such as the terminal.
    case inherited
    /// A descriptor of this process.
    case descriptor(Int32)
  }

  /// The process id.
  package let identifier: pid_t

  /// Starts a program.
  /// - Parameters:
  ///   - path: the program's file; a name without a slash is looked up on the `PATH`.
  ///   - environment: the whole environment; this process's when `nil`.
  ///   - output: the descriptor that becomes standard output.
  ///   - error: the descriptor that becomes standard error; this process's own when `nil`.
  ///   - inherited: further descriptors, which have the same numbers in the child.
  ///   - numbered: further descriptors under the numbers that they have in the child, 3 or more.
  ///   - leadsGroup: true for a process group of its own, which Ctrl-C at the terminal does not reach: this process
  ///     decides then when the child ends.
  ///   - hasFixedLimits: true for a stack, a mask of new files and a treatment of signals that are the same whatever
  ///     this process's are.
  /// - Throws: ``OperationError`` with the system's reason.
  package init(
    path: String, arguments: [String] = [], environment: [String: String]? = nil, input: Input = .empty,
    output: Int32, error: Int32?, inherited: [Int32] = [], numbered: [Int32: Int32] = [:], leadsGroup: Bool = true,
    hasFixedLimits: Bool = false
  ) throws(OperationError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    switch input {
    case .empty: posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    case .inherited: break
    case .descriptor(let input): posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    }
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    if let error { posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO) }
    // A descriptor that is duplicated onto itself survives the start, though it is closed in every other program.
    for descriptor in inherited { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }
    for (number, descriptor) in numbered { posix_spawn_file_actions_adddup2(&actions, descriptor, number) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var flags = leadsGroup ? POSIX_SPAWN_SETPGROUP : 0
    posix_spawnattr_setpgroup(&attributes, 0)
    if hasFixedLimits {
      flags |= POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
      FixedLimits.setSignals(of: &attributes)
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))

    // Sorted, so that every start of a program is the same.
    let variables = (environment ?? ProcessInfo.processInfo.environment).sorted { $0.key < $1.key }
    var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    let (status, identifier) = OwnChildren.start { identifier in
      func spawn() -> Int32 { posix_spawnp(&identifier, path, &actions, &attributes, &argv, &envp) }
      return hasFixedLimits ? FixedLimits.starting(spawn) : spawn()
    }
    guard status == 0 else {
      let advice = path.contains("/") ? "" : "; install it, or put its folder on the PATH"
      throw OperationError(
        operation: "start the program", subject: path, cause: String(cString: strerror(status)) + advice)
    }
    self.identifier = identifier
  }

  /// Waits for the end.
  package consuming func wait() -> Ending { Ending(status: OwnChildren.reap(identifier)) }

  /// Waits for the end for a limited time. Once it has returned an ending, the process must not be waited for again.
  /// - Returns: `nil` when the process is still running.
  package borrowing func wait(milliseconds: Int32) -> Ending? {
    csandbox_wait(identifier, milliseconds) == 1 ? Ending(status: OwnChildren.reap(identifier)) : nil
  }

  /// True when the process has ended; it must still be waited for.
  package borrowing func hasEnded() -> Bool { OwnChildren.hasEnded(identifier) }

  /// The memory of the process and of all that it has started, in bytes: what is their own, shared between them, or
  /// swapped out.
  package borrowing func memory() -> Int64 { ProcessTable.memory(ofTree: identifier) }

  /// Makes the process the first that the kernel ends when the machine runs out of memory, with all that it starts.
  package borrowing func offerToMemoryKiller() {
    let file = open("/proc/\(identifier)/oom_score_adj", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    // Source: `OOM_SCORE_ADJ_MAX` of include/uapi/linux/oom.h.
    _ = Array("1000".utf8).withUnsafeBytes { SystemCall.write($0, to: file) }
    close(file)
  }

  /// Kills the process, which must still be waited for.
  /// - Parameter withGroup: true for all processes of the group that it leads.
  package borrowing func kill(withGroup: Bool = false) {
    _ = Glibc.kill(withGroup ? -identifier : identifier, SIGKILL)
  }
}
