internal import ArtifactStore
package import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import TextFormatting

/// The reason that a stage would run, or that it ran last.
package struct WhyAnswer: Codable, Sendable {
  /// A change of one component of a stage's key.
  package struct Cause: Codable, Sendable {
    /// The stage whose key changed.
    package var stage: String
    /// The component's name.
    package var component: String
    /// The component's kind.
    package var kind: KeyComponent.Kind
    /// The old value, or a part of its digest; `nil` for a new component.
    package var old: String?
    /// The new value, or a part of its digest; `nil` for one that is gone.
    package var new: String?
    /// The change in words.
    package var summary: String
  }

  /// The stage's name.
  package var stage: String
  /// True when the answer is about the next run; else it is about the last one in which the stage ran.
  package var isNext: Bool
  /// The answer in a sentence.
  package var headline: String
  /// Direct causes first, then those of the inputs that changed.
  package var causes: [Cause]

  /// The answer for people: the headline, and a line for each cause.
  package var text: String {
    ([headline]
      + causes.map { cause in
        var line = "  \(cause.stage): \(cause.summary)"
        if let old = cause.old, let new = cause.new, old != new, !cause.summary.contains("→") {
          line += "  \(old) → \(new)"
        }
        return line
      }).joined(separator: "\n")
  }
}

extension NotebookRunner {
  /// Finds the reason that a stage would run in the next run, or when it would not, the reason that it ran last.
  /// - Parameters:
  ///   - name: a stage's or its output's name.
  ///   - view: takes messages.
  /// - Throws: ``OperationError`` when the notebook has no such stage.
  package func why(_ name: String, view: inout some RunView) throws -> WhyAnswer {
    let variant = try parse()
    let lock = try readLock(of: variant, view: &view)
    let compiled = try compile(variant.document)
    let lines = LineMap(variant.document)
    let collector = try supervise(compiled, variant, mode: .plan, lines: lines, view: &view).collector
    view.end()

    let store = try ArtifactStore(project: project)
    let basis = variant.basis(in: project)
    let stage = lock.stages.first { $0.artifact == name }?.stage ?? name

    if let planned = collector.planned.first(where: { $0.call.stage == stage }) {
      let next = NextCauses(planned: collector.planned, locked: lock.stages, store: store, project: project)
      let (causes, chain) = next.causes(of: planned)
      let verb = planned.verdict == .runs ? "would run" : "may run"
      return WhyAnswer(
        stage: stage, isNext: true,
        headline: chain.sentence("\(stage) \(verb)") ?? "\(stage) \(verb): \(planned.reason)",
        causes: causes)
    }

    // A stage that other stages call runs with them.
    let callers = Self.callers(of: stage, in: lock.stages)
    if let planned = collector.planned.first(where: { callers.contains($0.call.stage) }) {
      let next = NextCauses(planned: collector.planned, locked: lock.stages, store: store, project: project)
      let (causes, chain) = next.causes(of: planned)
      let start = "\(stage) may run: \(planned.call.stage), which called it when it ran last, would run"
      return WhyAnswer(
        stage: stage, isNext: true, headline: chain.sentence(start) ?? "\(start) (\(planned.reason))", causes: causes)
    }

    if !callers.isEmpty || collector.cached.contains(where: { $0.call.stage == stage }) {
      return try past(name, stage: stage, of: basis, store: store)
        ?? WhyAnswer(stage: stage, isNext: true, headline: "\(stage) is current and has only one version", causes: [])
    }

    // A stage that is neither planned nor current is not reached before others have run.
    let known = Set(
      collector.cached.map(\.call.stage) + collector.planned.map(\.call.stage)
        + compiled.manifest.stageCalls.map(\.name))
    guard known.contains(stage) else {
      throw OperationError(
        operation: "explain the stage", subject: name,
        cause: "\(notebook) does not call it; it calls \(known.sorted().joined(separator: ", "))")
    }
    let first = collector.planned.filter { $0.verdict == .runs }
    let next = NextCauses(planned: [], locked: lock.stages, store: store, project: project)
    return WhyAnswer(
      stage: stage, isNext: true, headline: "\(stage) waits for stages that would run before it",
      causes: first.flatMap { next.causes(of: $0).causes })
  }

