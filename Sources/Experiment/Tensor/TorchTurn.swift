extension Torch {
  /// Runs `body` when nobody else in this process computes with libtorch.
  ///
  /// Stages run side by side, but two computations in one process must not meet in libtorch: oneDNN, which multiplies bfloat16 there,
  /// damages its cache of compiled kernels when several threads fill it (seen with oneDNN 2.7 as allocations of impossible sizes), and
  /// OpenBLAS makes no promise either. Others wait without holding a thread, in the order of their coming. Not to be nested.
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

/// Whose turn it is.
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

  /// Hands the turn to the next who waits.
  func give() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}
