internal import Dispatch
internal import Synchronization

/// Makes values ahead of their use, one after the other, on a thread of its own.
///
/// Few values wait at a time. ``stop()`` must be called at the end. The order, and so every value, is that of a loop
/// without threads.
final class Prefetcher<Element: Sendable>: Sendable {
  private struct State {
    var waiting: [Result<Element, any Error>] = []
    var isStopped = false
  }

  private let state = Mutex(State())
  /// Counts the values that may still be made, and those that wait.
  private let free = DispatchSemaphore(value: 0)
  private let filled = DispatchSemaphore(value: 0)
  private let finished = DispatchGroup()

  /// - Parameters:
  ///   - depth: the largest number of values that wait.
  ///   - source: the state that `make` takes and changes each time.
  ///   - make: the next value; `nil` when none is left. It asks `isStopped` from time to time. After an error it is not
  ///     called again.
  init<Source: Sendable>(
    depth: Int, _ source: Source,
    _ make: @escaping @Sendable (_ source: inout Source, _ isStopped: @escaping @Sendable () -> Bool) throws -> Element?
  ) {
    for _ in 0..<depth { free.signal() }

    DispatchQueue(label: "colophon.prefetch", qos: .userInitiated).async(group: finished) {
      var source = source
      let isStopped: @Sendable () -> Bool = { self.isStopped }
      while true {
        // Waits until another value may be made.
        self.free.wait()
        if self.isStopped { return }

        let result: Result<Element, any Error>
        do {
          guard let value = try make(&source, isStopped) else { return }
          result = .success(value)
        } catch {
          result = .failure(error)
        }

        self.state.withLock { $0.waiting.append(result) }
        self.filled.signal()
        if case .failure = result { return }
      }
    }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  /// The next value; waits until it is there. Must not be called more often than there are values.
  /// - Throws: the error of making it; `CancellationError` when the task is cancelled meanwhile.
  func next() throws -> Element {
    while filled.wait(timeout: .now() + .milliseconds(100)) == .timedOut { try Task.checkCancellation() }
    let result = state.withLock { $0.waiting.removeFirst() }
    free.signal()
    return try result.get()
  }

  /// Ends the thread and waits for its end; values that wait are dropped.
  func stop() {
    state.withLock {
      $0.isStopped = true
      $0.waiting = []
    }
    free.signal()
    finished.wait()
  }
}
