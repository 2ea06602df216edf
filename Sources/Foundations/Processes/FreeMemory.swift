internal import Foundation

/// The memory that a program may take without anything else on the machine being ended for it: what the machine and
/// the control groups of this process have free.
package struct FreeMemory: Sendable, Equatable {
  /// The bytes that are free, or have only content that can be read again.
  package let bytes: Int64
  /// All memory of the machine, or of the control group with the least.
  package let totalBytes: Int64

  /// The part of all memory that stays free for other programs, and for what a program takes between two measurements.
  private static let reservedShare: Int64 = 16
  /// The least that stays free: a program that takes 2 GiB a second takes a fifth of it between two measurements.
  private static let leastReserve: Int64 = 512 << 20

  /// The limit for a program that is given none: what is free less a reserve, and never less than half of it.
  package var limit: Int64 { max(bytes / 2, bytes - max(Self.leastReserve, totalBytes / Self.reservedShare)) }

  /// Reads what is free now.
  /// - Parameter root: the folder with `proc` and `sys`.
  /// - Returns: `nil` when the system does not say.
  package init?(root: String = "") {
    func text(_ path: String) -> String? {
      FileManager.default.contents(atPath: root + path).map { String(decoding: $0, as: UTF8.self) }
    }
    let machine = Self.fields(text("/proc/meminfo") ?? "")
    guard let available = machine["MemAvailable:"], let total = machine["MemTotal:"] else { return nil }
    // The file counts in KiB.
    var free = available << 10
    var least = total << 10

    for line in (text("/proc/self/cgroup") ?? "").split(separator: "\n") {
      // `0::/user.slice` for version 2, `4:memory:/user.slice` for version 1.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let isUnified = parts[0] == "0" && parts[1].isEmpty
      guard isUnified || parts[1].split(separator: ",").contains("memory") else { continue }
      let names = isUnified ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")

      // Every group on the way up may have a limit. In a container the way may begin above what is mounted.
      for group in Self.groups(String(parts[2])) {
        let folder = (isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory") + group
        guard let limit = text("\(folder)/\(names.0)").flatMap({ Self.number($0) }), limit < total << 10,
          let used = text("\(folder)/\(names.1)").flatMap({ Self.number($0) })
        else { continue }
        let statistics = Self.fields(text(folder + "/memory.stat") ?? "")
        let prefix = isUnified ? "" : "total_"
        let files = (statistics[prefix + "inactive_file"] ?? 0) + (statistics[prefix + "active_file"] ?? 0)
        free = min(free, max(0, limit - used + files))
        least = min(least, limit)
      }
    }
    (bytes, totalBytes) = (free, least)
  }

  /// The paths of a group and of all above it, the innermost first and `""` last.
  private static func groups(_ path: String) -> [String] {
    var parts = path.split(separator: "/")
    var groups: [String] = []
    while !parts.isEmpty {
      groups.append("/" + parts.joined(separator: "/"))
      parts.removeLast()
    }
    return groups + [""]
  }

  /// `nil` for `max`.
  private static func number(_ text: String) -> Int64? { Int64(text.filter { !$0.isWhitespace }) }

  /// The first number on each line, by the word before it.
  private static func fields(_ text: String) -> [String: Int64] {
    var fields: [String: Int64] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split { $0.isWhitespace }
      if words.count >= 2 { fields[String(words[0])] = Int64(words[1]) }
    }
    return fields
  }
}
