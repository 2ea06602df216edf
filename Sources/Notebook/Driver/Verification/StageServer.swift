internal import ArtifactStore
internal import Core
internal import Foundation
internal import NotebookRuntime
internal import Processes
internal import Report
internal import Synchronization

/// Answers the stage calls of a notebook program that is being verified: computes each stage in a process of its own, or says what was
/// recorded.
///
/// The program and its stages never see the project, the store, or each other; the broker hashes what they leave and shows it to those
/// that take it as an input.
final class StageServer: Sendable {
  private struct State {
    /// By key, what computing it gave.
    var computed: [Digest: StageReply] = [:]
    var findings: [Digest: [Verdict.Finding]] = [:]
    /// Where the bytes of a digest lie.
    var contents: [Digest: String] = [:]
    var requests: [Digest: StageRequest] = [:]
    /// In the order of their arrival.
    var answered: [(call: StageCallReport, key: Digest)] = []
    var events: [RunEvent] = []
    var replies: Int32 = -1
    var nextIdentifier = 1
    /// Started for the stage that will be asked for next.
    var waiting: StageProgram?
    var starter: ProcessStarter?
  }

  private let room: VerificationWorkspace
  private let digests: InputDigests
  /// The recorded output of a call; `nil` when it is to be computed and no record is to be given.
  private let recorded: @Sendable (StageRequest) -> RecordedAnswer?
  private let state = Mutex(State())
  private let stages = OperationQueue()
  private let hashing = OperationQueue()

  /// What a reply is made of when a record stands for it.
  struct RecordedAnswer: Sendable {
    var content: ArtifactContent
    /// Whether the stage is computed all the same.
    var isChecked: Bool
  }

  /// - Parameters:
  ///   - jobs: how many stages may be computed at a time.
  ///   - recorded: which recorded output a call is answered with; `nil` answers with what is computed.
  init(
    room: VerificationWorkspace, digests: InputDigests, jobs: Int,
    recorded: @escaping @Sendable (StageRequest) -> RecordedAnswer?
  ) {
    self.room = room
    self.digests = digests
    self.recorded = recorded
    stages.maxConcurrentOperationCount = jobs
    hashing.maxConcurrentOperationCount = 2
  }

  /// Takes over what another broker has computed: equal keys are not computed again.
  func inherit(from other: StageServer) {
    let known = other.state.withLock { ($0.computed, $0.findings, $0.contents, $0.nextIdentifier) }
    state.withLock { state in
      (state.computed, state.findings, state.contents, state.nextIdentifier) = known
    }
  }

  // MARK: What the supervisor tells and asks

  /// The descriptor that replies go to from now on; -1 for nobody.
  func connect(_ replies: Int32) {
    state.withLock { $0.replies = replies }
    guard replies >= 0 else { return endStarting() }
    let starter = ProcessStarter { [weak self] in self?.startNext() }
    state.withLock { $0.starter = starter }
    starter.wantNext()
  }

  /// What running stages have told since the last call.
  func takeEvents() -> [RunEvent] {
    state.withLock { state in
      defer { state.events = [] }
      return state.events
    }
  }

  /// Every call that was answered.
  var answered: [(call: StageCallReport, key: Digest)] { state.withLock(\.answered) }

  func reply(for key: Digest) -> StageReply? { state.withLock { $0.computed[key] } }
  func findings(for key: Digest) -> [Verdict.Finding] { state.withLock { $0.findings[key] ?? [] } }
  func request(for key: Digest) -> StageRequest? { state.withLock { $0.requests[key] } }

  /// Waits until nothing is computed any more.
  func finish() {
    stages.waitUntilAllOperationsAreFinished()
    hashing.waitUntilAllOperationsAreFinished()
    endStarting()
  }

  /// Begins to answer what the program asks; other events are not the broker's.
  func take(_ event: RunEvent) {
    switch event {
    case .stageAsked(let id, let request):
      state.withLock { state in
        state.answered.append((request.call, request.key))
        state.requests[request.key] = request
      }
      stages.addOperation { self.send(.stage(id: id, self.answer(request))) }
    case .digestAsked(let id, let input):
      hashing.addOperation {
        do {
          self.send(.digest(id: id, try self.digest(of: input)))
        } catch {
          self.send(.failed(id: id, "\(error)"))
        }
      }
    default: break
    }
  }

  private func send(_ reply: CommandReply) {
    guard let frame = try? RunChannel.frame(reply) else { return }
    state.withLock { state in
      // A program that has ended waits for no reply.
      if state.replies >= 0 { _ = ProcessPipe.send(frame, to: state.replies) }
    }
  }

