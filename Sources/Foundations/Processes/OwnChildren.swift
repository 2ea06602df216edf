internal import Core
internal import Glibc
internal import Synchronization

/// The children that this process has started itself and not waited for. Every other child is one that it adopted.
enum OwnChildren {
  private static let identifiers = Mutex<Set<pid_t>>([])

  /// Starts a child. Nothing looks for adopted ones meanwhile.
  /// - Parameter spawn: returns the status of `posix_spawn`, and sets the identifier.
  static func start(_ spawn: (inout pid_t) -> Int32) -> (status: Int32, identifier: pid_t) {
    identifiers.withLock { identifiers in
      var identifier: pid_t = 0
      let status = spawn(&identifier)
      if status == 0 { identifiers.insert(identifier) }
      return (status, identifier)
    }
  }

  /// Waits for the end of a child and removes it from the system's table.
  /// - Returns: the status in the form of `waitpid`.
  static func reap(_ identifier: pid_t) -> Int32 {
    // The number is free for another process once it is reaped: both tables change together.
    waitUntilEnded(identifier)
    return identifiers.withLock { identifiers in
      var status: Int32 = 0
      _ = SystemCall.retry { waitpid(identifier, &status, 0) }
      identifiers.remove(identifier)
      return status
    }
  }

  /// True when a child has ended, and is still in the system's table.
  static func hasEnded(_ identifier: pid_t) -> Bool { look(identifier, WNOHANG) }

  private static func waitUntilEnded(_ identifier: pid_t) { _ = look(identifier, 0) }

  private static func look(_ identifier: pid_t, _ options: Int32) -> Bool {
    var information = siginfo_t()
    let result = SystemCall.retry { waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT | options) }
    // Without an ended child the call succeeds too, and leaves the signal's number at 0.
    return result == 0 && information.si_signo != 0
  }

  /// Those of these children that this process has not started.
  static func adopted(among children: () -> [pid_t]) -> [pid_t] {
    identifiers.withLock { own in children().filter { !own.contains($0) } }
  }
}
