internal import ArtifactStore
package import Core
internal import Foundation
internal import Glibc

/// Takes the outputs of stage calls from the store, or runs the stages and stores what they make.
///
/// Calls with equal keys that come while the first is running wait for it: a key runs once.
package actor Executor: StageCalls {
  let configuration: RunConfiguration
  let channel: RunChannel
  let store: ArtifactStore
  private let libraryCode: Digest
  private let environment: [String: String]
  private var inFlight: [Digest: Task<StoredContent, any Error>] = [:]
  private var calls = CallCounter()
  private var nextIdentifier = 1
  private var slots: AsyncSemaphore
  private var previous: PreviousRun
  private var assumed: Set<Digest> = []

  /// - Throws: ``StoreError`` when the store cannot be opened.
  package init(configuration: RunConfiguration, channel: RunChannel, libraryCode: Digest) throws {
    self.configuration = configuration
    self.channel = channel
    self.libraryCode = libraryCode
    store = try ArtifactStore(
      artifacts: (configuration.store as NSString).deletingLastPathComponent, project: configuration.project,
      report: { channel.send(.message($0)) })
    environment = RunEnvironment.current
    slots = AsyncSemaphore(free: configuration.concurrency)
    previous = PreviousRun(lock: configuration.lock)
  }

  /// The output of a stage call.
  /// - Throws: ``StageFailure``; ``PlanStop`` in a plan when the output is not known.
  package nonisolated func output<S: Stage>(of stage: S, place: CellPlace, name: String?) async throws -> S.Output {
    let key: StageKey
    do {
      key = try self.key(of: stage)
    } catch {
      throw await failure(of: stage, key: nil, place: place, name: name, message: Display.message(of: error))
    }
    let call = await register(S.name, place: place, name: name)
    if let name, let fault = ArtifactStore.fault(inName: name) {
      // Before anything is computed, not when the run's version is written.
      let message = "its result cannot be kept under that name: \(fault); choose another name for `as:`"
      throw await failure(of: stage, key: key, place: place, name: nil, message: message)
    }
    if let message = configuration.failedStages[key.digest] {
      throw await failure(of: stage, key: key, place: place, name: name, message: message)
    }
    let uncertain = configuration.mode == .plan ? await uncertainInputs(of: key) : []
    if let known: S.Output = lookup(key, call: call, uncertain: uncertain) { return known }
    if configuration.mode == .plan { return try await planned(stage, key: key, call: call) }
    let stored: StoredContent
    do {
      stored = try await shared(stage, key: key, call: call)
    } catch let error as StageFailure {
      throw StageFailure(stage: error.stage, message: error.message, place: place)
    }
    return try S.Output(content: store.content(of: stored))
  }

  /// Makes everything durable.
  package func finish() throws { try store.flush() }

  private nonisolated func key<S: Stage>(of stage: S) throws -> StageKey {
    let inputs = try StageInputs(of: stage, digests: InputDigests(store: store, project: configuration.project))
    return StageKey(
      of: S.self, inputs: inputs, libraryCode: libraryCode,
      isBuiltIn: RunEnvironment.isBuiltIn(S.self))
  }

  private func register(_ stage: String, place: CellPlace, name: String?) -> StageCallReport {
    calls.next(stage, place: place, name: name)
  }

  /// The output from the store; `nil` when it is not there, or damaged, which is told.
  ///
  /// - Parameter uncertain: in a plan, the inputs that may come out differently.
  private nonisolated func lookup<Output: Artifact>(
    _ key: StageKey, call: StageCallReport, uncertain: [String]
  ) -> Output? {
    do {
      guard let outcome = try store.lookup(key.digest), isTrusted(outcome.output) else { return nil }
      let output = try Output(content: store.content(of: outcome))
      guard uncertain.isEmpty else {
        channel.send(
          .stagePlanned(
            PlannedCall(
              call: call, verdict: .mayRun, key: key.digest, reason: "\(uncertain.joined(separator: ", ")) may change",
              components: key.components)))
        return output
      }
      channel.cached(
        CachedCall(
          call: call, key: key.digest,
          output: OutputSummary(
            format: outcome.output.format, digest: outcome.output.digest, byteCount: outcome.output.byteCount)))
      return output
    } catch {
      channel.send(.message("\(call.stage) runs again: \(Display.message(of: error))"))
      return nil
    }
  }

  // MARK: Running

  private func shared<S: Stage>(_ stage: S, key: StageKey, call: StageCallReport) async throws -> StoredContent {
    if let running = inFlight[key.digest] {
      let stored = try await running.value
      channel.cached(
        CachedCall(
          call: call, key: key.digest,
          output: OutputSummary(format: stored.format, digest: stored.digest, byteCount: stored.byteCount)))
      return stored
    }
    // A task of its own: calls that wait for the same key share it, and one that is cancelled does not take it from the others.
    let task = Task { try await self.execute(stage, key: key, call: call) }
    inFlight[key.digest] = task
    defer { inFlight[key.digest] = nil }
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  private func execute<S: Stage>(_ stage: S, key: StageKey, call: StageCallReport) async throws -> StoredContent {
    await slots.take()
    defer { slots.give() }
    let identifier = nextIdentifier
    nextIdentifier += 1
    let reason = previous.reason(for: key, stage: S.name, store: store)
    channel.send(.stageStarted(id: identifier, stage: S.name, key: key.digest, place: call.place, reason: reason))
    let reports = StageReports(id: identifier, channel: channel)
    let usage = ResourceUsage()
    var outcome = StageOutcome(
      place: call.place, stage: S.name, artifact: "", key: key.digest, components: key.components, state: .ran,
      reason: reason,
      output: nil, computed: Date().timeIntervalSince1970, seconds: 0, cpuSeconds: 0, peakMemoryBytes: 0,
      measurements: [],
      notes: [])
    func end(_ state: StageOutcome.State) {
      let spent = usage.spent
      (outcome.seconds, outcome.cpuSeconds, outcome.peakMemoryBytes) = (
        spent.seconds, spent.cpuSeconds, spent.peakMemoryBytes
      )
      outcome.measurements = reports.measurements
      outcome.notes = reports.notes
      outcome.state = state
    }
    do {
      let scratch = try ScratchFolder(parent: configuration.scratch, identifier: identifier)
      defer { scratch.remove() }
      let partial = PartialFolder(path: "\(configuration.partial)/\(key.digest.hexadecimal)")
      let context = StageContext(scratch: scratch.path, threads: configuration.threads, partial: partial) {
        reports.take($0)
      }
      // A child task begins off this actor, whatever its body. A plain call of the same function stayed on it in optimised builds
      // (Swift 6.3), and stages ran one after the other.
      async let computed = Self.run(stage, context)
      let content = try await computed
      guard try self.key(of: stage).digest == key.digest else {
        partial.remove()
        throw InputsChanged()
      }
      let continues = !partial.isEmpty
      // A large output may fill the disk: what was gathered before it is safe by then.
      if content.byteCount >= 1 << 20 { try store.flush() }
      let stored = try store.put(content, format: S.Output.format, scratch: scratch.path)
      end(.ran)
      outcome.output = OutputSummary(format: stored.format, digest: stored.digest, byteCount: stored.byteCount)
      try store.add(
        StageRecord(
          key: key.digest, stage: S.name, components: key.components, output: stored, started: outcome.computed,
          seconds: outcome.seconds, cpuSeconds: outcome.cpuSeconds, peakMemoryBytes: outcome.peakMemoryBytes,
          environment: environment, measurements: outcome.measurements, notes: outcome.notes))
      // Work worth waiting for is made durable before anyone hears of it; the store gathers trifles.
      if outcome.seconds >= 0.1 || continues { try store.flush() }
      partial.remove()
      channel.send(.stageFinished(id: identifier, call: call, outcome: outcome))
      return stored
    } catch {
      report(damage: error)
      let message = error is CancellationError ? "cancelled" : Display.message(of: error)
      end(.failed(message: message))
      channel.send(.stageFinished(id: identifier, call: call, outcome: outcome))
      throw StageFailure(stage: S.name, message: message, place: call.place)
    }
  }

  private nonisolated func isTrusted(_ content: StoredContent) -> Bool {
    guard !configuration.distrusted.isEmpty else { return true }
    return content.files.allSatisfy { !configuration.distrusted.contains($0.digest) }
  }

  /// Tells the supervisor when an error is that stored bytes are damaged, so that what made them runs again.
  package nonisolated func report(damage error: any Error) {
    guard let error = error as? StoreError, case .damaged(_, let digest, _) = error.cause else { return }
    channel.send(.damaged("\(error)", digest: digest))
  }

  /// Off the actor: several stages compute at the same time.
  @concurrent
  private nonisolated static func run<S: Stage>(_ stage: S, _ context: StageContext) async throws -> ArtifactContent {
    try await stage.run(context).makeContent()
  }

  /// Reports a call that failed before it could run.
  private func failure<S: Stage>(
    of stage: S, key: StageKey?, place: CellPlace, name: String?, message: String
  ) -> StageFailure {
    let call = register(S.name, place: place, name: name)
    channel.send(
      .stageFinished(
        id: 0, call: call,
        outcome: StageOutcome(
          place: place, stage: S.name, artifact: "", key: key?.digest ?? CanonicalValue.null.digest,
          components: key?.components ?? [], state: .failed(message: message), reason: nil, output: nil,
          computed: Date().timeIntervalSince1970, seconds: 0, cpuSeconds: 0, peakMemoryBytes: 0, measurements: [],
          notes: [])))
    return StageFailure(stage: S.name, message: message, place: place)
  }

  // MARK: Planning

  /// The inputs that come from stages which would run.
  private func uncertainInputs(of key: StageKey) -> [String] {
    key.components.filter { $0.kind == .artifact && assumed.contains($0.digest) }.map(\.name)
  }

  /// Says that the stage would run, and goes on with its last output, if there is one.
  private func planned<S: Stage>(_ stage: S, key: StageKey, call: StageCallReport) throws -> S.Output {
    let uncertain = uncertainInputs(of: key)
    let last = previous.take(for: key, stage: S.name, store: store)
    var reason = last.reason
    if !uncertain.isEmpty { reason += " (and \(uncertain.joined(separator: ", ")) may change)" }
    channel.send(
      .stagePlanned(
        PlannedCall(call: call, verdict: .runs, key: key.digest, reason: reason, components: key.components)))
    guard let output = last.output, let value = try? S.Output(content: store.content(of: output)) else {
      throw PlanStop()
    }
    assumed.insert(output.digest)
    return value
  }
}

/// An input was written to while the stage read it.
private struct InputsChanged: Error, CustomStringConvertible {
  var description: String {
    "an input changed while the stage was reading it; its output is not kept. Run again when nothing writes to the input any more"
  }
}
