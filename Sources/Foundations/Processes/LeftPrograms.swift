internal import CSandbox
package import Glibc
internal import Synchronization

/// The programs that another program has started and left running when it ended.
///
/// The parent of such a program is gone. Once ``adopt()`` was called, the system makes this process its parent, and
/// only by that is it known: processes that this one has started itself, or had before, are never touched.
package struct LeftPrograms: Sendable {
  /// The names of those that were running, sorted.
  package let names: [String]
  /// The number of those that could not be ended, such as programs of another user.
  package let remaining: Int

  /// The time in which a program may still end by itself, such as one that has been asked to.
  private static let patience = Duration.milliseconds(200)
  /// The time after which a program counts as one that cannot be ended.
  private static let limit = Duration.seconds(5)

  /// The children that this process had when it adopted for the first time: those of a shell that has become this
  /// program.
  private static let before: Set<pid_t> = {
    let before = Set(OwnChildren.adopted { ProcessTable.children(of: getpid()) })
    _ = csandbox_adopt()
    return before
  }()
  private static let turn = Mutex(())

  /// Makes this process, from now on, the parent of every process below it whose own parent ends.
  package static func adopt() { _ = before }

  /// Ends what ended programs have left running, and removes it from the system's table.
  /// - Parameters:
  ///   - group: the process group of an ended program that was not waited for yet, which ends first; `nil` for none.
  ///   - patiently: true to let programs end by themselves that are about to.
  package static func end(group: pid_t? = nil, patiently: Bool = true) -> LeftPrograms {
    turn.withLock { _ in ending(group: group, patiently: patiently) }
  }

  private static func ending(group: pid_t?, patiently: Bool) -> LeftPrograms {
    let start = SuspendingClock.now
    var running = runningNames()
    while patiently, !running.isEmpty, SuspendingClock.now - start < patience {
      usleep(5000)
      running = runningNames()
    }
    // Without one, all that is left of the group is its leader.
    if let group, !running.isEmpty { kill(-group, SIGKILL) }

    // The children of what is killed are adopted in turn, and may have started others meanwhile.
    while true {
      let orphans = adopted()
      guard !orphans.isEmpty else { break }
      for process in orphans + ProcessTable.descendants(of: orphans) { kill(process, SIGKILL) }
      for process in orphans { waitpid(process, nil, WNOHANG) }
      guard SuspendingClock.now - start < limit else { break }
      if !adopted().isEmpty { usleep(2000) }
    }
    return LeftPrograms(names: running.sorted(), remaining: runningNames().count)
  }

  /// Kills all processes below this one, whose end is near too: they are not removed from the table.
  package static func killAllBelow() {
    let start = SuspendingClock.now
    while SuspendingClock.now - start < limit {
      let running = ProcessTable.descendants(of: [getpid()]).filter { ProcessTable.runningName(of: $0) != nil }
      guard !running.isEmpty else { return }
      for process in running { kill(process, SIGKILL) }
      usleep(2000)
    }
  }

  private static func adopted() -> [pid_t] {
    OwnChildren.adopted { ProcessTable.children(of: getpid()) }.filter { !before.contains($0) }
  }

  /// The names of adopted processes, and of all below them, that run. Ended ones are removed from the table.
  private static func runningNames() -> [String] {
    let orphans = adopted()
    let names = (orphans + ProcessTable.descendants(of: orphans)).compactMap { ProcessTable.runningName(of: $0) }
    for process in orphans { waitpid(process, nil, WNOHANG) }
    return names
  }

  /// The names in words: `2 programs running (sleep, x); they were ended`; `nil` when there was none.
  package var description: String? {
    guard !names.isEmpty else { return nil }
    let different = Set(names).sorted()
    let listed = different.prefix(5).joined(separator: ", ") + (different.count > 5 ? ", …" : "")
    let count = names.count == 1 ? "1 program" : "\(names.count) programs"
    let ended = names.count == 1 ? "it was ended" : "they were ended"
    let outcome = remaining == 0 ? ended : "\(remaining) of them cannot be ended"
    return "\(count) running (\(listed)); \(outcome)"
  }
}