  private func digest(of input: StageRequest.DeclaredInput) throws -> Digest {
    if let suffixes = input.suffixes { return try digests.digest(of: InputFolder(input.path, suffixes: suffixes)) }
    return try digests.digest(of: InputFile(input.path))
  }

  // MARK: Answers

  private func answer(_ request: StageRequest) -> StageReply {
    if Interruption.requested { return StageReply(isFresh: true, failure: "it was interrupted") }
    let record = recorded(request)
    if let record, !record.isChecked { return recordedReply(record.content) }
    let computed = reply(for: request.key) ?? compute(request)
    state.withLock { $0.computed[request.key] = computed }
    guard let record else { return computed }
    return recordedReply(record.content)
  }

  /// A recorded output, shown to the program under the room's own paths.
  private func recordedReply(_ content: ArtifactContent) -> StageReply {
    var reply = StageReply(isFresh: false)
    do {
      reply.files = try content.files.map { file in
        let path = try room.place(recorded: file)
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
      for holding in request.holdings { try take(holding) }
      let run = StageRun(
        request: request, room: room, program: try program(for: request),
        contents: state.withLock { Self.contents(of: request, in: $0.contents) }
      ) { event in self.state.withLock { $0.events.append(event) } }
      var (reply, findings) = try run.run()
      for file in reply.files { state.withLock { $0.contents[file.digest] = file.path } }
      for input in request.inputs where reply.failure == nil {
        var bare = input
        bare.digest = nil
        guard try digest(of: bare) != input.digest else { continue }
        reply = StageReply(isFresh: true, failure: "the input \(input.path) changed while the stage was reading it")
      }
      findings = findings.map { finding in
        var finding = finding
        finding.stage = request.call.stage
        return finding
      }
      state.withLock { $0.findings[request.key] = findings }
      return reply
    } catch {
      return StageReply(isFresh: true, failure: "\(error)")
    }
  }

  // MARK: Processes

  /// A process for a stage: the waiting one when it sees what the stage needs, else a new one.
  private func program(for request: StageRequest) throws -> StageProgram {
    let declared = room.declared(request)
    if StageProgram.sees(declared, in: room), let waiting = state.withLock({ $0.waiting.take() }) {
      state.withLock { $0.starter }?.wantNext()
      return waiting
    }
    return try StageProgram(id: nextIdentifier(), room: room, declared: declared)
  }

  private func nextIdentifier() -> Int {
    state.withLock { state in
      state.nextIdentifier += 1
      return state.nextIdentifier
    }
  }

  /// When it cannot be started, the stage that needs one says why.
  private func startNext() {
    guard state.withLock({ $0.waiting == nil }), let program = try? StageProgram(id: nextIdentifier(), room: room)
    else { return }
    state.withLock { $0.waiting = program }
  }

  private func endStarting() {
    state.withLock { $0.starter.take() }?.end()
    _ = state.withLock { $0.waiting.take() }
  }

  /// Content that the program made itself: hashed, and kept where stages can see it.
  private func take(_ holding: StageRequest.Holding) throws {
    guard state.withLock({ $0.contents[holding.digest] }) == nil else { return }
    let path = try room.take(holding: holding.path, digest: holding.digest)
    state.withLock { $0.contents[holding.digest] = path }
  }

  /// The known contents whose digests a stage names.
  private static func contents(of request: StageRequest, in known: [Digest: String]) -> [Digest: String] {
    var found: [Digest: String] = [:]
    var digits: [UInt8] = []
    for byte in Array(request.stage.utf8) + [0] {
      if byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "f")
      {
        digits.append(byte)
        continue
      }
      if digits.count == 64, let digest = Digest(hexadecimal: String(decoding: digits, as: UTF8.self)),
        let path = known[digest]
      {
        found[digest] = path
      }
      digits.removeAll(keepingCapacity: true)
    }
    return found
  }
}

/// Passes a program's questions to the broker, and what running stages tell to people.
struct BrokeringView<Base: RunView>: RunView {
  var base: Base
  let broker: StageServer

  mutating func message(_ text: String) { base.message(text) }

  mutating func observe(_ event: RunEvent) {
    broker.take(event)
    base.observe(event)
  }

  mutating func tick() {
    for event in broker.takeEvents() { base.observe(event) }
    base.tick()
  }

  mutating func end() { base.end() }
}
