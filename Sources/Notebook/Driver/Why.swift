internal import ArtifactStore
package import Core
internal import Foundation
internal import Notebook
internal import NotebookRuntime
internal import TextFormatting

/// Why a stage would run, or why it ran last.
package struct WhyAnswer: Codable, Sendable {
  /// A change of one component, and where it comes from.
  package struct Cause: Codable, Sendable {
    /// The stage whose key changed.
    package var stage: String
    package var component: String
    package var kind: KeyComponent.Kind
    package var old: String?
    package var new: String?
    package var summary: String
  }

  package var stage: String
  /// Whether the answer is about the next run; else about the last one that ran it.
  package var isNext: Bool
  package var headline: String
  /// Direct causes first, then those of the inputs that changed.
  package var causes: [Cause]

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
  /// Looks at the next run first, and when the stage would not run in it, at the last version in which it changed.
  /// - Parameter name: a stage's or its output's name.
  /// - Throws: ``DriverError`` when the notebook has no such stage.
  package func why(_ name: String, view: inout some RunView) throws -> WhyAnswer {
    let variant = try parse()
    let document = variant.document
    let compiled = try compile(document, view: &view)
    let lines = LineMap(document)
    let collector = try supervise(compiled, variant, .plan, lines: lines, view: &view).collector
    view.end()
    let store = try ArtifactStore(artifacts: project.artifacts, project: project.root)
    let basis = variant.basis(in: project, notebook: notebook)
    let lock = try LockFile(path: project.lock(named: basis))
    let stage = lock?.stages.first { $0.artifact == name }?.stage ?? name
    if let planned = collector.planned.first(where: { $0.call.stage == stage }) {
      let next = NextCauses(planned: collector.planned, lock: lock, store: store, project: project)
      let (causes, chain) = next.causes(of: planned)
      let verb = planned.verdict == .runs ? "would run" : "may run"
      return WhyAnswer(
        stage: stage, isNext: true,
        headline: chain.sentence("\(stage) \(verb)") ?? "\(stage) \(verb): \(planned.reason)",
        causes: causes)
    }
    if collector.cached.contains(where: { $0.call.stage == stage }) {
      return try past(name, stage: stage, of: basis, store: store)
        ?? WhyAnswer(stage: stage, isNext: true, headline: "\(stage) is current and has only one version", causes: [])
    }
    let known = Set(
      collector.cached.map(\.call.stage) + collector.planned.map(\.call.stage)
        + compiled.manifest.stageCalls.map(\.name))
    guard known.contains(stage) else {
      throw DriverError("\(notebook) calls no stage \(name); it calls \(known.sorted().joined(separator: ", "))")
    }
    let first = collector.planned.filter { $0.verdict == .runs }
    let next = NextCauses(planned: [], lock: lock, store: store, project: project)
    return WhyAnswer(
      stage: stage, isNext: true, headline: "\(stage) waits for stages that would run before it",
      causes: first.flatMap { next.causes(of: $0).causes })
  }

  /// The newest two versions in which the artifact's key differs, and why.
  private func past(_ name: String, stage: String, of branch: String, store: ArtifactStore) throws -> WhyAnswer? {
    let versions = (try? store.log(notebook: branch, limit: 200)) ?? []
    var newer: (entry: LockFile.Entry, version: Version, lock: LockFile)?
    for version in versions {
      let old = try LockFile(data: Data(store.lock(at: "\(version.id)")), name: "lock.json of \(version.id)")
      guard
        let entry = old.stages.first(where: { $0.artifact == name }) ?? old.stages.first(where: { $0.stage == stage })
      else { break }
      if let newer, newer.entry.key != entry.key {
        var chain = CauseChain()
        let causes = changes(
          from: entry, in: old, to: newer.entry, in: newer.lock, store: store, depth: 0, chain: &chain)
        let time = Double(newer.version.time)
        let start = "\(entry.artifact) is current; it reran on \(TimeText.date(time)), \(TimeText.ago(time)),"
        return WhyAnswer(
          stage: entry.stage, isNext: false, headline: chain.sentence(start) ?? "\(start) because its record was gone",
          causes: causes)
      }
      newer = (entry, version, old)
    }
    return newer.map { found in
      WhyAnswer(
        stage: found.entry.stage, isNext: false,
        headline:
          "\(found.entry.artifact) is current; it ran once, on \(TimeText.date(Double(found.version.time))), because it was new",
        causes: [])
    }
  }

  /// The changed components, and for each changed input those of the stage that made it.
  /// - Parameter chain: takes the way to the first cause.
  private func changes(
    from old: LockFile.Entry, in oldLock: LockFile, to new: LockFile.Entry, in newLock: LockFile, store: ArtifactStore,
    depth: Int, chain: inout CauseChain
  ) -> [WhyAnswer.Cause] {
    guard depth < 32, let before = (try? store.record(for: old.key)) ?? nil,
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
        from: from, in: oldLock, to: to, in: newLock, store: store, depth: depth + 1, chain: &chain)
    }
    return causes
  }
}
