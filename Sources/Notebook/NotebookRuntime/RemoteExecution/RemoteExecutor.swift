package import Core
internal import Foundation

/// Answers stage calls with the outputs that the supervising command sends. In a verification the program itself runs
/// no stage and has no store, and neither has the process of a stage that calls others.
package actor RemoteExecutor: StageCalls {
  private let channel: RunChannel
  private let connection: DriverConnection
  private let libraryCode: Digest
  private let stages: [any Stage.Type]
  /// The folder in which content that is only in memory is written for the command, absolute.
  private let uploads: String
  /// The key of the stage that this process computes; `nil` in the notebook's program.
  private let caller: Digest?
  private var calls = CallCounter()
  private var nextIdentifier = 1
  private var replies: [Digest: Task<StageReply, any Error>] = [:]

  /// An executor that asks the command.
  /// - Parameters:
  ///   - channel: the way of the questions.
  ///   - replies: the descriptor that replies are read from.
  ///   - scratch: a folder that this process may write to, absolute.
  ///   - libraryCode: the digest of the code that a notebook's own stages may call.
  ///   - stages: those that the notebook declares.
  ///   - caller: the key of the stage that this process computes; `nil` in the notebook's program.
  init(
    channel: RunChannel, replies: Int32, scratch: String, libraryCode: Digest, stages: [any Stage.Type],
    caller: Digest? = nil
  ) {
    self.stages = stages
    self.channel = channel
    connection = DriverConnection(channel: channel, replies: replies)
    self.libraryCode = libraryCode
    uploads = scratch + "/uploads"
    self.caller = caller
  }

  /// The output of a stage call.
  /// - Throws: ``StageFailure``.
  package nonisolated func output<S: Stage>(of stage: S, place: CellPlace, name: String?) async throws -> S.Output {
    let call = await register(S.name, place: place, name: name)
    let request: StageRequest
    do {
      request = try self.request(for: stage, call: call)
    } catch {
      let message = Display.message(of: error)
      let outcome = StageOutcome(of: call, key: nil, components: [], state: .failed(message: message))
      report(.stageFinished(id: 0, call: call, outcome: outcome))
      throw StageFailure(stage: S.name, message: message, place: place)
    }

    let reply: StageReply
    do {
      reply = try await self.reply(to: request)
    } catch {
      throw StageFailure(stage: S.name, message: Display.message(of: error), place: place)
    }
    guard let content = reply.content else {
      throw StageFailure(stage: S.name, message: reply.failure ?? "it has no output", place: place)
    }
    return try S.Output(content: content)
  }

  /// Does nothing, since the command stores the outputs.
  package func finish() {}

  /// Does nothing, since the program has no store whose bytes could be damaged.
  package nonisolated func report(damage error: any Error) {}

  private func register(_ stage: String, place: CellPlace, name: String?) -> StageCallReport {
    calls.next(stage, place: place, name: name, caller: caller)
  }

  /// Sends an event of a cell's call; the command itself knows those of stages.
  private nonisolated func report(_ event: RunEvent) {
    if caller == nil { channel.send(event) }
  }

  private nonisolated func request<S: Stage>(for stage: S, call: StageCallReport) throws -> StageRequest {
    let digests = OutsideDigests(connection: connection)
    let inputs = try StageInputs(of: stage, digests: digests)
    let key = StageKey(
      of: S.self, inputs: inputs, libraryCode: libraryCode, isBuiltIn: RunEnvironment.isBuiltIn(S.self))
    try Secrets.check(key.components, of: S.name)
    guard let type = StageTypeName(of: S.self, among: stages) else {
      throw StageEncoding.failure(S.name, "its type has no name")
    }
    return StageRequest(
      call: call, type: type.text, stage: try StageEncoding.text(of: stage), format: S.Output.format, key: key.digest,
      components: key.components,
      inputs: try inputs.files.map { .init($0, digest: try digests.digest(of: $0)) }
        + inputs.folders.map { .init($0, digest: try digests.digest(of: $0)) },
      uploads: try inputs.contents.flatMap(\.files).compactMap(upload))
  }

  /// The file with these bytes, written when they are in memory only.
  private nonisolated func upload(_ file: ContentFile) throws -> StageRequest.Upload? {
    switch file.location {
    case .path(let path): return .init(digest: file.digest, path: path)
    case .stored: return nil
    case .memory(let bytes):
      let path = "\(uploads)/\(file.digest.hexadecimal)"
      if !FileManager.default.fileExists(atPath: path) {
        try FileManager.default.createDirectory(atPath: uploads, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
      }
      return .init(digest: file.digest, path: path)
    }
  }

  /// The command's reply, which is asked for once for each key.
  private func reply(to request: StageRequest) async throws -> StageReply {
    if let known = replies[request.key] {
      let reply = try await known.value
      if caller == nil, let summary = Self.summary(request, reply) {
        channel.cached(CachedCall(call: request.call, key: request.key, output: summary))
      }
      return reply
    }

    // The task is in the table before anything waits, so that equal calls meet it.
    let connection = connection
    let task = Task { try await connection.ask(request) }
    replies[request.key] = task
    let identifier = nextIdentifier
    nextIdentifier += 1
    report(
      .stageStarted(
        id: identifier, stage: request.call.stage, key: request.key, place: request.call.place, reason: "verified"))

    let reply: StageReply
    do {
      reply = try await task.value
    } catch {
      report(
        .stageFinished(
          id: identifier, call: request.call,
          outcome: Self.outcome(of: request, .failed(message: Display.message(of: error)))))
      throw error
    }

    var outcome = Self.outcome(of: request, reply.failure.map { .failed(message: $0) } ?? .ran)
    outcome.output = Self.summary(request, reply)
    outcome.cost = reply.cost
    outcome.calls = reply.calls
    if !reply.isFresh, reply.failure == nil { outcome.state = .cached }
    report(.stageFinished(id: identifier, call: request.call, outcome: outcome))
    return reply
  }

  private static func summary(_ request: StageRequest, _ reply: StageReply) -> OutputSummary? {
    reply.content.map { OutputSummary(of: $0, format: request.format) }
  }

  private static func outcome(of request: StageRequest, _ state: StageOutcome.State) -> StageOutcome {
    StageOutcome(of: request.call, key: request.key, components: request.components, state: state)
  }
}

/// The JSON form of a stage, in which it travels to another process.
enum StageEncoding {
  /// The error for a stage that no other process can compute.
  static func failure(_ stage: String, _ cause: String) -> OperationError {
    OperationError(operation: "run the stage in a process of its own", subject: stage, cause: cause)
  }

  /// The stage's properties as JSON; artifacts in files are references by digest.
  static func text(of stage: some Stage) throws -> String {
    String(decoding: try JSONCoding.encoder().encode(stage), as: UTF8.self)
  }

  /// The stage with these properties.
  /// - Parameter contents: the provider of the bytes of artifacts in files.
  static func stage<S: Stage>(_ type: S.Type, from text: String, contents: some ContentSource) throws -> S {
    let decoder = JSONCoding.decoder()
    decoder.userInfo[.contentSource] = contents
    return try decoder.decode(type, from: Data(text.utf8))
  }
}
