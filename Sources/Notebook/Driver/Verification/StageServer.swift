internal import ArtifactStore
internal import Core
internal import Foundation
internal import NotebookRuntime
internal import Processes
internal import Report
internal import Synchronization

/// Answers the stage calls of a notebook program that is verified: computes each stage in a process of its own, or
/// returns the recorded output.
///
/// The program and its stages never see the project, the store, or each other. The server hashes their outputs, and
/// shows each to the stages that have it as an input.
final class StageServer: Sendable {
  struct State {
    /// The replies of stages that were computed, by key.
    var computed: [Digest: StageReply] = [:]
    /// The findings about stages that were computed, by key.
    var findings: [Digest: [Verdict.Finding]] = [:]
    /// The files with the bytes of each digest.
    var contents: [Digest: String] = [:]
    /// The calls, by key.
    var requests: [Digest: StageRequest] = [:]
    /// The calls that stages made, with what was computed for them.
    var nested: [(call: StageCallReport, outcome: StageOutcome)] = []
    /// The calls in the order of their arrival.
    var answered: [(call: StageCallReport, key: Digest)] = []
    /// The reports of running stages that no view has seen.
    var events: [RunEvent] = []
    /// The descriptor of the program that is answered; -1 for none.
    var replies: Int32 = -1
    var nextIdentifier = 1
    /// The process for the next stage that needs nothing unusual.
    var waiting: StageProgram?
    /// Starts ``waiting``.
    var starter: ProcessStarter?
  }

  let workspace: VerificationWorkspace
  private let digests: InputDigests
  /// The recorded output that a call is answered with; `nil` for the computed one.
  private let recorded: @Sendable (StageRequest) -> RecordedAnswer?
  let state = Mutex(State())
  /// The permits of stages that are computed.
  let computing: ComputedStages
  /// The calls of stages that are being answered.
  let calling = DispatchGroup()
  private let stages = OperationQueue()
  private let hashing = OperationQueue()

  /// A recorded output that answers a call.
  struct RecordedAnswer: Sendable {
    /// The recorded bytes.
    var content: ArtifactContent
    /// True when the stage is computed too, so that the outputs can be compared.
    var isChecked: Bool
  }

  /// A server that no program is connected to.
  /// - Parameters:
  ///   - workspace: the verification that it belongs to.
  ///   - digests: the digests of declared files and folders.
  ///   - jobs: the number of stages that may be computed at the same time.
  ///   - recorded: the recorded output that a call is answered with; `nil` for the computed one.
  init(
    workspace: VerificationWorkspace, digests: InputDigests, jobs: Int,
    recorded: @escaping @Sendable (StageRequest) -> RecordedAnswer?
  ) {
    self.workspace = workspace
    self.digests = digests
    self.recorded = recorded
    computing = ComputedStages(permits: jobs)
    stages.maxConcurrentOperationCount = jobs
    hashing.maxConcurrentOperationCount = 2
  }

  /// Takes over the outputs that another server has computed: equal keys are not computed again, unless their stages
  /// called others, which may be answered with other outputs now.
  func inherit(from other: StageServer) {
    let known = other.state.withLock { $0 }
    state.withLock { state in
      state.computed = known.computed.filter { $0.value.calls.isEmpty }
      state.findings = known.findings
      state.contents = known.contents
      state.nextIdentifier = known.nextIdentifier
    }
  }

  // MARK: The supervisor's side

  /// Connects the program that is answered from now on.
  /// - Parameter replies: the descriptor that its replies are written to; -1 when it has ended.
  func connect(_ replies: Int32) {
    state.withLock { $0.replies = replies }
    guard replies >= 0 else { return endStarting() }
    let starter = ProcessStarter { [weak self] in self?.startNext() }
    state.withLock { $0.starter = starter }
    starter.wantNext()
  }

  /// Removes and returns the reports of running stages since the last call.
  func takeEvents() -> [RunEvent] {
    state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
  }

  /// The calls that stages made, with what was computed for them.
  var nested: [(call: StageCallReport, outcome: StageOutcome)] { state.withLock(\.nested) }
  /// All calls in the order of their arrival.
  var answered: [(call: StageCallReport, key: Digest)] { state.withLock(\.answered) }

  /// The reply of a stage that was computed.
  func reply(for key: Digest) -> StageReply? { state.withLock { $0.computed[key] } }
  /// The findings about a stage that was computed, in the order of their discovery.
  func findings(for key: Digest) -> [Verdict.Finding] { state.withLock { $0.findings[key] ?? [] } }
  /// The first or a later call of this key.
  func request(for key: Digest) -> StageRequest? { state.withLock { $0.requests[key] } }

  /// Waits until all stages that were asked for are computed.
  func finish() {
    stages.waitUntilAllOperationsAreFinished()
    calling.wait()
    hashing.waitUntilAllOperationsAreFinished()
    endStarting()
  }

  /// Begins to answer a question of the program, and returns at once; ignores other events.
  func take(_ event: RunEvent) {
    switch event {
    case .stageAsked(let id, let request):
      note(request)
      stages.addOperation { self.send(.stage(id: id, self.answer(request))) }
    case .digestAsked(let id, let input): hash(input, for: id) { self.send($0) }
    default: break
    }
  }

