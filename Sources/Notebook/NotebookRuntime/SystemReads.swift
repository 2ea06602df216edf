internal import Core
internal import Foundation
internal import Synchronization

/// Names what the notebook's own code asks the system for and no run can hold still: the time, random numbers, the
/// machine's and the process's identity; and environment variables that are not declared.
///
/// A stage's reads are notes of its record, so that they are in every later report too. A stage is known by its task,
/// also where stages run side by side. In a thread or a detached task it is known while it runs by itself.
package enum SystemReads {
  /// The kinds of reads, by the numbers of `CSystemReads.h`.
  package enum Kind: Int32, Sendable {
    case clock = 1
    case random
    case variable
    case host
    case process
  }

  /// The code that reads.
  private enum Reader {
    case stage(StageReports)
    /// A cell, or code that no task says the stage of, in words.
    case other(String)
  }

  private struct Site: Hashable {
    var stage: Int?
    var cell: Int?
    var kind: Kind
  }

  private struct State {
    /// The running stages, by the numbers of their events.
    var stages: [Int: StageReports] = [:]
    /// The stage that the process was started for, whose reads all are.
    var only: StageReports?
    /// Takes a finding about a cell, or about several running stages.
    var message: (@Sendable (String) -> Void)?
    /// The messages so far: each is sent once.
    var sent: Set<String> = []
    /// The reads so far, but those of variables, which differ by their names.
    private var seen: Set<Site> = []

    /// The reader in a task that knows its stage, its cell, or neither; `nil` when it has read this before.
    mutating func reader(stage: Int?, cell: Int?, of kind: Kind) -> Reader? {
      // A thread of its own has no task that says which stage started it.
      let identifier = only?.id ?? stage ?? (cell == nil && stages.count == 1 ? stages.first?.key : nil)
      let site = Site(stage: identifier, cell: cell, kind: kind)
      guard kind == .variable || seen.insert(site).inserted else { return nil }
      if let reports = only ?? identifier.flatMap({ stages[$0] }) { return .stage(reports) }
      if let cell { return .other(cell > 0 ? "cell \(cell)" : "an inline value") }
      let names = Set(stages.values.map(\.stage)).sorted().joined(separator: ", ")
      return .other(stages.isEmpty ? "a thread outside of the stages" : "one of \(names)")
    }
  }

  private static let state = Mutex(State())

  /// Sends what cells read to this channel from now on. A plan has none, since no result comes of it.
  static func report(to channel: RunChannel) {
    state.withLock { $0.message = { channel.send(.message($0)) } }
  }

  /// The stage of these reports runs from now on.
  /// - Parameter hasProcess: true for a stage that this process computes and then ends.
  static func begin(_ reports: StageReports, hasProcess: Bool = false) {
    state.withLock { state in
      state.stages[reports.id] = reports
      if hasProcess { state.only = reports }
    }
  }

  /// The stage of these reports has ended.
  static func end(_ reports: StageReports) { state.withLock { $0.stages[reports.id] = nil } }

  /// Takes a read of the notebook's own code, on the thread and in the task that reads.
  /// - Parameters:
  ///   - kind: what is read.
  ///   - name: the name of an environment variable.
  package static func observe(_ kind: Kind, name: String?) {
    let stage = RunningStage.current?.identifier
    let cell = Session.current?.cell
    // A loop may read the clock a million times: only the first read of a kind gets further.
    let reader = state.withLock { $0.reader(stage: stage, cell: cell, of: kind) }
    guard let reader, let finding = finding(kind, name: name) else { return }

    switch reader {
    case .stage(let stage): stage.find(finding)
    case .other(let name):
      let text = "note    \(name): \(finding)"
      let message = state.withLock { $0.sent.insert(text).inserted ? $0.message : nil }
      message?(text)
    }
  }

  /// The sentence about a read; `nil` for a variable that the program may read.
  static func finding(_ kind: Kind, name: String?) -> String? {
    switch kind {
    case .clock: return "it reads the clock: what depends on the time does not come out again"
    case .random: return "it draws random numbers without a seed: they do not come out again"
    case .host: return "it reads the name of the machine, which differs on another one"
    case .process: return "it reads the number of its process, which differs in every run"
    case .variable:
      guard let name, !isKnown(name) else { return nil }
      return "`\(name)` is not declared: the stage sees nothing. Name it under `environment:` in the front matter"
    }
  }

  /// True for a variable that every program has, or that this notebook declares.
  private static func isKnown(_ name: String) -> Bool {
    name.hasPrefix("COLOPHON_") || DeclaredVariables.names.contains(name) || Secrets.names.contains(name)
      || ProcessInfo.processInfo.environment[name] != nil
  }
}
