internal import Charts
internal import Core
internal import Notebook
internal import TextFormatting

/// The stage calls of a run as a report lists them: one by one, or by stage where there are many.
struct StageLedger: Sendable {
  /// Calls of one stage.
  struct Group: Sendable {
    var stage: String
    /// Positions in ``calls``.
    var calls: [Int]
    var ran = 0
    var cached = 0
    var failed = 0
    var seconds = 0.0
    var cpuSeconds = 0.0
    var peakMemoryBytes: Int64 = 0
    /// The size of all outputs.
    var byteCount: Int64 = 0
    /// The digests of the stage's code; more than one where it has other code in another cell.
    var codes: Set<Digest> = []
  }

  /// The calls in the order of the run.
  let calls: [StageOutcome]
  /// The calls by stage, in the order in which the stages first come up.
  private(set) var groups: [Group] = []
  /// Positions of the calls in each cell.
  private(set) var byCell: [Int: [Int]] = [:]
  /// The call that made an output first.
  private(set) var makers: [Digest: Int] = [:]
  /// The first call of each key.
  private(set) var positions: [Digest: Int] = [:]
  /// For each key that a stage called while it ran, the first such stage's call.
  private(set) var callers: [Digest: Int] = [:]

  /// Above this many calls a report counts them by stage.
  static let individualLimit = 200

  init(_ record: RunRecord) {
    calls = record.stages
    var positions: [String: Int] = [:]
    for (index, call) in calls.enumerated() {
      byCell[call.place.cell, default: []].append(index)
      // The first call with an output: a later one may have it from the store.
      if let output = call.output, makers[output.digest] == nil { makers[output.digest] = index }
      if self.positions[call.key] == nil { self.positions[call.key] = index }
      for input in call.calls where callers[input.key] == nil { callers[input.key] = index }

      let group = positions[call.stage] ?? groups.count
      if group == groups.count {
        positions[call.stage] = group
        groups.append(Group(stage: call.stage, calls: []))
      }
      groups[group].calls.append(index)

      switch call.state {
      case .cached: groups[group].cached += 1
      case .ran: groups[group].ran += 1
      case .failed: groups[group].failed += 1
      }
      groups[group].seconds += call.cost.seconds
      groups[group].cpuSeconds += call.cost.cpuSeconds
      groups[group].peakMemoryBytes = max(groups[group].peakMemoryBytes, call.cost.peakMemoryBytes)
      groups[group].byteCount += call.output?.byteCount ?? 0
      if let code = call.components.first(where: { $0.kind == .code }) { groups[group].codes.insert(code.digest) }
    }
  }

  /// True when the report counts the calls by stage.
  var isGrouped: Bool { calls.count > Self.individualLimit }

  var ran: Int { groups.reduce(0) { $0 + $1.ran } }
  var cached: Int { groups.reduce(0) { $0 + $1.cached } }
  var failed: Int { groups.reduce(0) { $0 + $1.failed } }

  /// The fragment that leads to a call in the colophon.
  func anchor(_ call: Int) -> String {
    guard isGrouped else { return "call-\(call + 1)" }
    let group = groups.firstIndex { $0.stage == calls[call].stage } ?? 0
    return "stage-\(group + 1)"
  }

  /// `15 stage calls: 6 ran, 9 came from the store`.
  var sentence: String { Self.sentence(total: calls.count, ran: ran, cached: cached, failed: failed) }

  /// The counts of calls in words, such as `2 stage calls: 1 ran, 1 failed`.
  static func sentence(total: Int, ran: Int, cached: Int, failed: Int) -> String {
    guard total > 0 else { return "no stage calls" }
    let parts = [
      ran > 0 ? "\(NumberText.integer(ran)) ran" : nil,
      cached > 0 ? "\(NumberText.integer(cached)) came from the store" : nil,
      failed > 0 ? "\(NumberText.integer(failed)) failed" : nil,
    ].compactMap(\.self)
    return "\(NumberText.count(total, "stage call")): " + parts.joined(separator: ", ")
  }
}

extension StageOutcome.State {
  /// The word that a report uses.
  var word: String {
    switch self {
    case .cached: "from the store"
    case .ran: "ran"
    case .failed: "failed"
    }
  }

  /// The class of its marks in a page.
  var className: String {
    switch self {
    case .cached: "cached"
    case .ran: "ran"
    case .failed: "failed"
    }
  }
}

/// Instants as a report writes them: `2026-11-23 14:02:07 UTC`.
enum InstantText {
  /// - Parameter unixSeconds: the instant; one outside the years 1970 to 9999 is “unknown”.
  static func text(_ unixSeconds: Double) -> String {
    guard unixSeconds.isFinite, (0..<253_402_300_800).contains(unixSeconds) else { return "unknown" }
    let seconds = Int(unixSeconds)
    let (year, month, day) = civil(days: seconds / 86_400)
    let time = seconds % 86_400
    return "\(year)-\(two(month))-\(two(day)) \(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) UTC"
  }

  /// The Gregorian date of a day, counted from 1 January 1970.
  ///
  /// Years are counted from March, so that a leap day is the last one, in eras of 400 years.
  /// Source: Howard Hinnant, chrono-Compatible Low-Level Date Algorithms, `civil_from_days`.
  private static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
