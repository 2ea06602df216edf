/// A semaphore that limits how many stages run at the same time; the others wait in order.
final class AsyncSemaphore {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(free: Int) { self.free = max(free, 1) }

  /// Waits for a free permit and takes it. Called only on the owning actor.
  func take(isolation: isolated (any Actor)? = #isolation) async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Returns the permit: to the first task that waits, or else to the free ones.
  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
