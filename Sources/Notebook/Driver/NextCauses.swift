internal import ArtifactStore
internal import Core
internal import Foundation
internal import NotebookRuntime
internal import TextFormatting

/// Why stages would run in the next run.
struct NextCauses {
  let planned: [PlannedCall]
  let lock: LockFile?
  let store: ArtifactStore
  let project: Project

  /// Direct causes first, then those of the inputs that may change; and the way to the first one.
  func causes(of call: PlannedCall) -> (causes: [WhyAnswer.Cause], chain: CauseChain) {
    var causes: [WhyAnswer.Cause] = []
    var chain = CauseChain()
    var seen: Set<Digest> = []
    collect(call, into: &causes, &chain, &seen)
    return (causes, chain)
  }

  private func collect(
    _ call: PlannedCall, into causes: inout [WhyAnswer.Cause], _ chain: inout CauseChain, _ seen: inout Set<Digest>
  ) {
    guard seen.insert(call.key).inserted else { return }
    let before = (lock?.stages ?? []).filter { $0.stage == call.call.stage }
      .compactMap { (try? store.record(for: $0.key)) ?? nil }
      .min {
        KeyChange.between($0.components, call.components).count
          < KeyChange.between($1.components, call.components).count
      }
    let changes = before.map { KeyChange.between($0.components, call.components) } ?? []
    causes += changes.map { WhyAnswer.Cause($0, stage: call.call.stage) }
    chain.take(changes, of: call.call.stage) { age(of: $0, since: before?.started ?? 0) }
    let uncertain = call.components.filter { $0.kind == .artifact }
    for upstream in planned where upstream.key != call.key {
      let outputs = Set((lock?.stages ?? []).filter { $0.stage == upstream.call.stage }.map(\.output.digest))
      guard let input = uncertain.first(where: { outputs.contains($0.digest) }) else { continue }
      if changes.isEmpty { chain.pass(call.call.stage, input: input.name) }
      collect(upstream, into: &causes, &chain, &seen)
    }
  }

  /// Which file of a folder changed, and how long ago.
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

  private func modified(_ path: String) -> Double? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
    return (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
  }
}
