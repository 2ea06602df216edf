internal import ArtifactStore
package import Core
internal import Foundation
internal import Glibc

/// Takes the outputs of stage calls from the store, or runs the stages and stores their outputs.
///
/// A call whose key is running already waits for that run, so that a key runs once. A stage may call others while it
/// runs: it has no permit while it waits for them, and what it called is in its record.
package actor Executor: StageCalls {
  let configuration: RunConfiguration
  let channel: RunChannel
  let store: ArtifactStore
  private let libraryCode: Digest
  private let environment: [String: String]
  /// A run that calls of its key wait for.
  private struct Flight {
    var task: Task<StoredContent, any Error>
    /// The number of calls that have not been cancelled.
    var waiters = 1
  }

  private var inFlight: [Digest: Flight] = [:]
  /// The keys whose stages ran to their ends.
  private var finished: Set<Digest> = []
  private var calls = CallCounter()
  private var nextIdentifier = 1
  private let running: RunningStages
  /// The stages of the last run.
  var previous: PreviousRun
  /// In a plan, the traces of outputs that may come out differently.
  var assumed: Set<Digest> = []

  /// An executor with the store of a run's project.
  /// - Parameter libraryCode: the digest of the code that a notebook's own stages may call.
  /// - Throws: `StoreError` when the store cannot be opened.
  package init(configuration: RunConfiguration, channel: RunChannel, libraryCode: Digest) throws {
    self.configuration = configuration
    self.channel = channel
    self.libraryCode = libraryCode
    store = try ArtifactStore(project: configuration.project, report: { channel.send(.message($0)) })
    environment = RunEnvironment.current
    running = RunningStages(permits: configuration.concurrency, channel: channel)
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
      // Before hours of computing, and not only when the run's version is written.
      let message = "its result cannot be kept under that name: \(fault); choose another name for `as:`"
      throw await failure(of: stage, key: key, place: place, name: nil, message: message)
    }
    if let message = configuration.failedStages[key.digest] {
      throw await failure(of: stage, key: key, place: place, name: name, message: message)
    }

    let uncertain = configuration.mode == .plan ? await uncertainInputs(of: key) : []
    if let known: (output: S.Output, summary: OutputSummary) = lookup(key, call: call, uncertain: uncertain) {
      // A cell's call has no caller: a second way to the actor would cost thousands of calls from the store a third.
      if call.caller != nil { await note(known.summary, of: call, key: key.digest) }
      if !uncertain.isEmpty { await assume(StageInputs.traces(of: known.output)) }
      return known.output
    }
    if configuration.mode == .plan { return try await planned(stage, key: key, call: call) }

    let stored: StoredContent
    do {
      stored = try await shared(stage, key: key, call: call)
    } catch let error as StageFailure {
      // The run may have been started by an equal call elsewhere: the failure is reported at this one.
      throw StageFailure(stage: error.stage, message: error.message, place: place)
    }
    if call.caller != nil { await note(stored.summary, of: call, key: key.digest) }
    return try S.Output(content: store.content(of: stored))
  }

  /// Notes what a running stage has called; nothing for a call of a cell.
  private func note(_ output: OutputSummary, of call: StageCallReport, key: Digest) {
    guard let caller = call.caller else { return }
    running.note(DynamicInput(stage: call.stage, name: call.name, key: key, output: output), of: caller)
  }

  /// Makes everything durable.
  package func finish() throws { try store.flush() }

  private nonisolated func key<S: Stage>(of stage: S) throws -> StageKey {
    let inputs = try StageInputs(of: stage, digests: InputDigests(store: store, project: configuration.project.root))
    let key = StageKey(
      of: S.self, inputs: inputs, libraryCode: libraryCode,
      isBuiltIn: RunEnvironment.isBuiltIn(S.self))
    try Secrets.check(key.components, of: S.name)
    return key
  }

  private func register(_ stage: String, place: CellPlace, name: String?) -> StageCallReport {
    calls.next(stage, place: place, name: name, caller: RunningStage.current?.key)
  }

  /// The output from the store, which is reported; `nil` when it is not there, or damaged, which is reported too.
  /// - Parameter uncertain: in a plan, the inputs that may change.
  private nonisolated func lookup<Output: Artifact>(
    _ key: StageKey, call: StageCallReport, uncertain: [String]
  ) -> (output: Output, summary: OutputSummary)? {
    do {
      guard let outcome = try store.lookup(key.digest), isTrusted(outcome.output) else { return nil }
      let output = try Output(content: store.content(of: outcome))
      guard uncertain.isEmpty else {
        channel.send(
          .stagePlanned(
            PlannedCall(
              call: call, verdict: .mayRun, key: key.digest, reason: "\(KeyChange.listed(uncertain)) may change",
              components: key.components, traces: StageInputs.traces(of: output).sorted())))
        return (output, outcome.output.summary)
      }

      channel.cached(CachedCall(call: call, key: key.digest, output: outcome.output.summary))
      return (output, outcome.output.summary)
    } catch {
      channel.send(.message("\(call.stage) runs again: \(Display.message(of: error))"))
      return nil
    }
  }

  // MARK: Running

  /// The output of the run of this key that is in flight, or of a new one.
  private func shared<S: Stage>(_ stage: S, key: StageKey, call: StageCallReport) async throws -> StoredContent {
    let digest = key.digest
    // A run that ended between the look-up of this call and now.
    if inFlight[digest] == nil, finished.contains(digest), let outcome = try? store.lookup(digest),
      isTrusted(outcome.output), (try? S.Output(content: store.content(of: outcome))) != nil
    {
      channel.cached(CachedCall(call: call, key: digest, output: outcome.output.summary))
      return outcome.output
    }

    // Before anything waits: a stage that waits for itself would do so forever.
    if let caller = call.caller, let circle = running.circle(from: caller, to: digest) {
      let error = OperationError(
        operation: "call the stage", subject: key.components.title(of: S.name),
        reason: "it would wait for itself: \(Self.shortened(circle).joined(separator: " → "))",
        advice: "call it with other properties, or end the recursion")
      throw StageFailure(stage: S.name, message: "\(error)", place: call.place)
    }

    // A task of its own, since calls that wait for the same key share it.
    let isNew = inFlight[digest] == nil
    if isNew, let caller = call.caller {
      for part in running.uncovered(key.components, by: caller) {
        channel.send(
          .message(
            """
            \(S.name) depends on the \(part.kind.rawValue) \(part.kind == .facet ? part.name : part.display), which is \
            no input of the stage that calls it: when it changes, that stage is not run again. Make it one
            """))
      }
    }
    let task = inFlight[digest]?.task ?? Task { try await self.execute(stage, key: key, call: call) }
    if isNew { inFlight[digest] = Flight(task: task) } else { inFlight[digest]?.waiters += 1 }

    if let caller = call.caller { running.beginWait(of: caller, for: digest) }
    let result = await withTaskCancellationHandler {
      await task.result
    } onCancel: {
      Task { await self.leave(digest, task) }
    }
    if let caller = call.caller { await running.endWait(of: caller, for: digest) }

    let stored = try result.get()
    if !isNew { channel.cached(CachedCall(call: call, key: digest, output: stored.summary)) }
    return stored
  }

  /// Cancels a run when the last call that waits for it is cancelled.
  private func leave(_ key: Digest, _ task: Task<StoredContent, any Error>) {
    guard var flight = inFlight[key], flight.task == task else { return }
    flight.waiters -= 1
    inFlight[key] = flight
    if flight.waiters == 0 { task.cancel() }
  }

  /// A long way with its middle left out.
  private static func shortened(_ way: [String]) -> [String] {
    way.count <= 12 ? way : way.prefix(6) + ["…"] + way.suffix(5)
  }

  /// Runs the stage, and stores its output and record.
  private func execute<S: Stage>(_ stage: S, key: StageKey, call: StageCallReport) async throws -> StoredContent {
    defer { inFlight[key.digest] = nil }
    let identifier = nextIdentifier
    nextIdentifier += 1
    let itself = RunningStage(key: key.digest, identifier: identifier)
    await running.begin(itself, name: S.name, components: key.components)
    defer { running.end(key.digest) }
    let reason = previous.reason(for: key, stage: S.name, store: store)
    channel.send(.stageStarted(id: identifier, stage: S.name, key: key.digest, place: call.place, reason: reason))

    let reports = StageReports(id: identifier, stage: S.name, channel: channel)
    SystemReads.begin(reports)
    defer { SystemReads.end(reports) }
    let usage = ResourceUsage()
    var outcome = StageOutcome(of: call, key: key.digest, components: key.components, state: .ran, reason: reason)
    func end(_ state: StageOutcome.State) {
      outcome.cost = usage.cost(with: reports)
      outcome.calls = running.calls(of: key.digest)
      outcome.state = state
    }

    do {
      let scratch = try ScratchFolder(parent: configuration.scratch, identifier: identifier)
      defer { scratch.remove() }
      let partial = PartialFolder(path: "\(configuration.project.partial)/\(key.digest.hexadecimal)")
      let context = StageContext(scratch: scratch.path, threads: configuration.threads, partial: partial) {
        reports.take($0)
      }
      // A child task begins outside this actor. In optimised builds (Swift 6.3) a plain call of the same function
      // stayed on it, and stages ran one after the other.
      async let computed = Self.run(stage, context, as: itself)
      let content = try await computed

      guard try self.key(of: stage).digest == key.digest else {
        partial.remove()
        throw OperationError(
          operation: "keep the output", subject: S.name, reason: "an input changed while the stage was reading it",
          advice: "run again when no process writes to the input any more")
      }

      let continues = !partial.isEmpty
      // A large output may fill the disk: the results that were gathered before it must be durable by then.
      if content.byteCount >= 1 << 20 { try store.flush() }
      let stored = try store.put(content, format: S.Output.format, scratch: scratch.path)
      end(.ran)
      outcome.output = stored.summary
      try store.add(
        StageRecord(
          key: key.digest, stage: S.name, components: key.components, output: stored, started: outcome.computed,
          cost: outcome.cost, environment: environment, calls: outcome.calls))
      // A result that took long is durable before it is reported; the store gathers small ones.
      if outcome.cost.seconds >= 0.1 || continues { try store.flush() }
      partial.remove()

      finished.insert(key.digest)
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

  /// Reports an error to the supervisor when stored bytes are damaged, so that the stage that made them runs again.
  package nonisolated func report(damage error: any Error) {
    guard let error = error as? StoreError, case .damaged(_, let digest, _) = error.cause else { return }
    channel.send(.damaged("\(error)", digest: digest))
  }

  /// Runs outside the actor, so that several stages compute at the same time.
  @concurrent
  private nonisolated static func run<S: Stage>(
    _ stage: S, _ context: StageContext, as itself: RunningStage
  ) async throws -> ArtifactContent {
    try await RunningStage.$current.withValue(itself) { try await stage.run(context).makeContent() }
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
          of: call, key: key?.digest, components: key?.components ?? [], state: .failed(message: message))))
    return StageFailure(stage: S.name, message: message, place: place)
  }
}
