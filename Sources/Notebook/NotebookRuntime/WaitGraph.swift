package import Core

/// The stages that wait for one another, by their keys.
package enum WaitGraph {
  /// The way on which a stage would wait for itself if it waited for another key.
  /// - Parameters:
  ///   - waiter: the key of the stage that is about to wait.
  ///   - key: the key that it would wait for; it may be its own.
  ///   - waits: the keys that the stage of a key waits for; none for one that does not wait.
  /// - Returns: the keys from the stage back to it, which is first and last; `nil` when there is no such way.
  package static func circle(from waiter: Digest, to key: Digest, waits: (Digest) -> [Digest]) -> [Digest]? {
    // Depth first, with the stage from which each was reached: one that waits for nothing ends a way.
    var pending = [key]
    var origins = [key: waiter]
    while let next = pending.popLast(), next != waiter {
      for other in waits(next) where origins[other] == nil {
        origins[other] = next
        pending.append(other)
      }
    }
    guard key == waiter || origins[waiter] != nil else { return nil }

    var way = [waiter]
    var last = waiter
    repeat {
      last = origins[last] ?? waiter
      way.append(last)
    } while last != waiter
    return way.reversed()
  }
}
