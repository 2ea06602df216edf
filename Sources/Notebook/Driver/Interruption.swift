internal import Glibc
internal import Synchronization

/// The user's wish to end this process: Ctrl-C, a request to terminate, or the end of the terminal.
package enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// Takes SIGINT, SIGTERM and SIGHUP from now on, so that the process can end in order instead of at once.
  ///
  /// A second signal changes nothing, since the order takes less than a second: `SIGQUIT` ends the process at once.
  package static func listen() {
    var signals = [SIGINT, SIGTERM]
    // Who starts a run with `nohup` wants it to outlive the terminal.
    var action = sigaction()
    sigaction(SIGHUP, nil, &action)
    // `SIG_IGN` is a macro that Swift does not import.
    if unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) != 1 { signals.append(SIGHUP) }

    // A process starts with the signals blocked that its parent had blocked.
    var blocked = sigset_t()
    sigemptyset(&blocked)
    for signal in signals { sigaddset(&blocked, signal) }
    pthread_sigmask(SIG_UNBLOCK, &blocked, nil)

    for signal in signals {
      handle(signal) { signal in
        _ = Interruption.received.compareExchange(expected: 0, desired: signal, ordering: .relaxed)
      }
    }
    // A reader of the messages that has ended is no reason to end the run. A handler, unlike ignoring the signal, is
    // not inherited by other programs.
    handle(SIGPIPE) { _ in }
  }

  private static func handle(_ signal: Int32, _ body: @escaping @convention(c) (Int32) -> Void) {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = body
    sigaction(signal, &action, nil)
  }

  /// True since the first of these signals.
  package static var requested: Bool { signal != 0 }

  /// The first of these signals; 0 before it.
  package static var signal: Int32 { received.load(ordering: .relaxed) }

  /// Ends an operation that has nothing to put in order.
  /// - Throws: ``Interrupted`` since the first of these signals.
  package static func check() throws(Interrupted) {
    if requested { throw Interrupted(finished: 0) }
  }
}

/// The user interrupted the run.
package struct Interrupted: Error, CustomStringConvertible {
  /// The number of stages that had run to their end.
  package let finished: Int
  /// True when finished stages are kept: those of a run are, those of a verification are not.
  package var keepsStages = true
  /// The signal that interrupted it.
  package let signal = Interruption.signal
  /// The sentence for the user.
  package var description: String {
    guard keepsStages else {
      return "interrupted; nothing was changed, and the next verification begins from scratch"
    }
    guard finished > 0 else { return "interrupted; the next run continues with what is stored" }
    let stages = finished == 1 ? "1 finished stage is" : "\(finished) finished stages are"
    return "interrupted; \(stages) kept, and the next run continues from there"
  }

  /// The exit status of a process that a signal ends, as shells report it: 130, 143, or 129.
  package var status: Int32 { 128 + signal }
}
