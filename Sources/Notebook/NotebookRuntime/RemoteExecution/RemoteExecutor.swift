package import Core
internal import Foundation

/// Answers stage calls with what the supervising command says: in a verification the program itself runs no stage and has no store.
package actor RemoteExecutor: StageCalls {
  private let channel: RunChannel
  private let link: DriverConnection
  private let libraryCode: Digest
  private let stages: [any Stage.Type]
  /// Where content that is only in memory is written for the command, absolute.
  private let holdings: String
  private var calls = CallCounter()
  private var nextIdentifier = 1
  private var replies: [Digest: Task<StageReply, any Error>] = [:]

  /// - Parameter stages: those that the notebook declares.
  init(configuration: RunConfiguration, channel: RunChannel, libraryCode: Digest, stages: [any Stage.Type]) {
    self.stages = stages
    self.channel = channel
    link = DriverConnection(channel: channel, replies: configuration.replies)
    self.libraryCode = libraryCode
    holdings = configuration.scratch + "/holdings"
  }

  package nonisolated func output<S: Stage>(of stage: S, place: CellPlace, name: String?) async throws -> S.Output {
    let call = await register(S.name, place: place, name: name)
    let request: StageRequest
    do {
      request = try self.request(for: stage, call: call)
    } catch {
      let message = Display.message(of: error)
      channel.send(.stageFinished(id: 0, call: call, outcome: Self.outcome(call, nil, .failed(message: message))))
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

  package func finish() {}
  package nonisolated func report(damage error: any Error) {}

  private func register(_ stage: String, place: CellPlace, name: String?) -> StageCallReport {
    calls.next(stage, place: place, name: name)
  }

  private nonisolated func request<S: Stage>(for stage: S, call: StageCallReport) throws -> StageRequest {
    let digests = OutsideDigests(link: link)
    let inputs = try StageInputs(of: stage, digests: digests)
    let key = StageKey(
      of: S.self, inputs: inputs, libraryCode: libraryCode, isBuiltIn: RunEnvironment.isBuiltIn(S.self))
    guard let type = StageTypeName(of: S.self, among: stages) else {
      throw StageEncodingFailure(stage: S.name, reason: "its type has no name")
    }
    return StageRequest(
      call: call, type: type.text, stage: try StageEncoding.text(of: stage), format: S.Output.format, key: key.digest,
      components: key.components,
      inputs: try inputs.files.map { .init($0, digest: try digests.digest(of: $0)) }
        + inputs.folders.map { .init($0, digest: try digests.digest(of: $0)) },
      holdings: try inputs.contents.flatMap(\.files).compactMap(hold))
  }

  /// The file with these bytes, written when they are in memory only.
  private nonisolated func hold(_ file: ContentFile) throws -> StageRequest.Holding? {
    switch file.location {
    case .path(let path): return .init(digest: file.digest, path: path)
    case .stored: return nil
    case .memory(let bytes):
      let path = "\(holdings)/\(file.digest.hexadecimal)"
      if !FileManager.default.fileExists(atPath: path) {
        try FileManager.default.createDirectory(atPath: holdings, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
      }
      return .init(digest: file.digest, path: path)
    }
  }

  /// Asks once for each key.
  private func reply(to request: StageRequest) async throws -> StageReply {
    if let known = replies[request.key] {
      let reply = try await known.value
      if let summary = Self.summary(request, reply) {
        channel.cached(CachedCall(call: request.call, key: request.key, output: summary))
      }
      return reply
    }
    let link = link
    let task = Task { try await link.ask(request) }
    replies[request.key] = task
    let identifier = nextIdentifier
    nextIdentifier += 1
    channel.send(
      .stageStarted(
        id: identifier, stage: request.call.stage, key: request.key, place: request.call.place, reason: "verified"))
    let reply: StageReply
    do {
      reply = try await task.value
    } catch {
      channel.send(
        .stageFinished(
          id: identifier, call: request.call,
          outcome: Self.outcome(request.call, request, .failed(message: Display.message(of: error)))))
      throw error
    }
    var outcome = Self.outcome(request.call, request, reply.failure.map { .failed(message: $0) } ?? .ran)
    outcome.output = Self.summary(request, reply)
    outcome.seconds = reply.seconds
    outcome.cpuSeconds = reply.cpuSeconds
    outcome.peakMemoryBytes = reply.peakMemoryBytes
    outcome.measurements = reply.measurements
    outcome.notes = reply.notes
    if !reply.isFresh, reply.failure == nil { outcome.state = .cached }
    channel.send(.stageFinished(id: identifier, call: request.call, outcome: outcome))
    return reply
  }

  private static func summary(_ request: StageRequest, _ reply: StageReply) -> OutputSummary? {
    reply.content.map { OutputSummary(format: request.format, digest: $0.digest, byteCount: $0.byteCount) }
  }

  private static func outcome(
    _ call: StageCallReport, _ request: StageRequest?, _ state: StageOutcome.State
  ) -> StageOutcome {
    StageOutcome(
      place: call.place, stage: call.stage, artifact: "", key: request?.key ?? CanonicalValue.null.digest,
      components: request?.components ?? [], state: state, reason: nil, output: nil,
      computed: Date().timeIntervalSince1970,
      seconds: 0, cpuSeconds: 0, peakMemoryBytes: 0, measurements: [], notes: [])
  }
}

/// How a stage travels to another process.
enum StageEncoding {
  static func text(of stage: some Stage) throws -> String {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return String(decoding: try encoder.encode(stage), as: UTF8.self)
  }

  static func stage<S: Stage>(_ type: S.Type, from text: String, contents: some ContentSource) throws -> S {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    decoder.userInfo[.contentSource] = contents
    return try decoder.decode(type, from: Data(text.utf8))
  }
}

/// A stage that cannot be computed in a process of its own.
struct StageEncodingFailure: Error, CustomStringConvertible {
  let stage: String
  let reason: String
  var description: String { "\(stage) cannot run in a process of its own: \(reason)" }
}
