internal import ArtifactStore
internal import Core
internal import Foundation
internal import NotebookRuntime
internal import TextFormatting

/// The causes for which stages would run in the next run.
struct NextCauses {
  /// The calls that would or may run.
  let planned: [PlannedCall]
  /// The stage calls of the last run; none before the first.
  let locked: [LockFile.Entry]
  /// The records of earlier runs.
  let store: ArtifactStore
  /// The project whose files may have changed.
  let project: Project

  /// The causes of one call, direct ones first, then those of the inputs that may change; and the way to the first.
  func causes(of call: PlannedCall) -> (causes: [WhyAnswer.Cause], chain: CauseChain) {
    var causes: [WhyAnswer.Cause] = []
    var chain = CauseChain()
    var seen: Set<Digest> = []
    collect(call, into: &causes, chain: &chain, seen: &seen)
    return (causes, chain)
  }

  private func collect(
    _ call: PlannedCall, into causes: inout [WhyAnswer.Cause], chain: inout CauseChain, seen: inout Set<Digest>
  ) {
    guard seen.insert(call.key).inserted else { return }

    // Of several earlier calls of the stage, the most similar one.
    let before = locked.filter { $0.stage == call.call.stage }
      .compactMap { (try? store.record(for: $0.key)) ?? nil }
      .min {
        KeyChange.between($0.components, call.components).count
          < KeyChange.between($1.components, call.components).count
      }
    let changes = before.map { KeyChange.between($0.components, call.components) } ?? []
    causes += changes.map { WhyAnswer.Cause($0, stage: call.call.stage) }
    chain.take(changes, of: call.call.stage) { age(of: $0, since: before?.started ?? 0) }

    let uncertain = call.components.filter { $0.kind == .artifact || $0.kind == .parameter }
    for upstream in planned where upstream.key != call.key {
      let outputs = Set(locked.filter { $0.stage == upstream.call.stage }.map(\.output.digest) + upstream.traces)
      guard let input = uncertain.first(where: { outputs.contains($0.digest) }) else { continue }
      if changes.isEmpty { chain.pass(call.call.stage, input: input.name) }
      collect(upstream, into: &causes, chain: &chain, seen: &seen)
    }
  }

  /// The time since a file changed, in words; for a folder, with the name of its newest file.
  /// - Parameter since: the time of the last run, in seconds since 1970: older files of a folder are ignored.
  private func age(of change: KeyChange, since: Double) -> String? {
    guard let component = change.new, change.kind == .file || change.kind == .folder else { return nil }
    let path = component.display.hasPrefix("/") ? component.display : project.root + "/" + component.display
    if change.kind == .file { return modified(path).map { TimeText.ago($0) } }
    let files = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
      .filter { !$0.split(separator: "/").contains { $0.hasPrefix(".") } }
    let newest = files.compactMap { file in modified(path + "/" + file).map { (file: file, time: $0) } }
      .filter { $0.time > since }.max { $0.time < $1.time }
    return newest.map { "\($0.file) \(TimeText.ago($0.time))" }
  }

  /// The time of the last change of a regular file, in seconds since 1970.
  private func modified(_ path: String) -> Double? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
    return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
  }
}
