extension Torch {
  /// Runs `body` when no other task in this process computes with libtorch.
  ///
  /// Stages run at the same time, but two computations in one process must not meet in libtorch. oneDNN, which
  /// multiplies bfloat16 there, damages its cache of compiled kernels when several threads fill it (seen with oneDNN
  /// 2.7 as allocations of impossible sizes), and OpenBLAS makes no promise either. Tasks wait in the order of their
  /// calls, without blocking a thread. Calls must not be nested.
  package static func inTurn<Result>(_ body: () async throws -> Result) async throws -> Result {
    await TorchTurn.shared.take()
    do {
      let result = try await body()
      await TorchTurn.shared.give()
      return result
    } catch {
      await TorchTurn.shared.give()
      throw error
    }
  }
}

/// A queue of the tasks that compute with libtorch.
private actor TorchTurn {
  static let shared = TorchTurn()

  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    if !isTaken {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  /// Passes the turn to the first task that waits.
  func give() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}
