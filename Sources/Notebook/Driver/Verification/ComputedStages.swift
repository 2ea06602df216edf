internal import Core
internal import Foundation
internal import NotebookRuntime

/// The stages that a verification is computing: their permits, and the waits among them.
///
/// As in a run, a stage that waits for others has no permit, so that those can be computed however deep the calls go.
/// All its state is used under the lock of ``condition``.
final class ComputedStages: @unchecked Sendable {
  private struct State {
    var title: String
    /// For each key that it waits for, the number of its calls that do.
    var waits: [Digest: Int] = [:]
    var hasPermit = true
  }

  private let condition = NSCondition()
  private var free: Int
  private var states: [Digest: State] = [:]
  private var claimed: Set<Digest> = []

  /// - Parameter permits: the number of stages that may compute at the same time.
  init(permits: Int) { free = max(permits, 1) }

  private func locked<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    return body()
  }

  /// Claims a key for the calling thread; waits while another one computes it.
  /// - Parameter known: its reply, once it is computed.
  /// - Returns: `nil` when the key is to be computed here, and released after.
  func claim<Reply>(_ key: Digest, unless known: () -> Reply?) -> Reply? {
    locked {
      while true {
        if let reply = known() { return reply }
        if claimed.insert(key).inserted { return nil }
        condition.wait()
      }
    }
  }

  /// Ends a claim.
  func release(_ key: Digest) { locked { _ = claimed.remove(key) } }

  /// Waits for a permit, and begins a stage with it.
  /// - Parameter title: the stage, for messages.
  func begin(_ key: Digest, title: String) {
    locked {
      while free == 0 { condition.wait() }
      free -= 1
      states[key] = State(title: title)
    }
  }

  /// Ends a stage, and frees its permit.
  func end(_ key: Digest) { locked { if let state = states.removeValue(forKey: key), state.hasPermit { free += 1 } } }

  /// Begins a wait, which frees the permit of the stage that waits.
  /// - Returns: the way on which the stage would wait for itself, as titles; `nil` when there is none and it waits.
  func beginWait(of waiter: Digest, for key: Digest) -> [String]? {
    locked {
      if let circle = circle(from: waiter, to: key) { return circle }
      states[waiter]?.waits[key, default: 0] += 1
      if states[waiter]?.hasPermit == true {
        states[waiter]?.hasPermit = false
        free += 1
      }
      return nil
    }
  }

  /// Ends a wait; the last one of a stage takes a permit again before it returns.
  func endWait(of waiter: Digest, for key: Digest) {
    locked {
      let count = (states[waiter]?.waits[key] ?? 1) - 1
      states[waiter]?.waits[key] = count > 0 ? count : nil
      // Another thread may take the permit for the same stage, which may also end, or wait again.
      while let state = states[waiter], state.waits.isEmpty, !state.hasPermit {
        if free == 0 {
          condition.wait()
          continue
        }
        free -= 1
        states[waiter]?.hasPermit = true
      }
    }
  }

  private func circle(from waiter: Digest, to key: Digest) -> [String]? {
    WaitGraph.circle(from: waiter, to: key) { states[$0].map { Array($0.waits.keys) } ?? [] }?
      .compactMap { states[$0]?.title }
  }
}
