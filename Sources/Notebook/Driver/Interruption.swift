internal import Glibc
internal import Synchronization

/// Whether the user has pressed Ctrl-C, or asked this process to end.
package enum Interruption {
  private static let flag = Atomic<Bool>(false)

  /// Takes SIGINT and SIGTERM from now on: the process ends in order instead of at once.
  package static func listen() {
    // Whoever started this process may have left the signals blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM] { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for signal in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in Interruption.flag.store(true, ordering: .relaxed) }
      sigaction(signal, &action, nil)
    }
  }

  package static var requested: Bool { flag.load(ordering: .relaxed) }
}

/// The user interrupted the run.
package struct Interrupted: Error, CustomStringConvertible {
  package let finished: Int
  /// Whether finished stages are kept: those of a run are, those of a verification are not.
  package var keepsStages = true
  package var description: String {
    guard keepsStages else { return "interrupted; nothing was changed, and the next verification begins anew" }
    return
      "interrupted; \(finished) finished stage\(finished == 1 ? " is" : "s are") kept, and the next run continues from there"
  }
}
