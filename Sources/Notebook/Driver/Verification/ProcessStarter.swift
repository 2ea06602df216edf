internal import Foundation
internal import Synchronization

/// A thread that starts processes before they are needed.
///
/// The kernel ends a sandbox when the *thread* that made it ends, not only when the process does: this one lives until
/// ``end()``.
final class ProcessStarter: Sendable {
  private let wanted = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)
  private let isOpen = Atomic<Bool>(true)

  /// Starts the thread, which waits for ``wantNext()``.
  /// - Parameter start: starts one process; called on the thread.
  init(_ start: @escaping @Sendable () -> Void) {
    Thread.detachNewThread { [self] in
      while true {
        wanted.wait()
        guard isOpen.load(ordering: .acquiring) else { break }
        start()
      }
      ended.signal()
    }
  }

  /// Asks for one more process, and returns at once.
  func wantNext() { wanted.signal() }

  /// Ends the thread, and with it the sandboxes that it has made. No stage may run in them any more.
  func end() {
    isOpen.store(false, ordering: .releasing)
    wanted.signal()
    ended.wait()
  }
}