  /// The names of the stages that called a stage in the last run, also by way of others.
  private static func callers(of stage: String, in entries: [LockFile.Entry]) -> Set<String> {
    var keys = Set(entries.filter { $0.stage == stage }.map(\.key))
    var names: Set<String> = []
    var isComplete = false
    while !isComplete {
      isComplete = true
      for entry in entries where !keys.isDisjoint(with: entry.calls ?? []) {
        names.insert(entry.stage)
        if keys.insert(entry.key).inserted { isComplete = false }
      }
    }
    return names
  }

  /// The reason of the last change, from the newest two versions in which the artifact's keys differ.
  /// - Returns: `nil` when no version has the artifact.
  private func past(_ name: String, stage: String, of branch: String, store: ArtifactStore) throws -> WhyAnswer? {
    let versions = (try? store.log(notebook: branch, limit: 200)) ?? []
    var newer: (entry: LockFile.Entry, version: Version, lock: LockFile)?

    // From the newest version back, until the key is another one.
    for version in versions {
      let old = try LockFile(data: Data(store.lock(at: "\(version.id)")), name: "lock.json of \(version.id)")
      guard
        let entry = old.stages.first(where: { $0.artifact == name }) ?? old.stages.first(where: { $0.stage == stage })
      else { break }

      if let newer, newer.entry.key != entry.key {
        var chain = CauseChain()
        var explained: Set<Digest> = []
        let causes = changes(
          from: entry, in: old, to: newer.entry, in: newer.lock, store: store, explained: &explained, chain: &chain)
        let time = Double(newer.version.time)
        let start = "\(entry.artifact) is current; it reran on \(TimeText.date(time)), \(TimeText.ago(time)),"
        return WhyAnswer(
          stage: entry.stage, isNext: false, headline: chain.sentence(start) ?? "\(start) because its record was gone",
          causes: causes)
      }
      newer = (entry, version, old)
    }

    return newer.map { oldest in
      let date = TimeText.date(Double(oldest.version.time))
      return WhyAnswer(
        stage: oldest.entry.stage, isNext: false,
        headline: "\(oldest.entry.artifact) is current; it ran once, on \(date), because it was new", causes: [])
    }
  }

  /// The changed components, and for each changed input those of the stage that made it.
  /// - Parameters:
  ///   - old: the entry of the older version.
  ///   - new: the entry of the newer version.
  ///   - explained: the keys of the stages that are explained already: one that made several inputs is named once.
  ///   - chain: takes the way to the first cause.
  private func changes(
    from old: LockFile.Entry, in oldLock: LockFile, to new: LockFile.Entry, in newLock: LockFile, store: ArtifactStore,
    explained: inout Set<Digest>, chain: inout CauseChain
  ) -> [WhyAnswer.Cause] {
    guard explained.insert(new.key).inserted, let before = (try? store.record(for: old.key)) ?? nil,
      let after = (try? store.record(for: new.key)) ?? nil
    else { return [] }
    let changes = KeyChange.between(before.components, after.components)
    var causes = changes.map { WhyAnswer.Cause($0, stage: new.stage) }
    chain.take(changes, of: new.stage)
    for change in changes where change.kind == .artifact {
      guard let from = oldLock.stages.first(where: { $0.output.digest == change.old?.digest }),
        let to = newLock.stages.first(where: { $0.output.digest == change.new?.digest })
      else { continue }
      causes += self.changes(
        from: from, in: oldLock, to: to, in: newLock, store: store, explained: &explained, chain: &chain)
    }
    return causes
  }
}
