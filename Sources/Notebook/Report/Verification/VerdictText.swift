internal import Charts
internal import Core
internal import TextFormatting

extension Verdict {
  /// The verdict in one word and a clause, for the first line.
  package var headline: String {
    let serious = findings.count(where: \.isSerious)
    let findingsText = serious == 0 ? "" : ", with \(NumberText.count(serious, "finding"))"
    return "\(outcome.rawValue)\(findingsText)"
  }

  /// The whole verdict for a terminal, without colours.
  package var text: String {
    var lines = ["\(notebook): \(headline)"]
    let how = isSandboxed ? "in a sandbox without network" : "WITHOUT a sandbox: reads and network were not watched"
    let executions = NumberText.count(executed, "stage")
    let what = isSample ? "\(executions), the others taken as recorded," : executions
    lines.append("  executed again: \(what) \(how), \(NumberText.duration(seconds))")
    let counts = Outcome.allCases.filter { count($0) > 0 }.map { "\(count($0)) \($0.rawValue)" }
    lines.append("  outputs: " + (counts.isEmpty ? "none" : counts.joined(separator: " · ")))
    if let agreeingProse {
      let wrong = findings.count { $0.kind == .prose }
      let blocks = NumberText.count(agreeingProse, "block")
      let agree = agreeingProse == 1 ? "agrees" : "agree"
      let rest = wrong == 0 ? "" : ", \(wrong) do not"
      lines.append("  prose: \(blocks) with computed values \(agree) with the report\(rest)")
    }

    if let first = firstDivergence {
      lines.append("first divergence:")
      lines.append("  \(Self.sentence(first))")
      if let detail = first.detail { lines.append("  \(detail)") }
    }
    let others = stages.filter { $0.outcome != .identical && $0.artifact != firstDivergence?.artifact }
    if !others.isEmpty { lines.append("other outputs that are not identical:") }
    for stage in others.prefix(40) { lines.append("  \(Self.sentence(stage))") }
    if others.count > 40 { lines.append("  and \(others.count - 40) more; --json lists all") }
    if !outcome.isGood, !environmentChanges.isEmpty {
      lines.append("the environment differs from the record:")
      for change in environmentChanges {
        lines.append("  \(change.name): \(change.recorded ?? "unknown") → \(change.now ?? "unknown")")
      }
    }

    if !findings.isEmpty { lines.append("findings:") }
    let sentences = sentences
    for sentence in sentences.prefix(60) { lines.append("  " + sentence) }
    if sentences.count > 60 { lines.append("  and \(sentences.count - 60) more; --json lists all") }
    return lines.joined(separator: "\n")
  }

  /// The outcome of a stage's output, with its name.
  static func sentence(_ stage: Stage) -> String { stage.artifact + clause(stage) }

  /// The outcome of a stage's output, to follow its name.
  static func clause(_ stage: Stage) -> String {
    var text = ""
    if let line = stage.line { text += " (line \(line))" }
    text += ": \(stage.outcome.rawValue)"
    if let largest = stage.largestDifference, let tolerance = stage.tolerance, stage.outcome == .equivalent {
      text += ", largest difference \(NumberText.plain(largest)) of \(NumberText.plain(tolerance)) allowed"
    }
    switch (stage.divergesByItself, stage.onRecordedInputs) {
    case (true?, nil) where !stage.inputsDiffer: text += " by itself: its inputs are the recorded ones"
    case (true?, _?): text += " by itself: on the recorded inputs it is \(stage.onRecordedInputs?.rawValue ?? "") too"
    case (false?, let recorded?): text += " because of its inputs: on the recorded ones it is \(recorded.rawValue)"
    case (false?, nil): text += "; its inputs differ, and the recorded ones are not at hand"
    default: break
    }
    if !stage.keyChanges.isEmpty { text += " [since the lock: \(stage.keyChanges.prefix(4).joined(separator: ", "))]" }
    return text
  }

  /// The findings in words, serious ones first; those that differ only in their subject are one sentence.
  var sentences: [String] {
    var groups: [(finding: Finding, subjects: [String])] = []
    var places: [Finding: Int] = [:]
    for finding in findings.filter(\.isSerious) + findings.filter({ !$0.isSerious }) {
      var general = finding
      general.subject = ""
      if let place = places[general] {
        groups[place].subjects.append(finding.subject)
      } else {
        places[general] = groups.count
        groups.append((general, [finding.subject]))
      }
    }
    return groups.map { group in
      let finding = group.finding
      let place = finding.line.map { "line \($0), " } ?? ""
      let who = finding.stage.isEmpty ? "" : "\(finding.stage): "
      let shown = group.subjects.prefix(3).joined(separator: ", ")
      let rest = group.subjects.count > 3 ? " and \(group.subjects.count - 3) more" : ""
      return "\(finding.kind.rawValue): \(place)\(who)\(finding.message)\(shown.isEmpty ? "" : " ")\(shown)\(rest)"
    }
  }
}
