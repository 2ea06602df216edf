internal import Core

/// A stage that is running, as the stages that it calls see it. Tasks inherit it.
struct RunningStage: Sendable {
  /// The stage that the current task computes; `nil` in a cell.
  @TaskLocal static var current: RunningStage?

  /// The key of its output.
  let key: Digest
  /// The number of its events.
  let identifier: Int
}

/// The stages of an executor that are running: their permits, what each has called, and which waits for which.
///
/// A stage that waits for others has no permit, so that those can run however deep the calls go. Only the executor uses
/// it, on its own actor.
final class RunningStages {
  private struct State {
    var title: String
    var identifier: Int
    /// The parts of its key.
    var components: [KeyComponent]
    /// For each key that it waits for, the number of its calls that do.
    var waits: [Digest: Int] = [:]
    var hasPermit = true
    /// True while it waits for a permit to continue with.
    var isRetaking = false
    /// The other calls that ended meanwhile and continue with the same permit.
    var joined: [CheckedContinuation<Void, Never>] = []
    var calls: [DynamicInput] = []
  }

  private let permits: AsyncSemaphore
  private let channel: RunChannel
  private var states: [Digest: State] = [:]

  init(permits: Int, channel: RunChannel) {
    self.permits = AsyncSemaphore(free: permits)
    self.channel = channel
  }

  /// Waits for a permit, and begins a stage with it.
  /// - Parameters:
  ///   - name: the stage's name.
  ///   - components: the parts of its key.
  func begin(
    _ stage: RunningStage, name: String, components: [KeyComponent], isolation: isolated (any Actor)? = #isolation
  ) async {
    await permits.take()
    states[stage.key] = State(
      title: components.title(of: name), identifier: stage.identifier, components: components)
  }

  /// The files, folders and facets that a called stage counts and its caller does not: a change of one of them runs
  /// the caller again only if the caller has it too.
  func uncovered(_ components: [KeyComponent], by key: Digest) -> [KeyComponent] {
    let own = states[key]?.components ?? []
    return components.filter { part in
      guard [.file, .folder, .facet].contains(part.kind) else { return false }
      // A property of the caller may have another name, a facet has one everywhere.
      return !own.contains { $0.digest == part.digest && (part.kind != .facet || $0.name == part.name) }
    }
  }

  /// Ends a stage, and frees its permit.
  func end(_ key: Digest) {
    guard let state = states.removeValue(forKey: key) else { return }
    if state.hasPermit { permits.give() }
  }

  /// Notes the output of a stage that a running one has called.
  func note(_ call: DynamicInput, of key: Digest) { states[key]?.calls.append(call) }

  /// The calls of a running stage so far, each key once.
  func calls(of key: Digest) -> [DynamicInput] { DynamicInput.sorted(states[key]?.calls ?? []) }

  // MARK: Waiting

  /// The way on which a stage would wait for itself if it waited for this key: the titles from the stage back to it;
  /// `nil` when there is none.
  func circle(from waiter: Digest, to key: Digest) -> [String]? {
    WaitGraph.circle(from: waiter, to: key) { states[$0].map { Array($0.waits.keys) } ?? [] }?
      .compactMap { states[$0]?.title }
  }

  /// Begins to wait for a key: the first wait of a stage frees its permit.
  func beginWait(of waiter: Digest, for key: Digest) {
    guard let state = states[waiter] else { return }
    states[waiter]?.waits[key, default: 0] += 1
    guard state.hasPermit else { return }
    states[waiter]?.hasPermit = false
    channel.send(.stageWaits(id: state.identifier))
    permits.give()
  }

  /// Ends a wait for a key: the last wait of a stage takes a permit again before it returns.
  func endWait(of waiter: Digest, for key: Digest, isolation: isolated (any Actor)? = #isolation) async {
    guard var state = states[waiter] else { return }
    let count = (state.waits[key] ?? 1) - 1
    state.waits[key] = count > 0 ? count : nil
    states[waiter] = state
    guard state.waits.isEmpty, !state.hasPermit else { return }
    if state.isRetaking { return await withCheckedContinuation { states[waiter]?.joined.append($0) } }

    states[waiter]?.isRetaking = true
    await permits.take()
    // Meanwhile another call of the stage may have begun to wait, or the stage has ended without this one.
    guard let state = states[waiter] else { return permits.give() }
    states[waiter]?.isRetaking = false
    states[waiter]?.joined = []
    if state.waits.isEmpty {
      states[waiter]?.hasPermit = true
      channel.send(.stageContinues(id: state.identifier))
    } else {
      permits.give()
    }
    for continuation in state.joined { continuation.resume() }
  }
}

extension [KeyComponent] {
  /// The stage with those of its properties that count by value, for messages: `Rec(n: 3)`.
  func title(of stage: String) -> String {
    let properties = filter { $0.kind == .parameter }.map { "\($0.name): \($0.display)" }
    let text = properties.joined(separator: ", ")
    return "\(stage)(\(text.count > 60 ? text.prefix(59) + "…" : text))"
  }
}
