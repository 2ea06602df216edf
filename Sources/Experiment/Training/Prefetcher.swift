internal import Dispatch
internal import Synchronization

/// Makes values ahead of their use, one after the other, on a thread of its own.
///
/// A few wait at most. ``stop()`` must be called at the end. The order, and so every value, is that of a loop without threads.
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
  ///   - depth: how many values wait at most.
  ///   - source: what `make` goes on with each time.
  ///   - make: the next value; `nil` when there is none left. Asks `isStopped` from time to time. After an error none is made.
  init<Source: Sendable>(
    depth: Int, _ source: Source,
    _ make: @escaping @Sendable (_ source: inout Source, _ isStopped: @escaping @Sendable () -> Bool) throws -> Element?
  ) {
    for _ in 0..<depth { free.signal() }
    DispatchQueue(label: "colophon.prefetch", qos: .userInitiated).async(group: finished) {
      var source = source
      let isStopped: @Sendable () -> Bool = { self.isStopped }
      while true {
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

  /// The next value; waits until it is there. Asked for no more often than there are values.
  /// - Throws: what making it threw; `CancellationError` when the task is cancelled meanwhile.
  func next() throws -> Element {
    while filled.wait(timeout: .now() + .milliseconds(100)) == .timedOut { try Task.checkCancellation() }
    let result = state.withLock { $0.waiting.removeFirst() }
    free.signal()
    return try result.get()
  }

  /// Ends the thread and waits for its end; what waits is dropped.
  func stop() {
    state.withLock {
      $0.isStopped = true
      $0.waiting = []
    }
    free.signal()
    finished.wait()
  }
}
