internal import ArtifactStore
internal import Core

/// The calls of a plan, which runs no stage.
extension Executor {
  /// The names of the inputs that are outputs of stages which would or may run.
  func uncertainInputs(of key: StageKey) -> [String] {
    key.components.filter { [.artifact, .parameter].contains($0.kind) && assumed.contains($0.digest) }.map(\.name)
  }

  /// Notes the traces of an output that may come out differently.
  func assume(_ traces: Set<Digest>) { assumed.formUnion(traces) }

  /// Reports that the stage would run, and continues with its last output, if there is one.
  /// - Throws: ``PlanStop`` without one.
  func planned<S: Stage>(_ stage: S, key: StageKey, call: StageCallReport) throws -> S.Output {
    let uncertain = uncertainInputs(of: key)
    let last = previous.take(for: key, stage: S.name, store: store)
    var reason = last.reason
    if !uncertain.isEmpty { reason += " (and \(KeyChange.listed(uncertain)) may change)" }
    let value = last.record.flatMap { try? S.Output(content: store.content(of: $0.output)) }
    let traces = value.map { StageInputs.traces(of: $0) } ?? []
    var plan = PlannedCall(
      call: call, verdict: .runs, key: key.digest, reason: reason, components: key.components, traces: traces.sorted())
    plan.calls = Set(last.record?.calls.map(\.stage) ?? []).sorted()
    channel.send(.stagePlanned(plan))
    guard let value else { throw PlanStop() }
    assume(traces)
    return value
  }
}
