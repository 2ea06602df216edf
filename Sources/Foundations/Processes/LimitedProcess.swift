internal import Foundation
internal import Glibc

/// How long a program may run and how much memory it and what it starts may take together; `nil` for no limit.
package struct ProcessLimits: Sendable {
  /// Wall clock.
  package var seconds: Double?
  /// Memory that is its own or shared between its processes, without files that it maps.
  package var memoryBytes: Int64?

  package init(seconds: Double? = nil, memoryBytes: Int64? = nil) {
    self.seconds = seconds
    self.memoryBytes = memoryBytes
  }
}

extension ChildProcess {
  /// Waits for the end, and ends the process when it goes over a limit or the user wants it.
  ///
  /// Memory is looked at every twentieth of a second: a program may go over its limit for that long.
  /// - Parameter isCancelled: asked twenty times a second.
  /// - Returns: how it ended, and the limit that it went over, in words.
  package consuming func wait(
    limits: ProcessLimits, isCancelled: () -> Bool
  ) -> (ending: Ending, exceeded: String?) {
    let start = ContinuousClock.now
    var exceeded: String?
    while true {
      if let ending = wait(milliseconds: 50) { return (ending, exceeded) }
      guard exceeded == nil else { continue }
      if let seconds = limits.seconds, (ContinuousClock.now - start) / .seconds(1) > seconds {
        exceeded = "it ran longer than \(Self.plain(seconds)) s"
      } else if let limit = limits.memoryBytes {
        let used = Self.memory(ofTree: identifier)
        if used > limit { exceeded = "it took \(used >> 20) MiB of memory, more than \(limit >> 20)" }
      }
      if exceeded != nil || isCancelled() {
        // Killing bubblewrap's outer process ends all that is within.
        kill(identifier, SIGKILL)
        exceeded = exceeded ?? "it was interrupted"
      }
    }
  }

  private static func plain(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
  }

  /// The anonymous and shared memory of a process and all its descendants, in bytes.
  private static func memory(ofTree root: pid_t) -> Int64 {
    var total: Int64 = 0
    var pending = [root]
    while let process = pending.popLast() {
      guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { continue }
      for line in status.split(separator: "\n") where line.hasPrefix("RssAnon:") || line.hasPrefix("RssShmem:") {
        total +=
          (line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int64($0) } ?? 0) << 10
      }
      for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? [] {
        let children = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8)
        pending += (children ?? "").split(separator: " ").compactMap {
          pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
      }
    }
    return total
  }
}
