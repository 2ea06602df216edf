internal import Foundation
internal import Glibc

/// The system's table of processes, as far as it is needed to find what a program has started.
enum ProcessTable {
  /// The children of a process, ended ones included, that nothing has waited for.
  static func children(of process: pid_t) -> [pid_t] {
    var children: [pid_t] = []
    // A child belongs to the thread that started it.
    for thread in names(in: "/proc/\(process)/task") {
      guard let text = text(of: "/proc/\(process)/task/\(thread)/children") else {
        // A thread that has just ended has no such file, and a kernel without the option none at all.
        if access("/proc/self/task/\(getpid())/children", F_OK) != 0 { return scannedChildren(of: process) }
        continue
      }
      children += text.split { $0.isWhitespace }.compactMap { pid_t($0) }
    }
    return children
  }

  /// The processes below these ones, without themselves: children before their own children.
  static func descendants(of roots: [pid_t]) -> [pid_t] {
    var found: [pid_t] = []
    var seen = Set(roots)
    var pending = roots
    while let process = pending.popLast() {
      for child in children(of: process) where seen.insert(child).inserted {
        found.append(child)
        pending.append(child)
      }
    }
    return found
  }

  /// The name of a program that runs; `nil` when it has ended.
  static func runningName(of process: pid_t) -> String? {
    // `1234 (name) S 1 …`; the name may have parentheses itself.
    guard let text = text(of: "/proc/\(process)/stat"), let open = text.firstIndex(of: "("),
      let close = text.lastIndex(of: ")"), open < close
    else { return nil }
    let state = text[text.index(after: close)...].first { !$0.isWhitespace }
    return state == "Z" || state == "X" ? nil : String(text[text.index(after: open)..<close])
  }

  /// The memory of a process and all below it that is their own, shared between them or swapped out, in bytes, without
  /// files that they map.
  static func memory(ofTree root: pid_t) -> Int64 {
    var total: Int64 = 0
    for process in [root] + descendants(of: [root]) {
      for line in (text(of: "/proc/\(process)/status") ?? "").split(separator: "\n")
      where line.hasPrefix("RssAnon:") || line.hasPrefix("RssShmem:") || line.hasPrefix("VmSwap:") {
        // `RssAnon:   1234 kB`
        let words = line.split { $0.isWhitespace }
        total += (words.dropFirst().first.flatMap { Int64($0) } ?? 0) << 10
      }
    }
    return total
  }

  private static func scannedChildren(of process: pid_t) -> [pid_t] {
    names(in: "/proc").compactMap { pid_t($0) }.filter { candidate in
      guard let text = text(of: "/proc/\(candidate)/stat"), let close = text.lastIndex(of: ")") else { return false }
      // The state, then the parent.
      return text[text.index(after: close)...].split(separator: " ").dropFirst().first.flatMap { pid_t($0) } == process
    }
  }

  private static func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  private static func text(of path: String) -> String? {
    // A program may give itself a name that is not UTF-8.
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
