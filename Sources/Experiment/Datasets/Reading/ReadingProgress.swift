internal import Core
internal import Synchronization

/// The number of bytes of several files that several threads have read.
final class ReadingProgress: Sendable {
  private let context: StageContext
  private let total: Int64
  private let state: Mutex<(positions: [Int64], sum: Int64)>

  /// - Parameter byteCounts: the files' sizes.
  init(_ context: StageContext, byteCounts: [Int64]) {
    self.context = context
    total = byteCounts.reduce(0, +)
    state = Mutex(([Int64](repeating: 0, count: byteCounts.count), 0))
  }

  /// Reports the position up to which a file has been read.
  func set(_ position: Int64, of file: Int) {
    let sum = state.withLock { state in
      state.sum += position - state.positions[file]
      state.positions[file] = position
      return state.sum
    }
    context.progress(sum >> 20, of: max(1, total >> 20), "MiB")
  }
}
