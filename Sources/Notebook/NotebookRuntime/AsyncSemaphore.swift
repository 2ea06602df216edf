/// So many stages may run at the same time; the others wait in order.
final class AsyncSemaphore {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(free: Int) { self.free = max(free, 1) }

  /// Waits for a free slot and takes it. Called on the owning actor alone.
  func take(isolation: isolated (any Actor)? = #isolation) async {
    if free > 0 {
      free -= 1
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Gives the slot to the next who waits.
  func give() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
