/// The time and the memory that a program may take, together with all that it starts; `nil` for no limit.
package struct ProcessLimits: Sendable {
  /// The time from start to end, in seconds, without the time in which the machine slept.
  package var seconds: Double?
  /// The memory in bytes that is the processes' own, shared between them or swapped out, without files that they map.
  package var memoryBytes: Int64?

  /// Limits of time and memory; none unless given.
  package init(seconds: Double? = nil, memoryBytes: Int64? = nil) {
    self.seconds = seconds
    self.memoryBytes = memoryBytes
  }
}

extension ChildProcess {
  /// Waits for the end, and kills the process when it exceeds a limit or is cancelled.
  ///
  /// Memory is measured every twentieth of a second: a program may exceed its limit for that long.
  /// - Parameter isCancelled: called twenty times a second.
  /// - Returns: the ending, and in words the reason for killing it: the limit that it exceeded, or the interruption.
  package consuming func wait(
    limits: ProcessLimits, isCancelled: () -> Bool
  ) -> (ending: Ending, exceeded: String?) {
    let start = SuspendingClock.now
    var exceeded: String?
    while true {
      if let ending = wait(milliseconds: 50) { return (ending, exceeded) }
      guard exceeded == nil else { continue }

      if let seconds = limits.seconds, (SuspendingClock.now - start) / .seconds(1) > seconds {
        exceeded = "it ran longer than \(Self.plain(seconds)) s"
      } else if let limit = limits.memoryBytes {
        let used = memory()
        if used > limit { exceeded = "it took \(used >> 20) MiB of memory, more than \(limit >> 20)" }
      }

      if exceeded != nil || isCancelled() {
        // With bubblewrap's outer process everything inside ends.
        kill(withGroup: true)
        exceeded = exceeded ?? "it was interrupted"
      }
    }
  }

  private static func plain(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
  }
}