  /// Notes a call, in the order of arrival.
  func note(_ request: StageRequest) {
    state.withLock { state in
      state.answered.append((request.call, request.key))
      state.requests[request.key] = request
    }
  }

  /// Hashes an input, and passes on the reply to a question.
  func hash(_ input: StageRequest.DeclaredInput, for id: Int, send: @escaping @Sendable (CommandReply) -> Void) {
    hashing.addOperation {
      do {
        send(.digest(id: id, try self.digest(of: input)))
      } catch {
        send(.failed(id: id, "\(error)"))
      }
    }
  }

  private func send(_ reply: CommandReply) {
    guard let frame = Self.frame(reply) else { return }
    state.withLock { state in
      // A program that has ended waits for no reply.
      if state.replies >= 0 { _ = ProcessPipe.send(frame, to: state.replies) }
    }
  }

  /// The bytes of a reply; of a failure when it cannot be encoded, since the program would wait for it forever.
  static func frame(_ reply: CommandReply) -> [UInt8]? {
    do { return try RunChannel.frame(reply) } catch {
      return try? RunChannel.frame(.failed(id: reply.id, "the reply cannot be sent: \(error)"))
    }
  }

  /// The present digest of a declared input, whatever digest it carries.
  private func digest(of input: StageRequest.DeclaredInput) throws -> Digest {
    if let suffixes = input.suffixes { return try digests.digest(of: InputFolder(input.path, suffixes: suffixes)) }
    return try digests.digest(of: InputFile(input.path))
  }

  // MARK: Answers

  /// The reply for a stage: its output, computed here or recorded.
  func answer(_ request: StageRequest) -> StageReply {
    if Interruption.requested { return StageReply(isFresh: true, failure: "it was interrupted") }
    let record = recorded(request)
    if let record, !record.isChecked { return recordedReply(record.content) }
    let computed = shared(request)
    guard let record else { return computed }
    return recordedReply(record.content)
  }

  /// The reply of a stage that is computed once, whoever calls it.
  private func shared(_ request: StageRequest) -> StageReply {
    if let known = computing.claim(request.key, unless: { reply(for: request.key) }) { return known }
    defer { computing.release(request.key) }
    computing.begin(request.key, title: request.title)
    defer { computing.end(request.key) }
    let computed = compute(request)
    state.withLock { $0.computed[request.key] = computed }
    return computed
  }

  /// The reply with a recorded output, which the program sees under paths of the workspace.
  private func recordedReply(_ content: ArtifactContent) -> StageReply {
    var reply = StageReply(isFresh: false)
    do {
      reply.files = try content.files.map { file in
        let path = try workspace.place(recorded: file)
        state.withLock { $0.contents[file.digest] = path }
        return .init(name: file.name, digest: file.digest, byteCount: file.byteCount, path: path)
      }
    } catch {
      reply.failure = "its recorded output cannot be used: \(error)"
    }
    return reply
  }

  private func compute(_ request: StageRequest) -> StageReply {
    do {
      for upload in request.uploads { try take(upload) }
      let run = StageRun(
        request: request, workspace: workspace, program: try program(for: request),
        contents: state.withLock { Self.contents(of: request, in: $0.contents) }
      ) { self.take($0, of: $1) }
      var (reply, findings) = try run.run()

      for file in reply.files { state.withLock { $0.contents[file.digest] = file.path } }
      // The key has the digests of before the stage: an output of other inputs must not stand for it.
      if reply.failure == nil, let changed = try request.inputs.first(where: { try digest(of: $0) != $0.digest }) {
        reply = StageReply(isFresh: true, failure: "the input \(changed.path) changed while the stage was reading it")
      }

      for index in findings.indices { findings[index].stage = request.call.stage }
      state.withLock { $0.findings[request.key] = findings }
      return reply
    } catch {
      return StageReply(isFresh: true, failure: "\(error)")
    }
  }

  // MARK: Processes

  /// A process for a stage: the waiting one when it sees all that the stage needs, else a new one.
  private func program(for request: StageRequest) throws -> StageProgram {
    let declared = workspace.declared(request)
    if StageProgram.sees(declared, in: workspace), let waiting = state.withLock({ $0.waiting.take() }) {
      state.withLock { $0.starter }?.wantNext()
      return waiting
    }
    return try StageProgram(id: nextIdentifier(), workspace: workspace, declared: declared)
  }

  private func nextIdentifier() -> Int {
    state.withLock { state in
      state.nextIdentifier += 1
      return state.nextIdentifier
    }
  }

  /// Starts the waiting process. A failure is not reported here: the stage that needs a process will meet it again.
  private func startNext() {
    guard state.withLock({ $0.waiting == nil }),
      let program = try? StageProgram(id: nextIdentifier(), workspace: workspace)
    else { return }
    state.withLock { $0.waiting = program }
  }

  private func endStarting() {
    state.withLock { $0.starter.take() }?.end()
    _ = state.withLock { $0.waiting.take() }
  }

  /// Takes over content that the program made itself, so that stages can see it.
  private func take(_ upload: StageRequest.Upload) throws {
    guard state.withLock({ $0.contents[upload.digest] }) == nil else { return }
    let path = try workspace.take(upload: upload.path, digest: upload.digest)
    state.withLock { $0.contents[upload.digest] = path }
  }
}
