internal import Engine
internal import Foundation
internal import Glibc
internal import Provenance
internal import Report
internal import Sandbox

/// Computes one stage of a verification in a process of its own.
struct StageRun {
  let request: StageRequest
  let id: Int
  let room: VerificationRoom
  /// The bytes of its input artifacts, by digest.
  let contents: [Digest: String]
  /// Is told what the stage reports while it runs.
  let observe: @Sendable (RunEvent) -> Void

  /// The most that is kept of a report that has not come whole, in bytes.
  private static let reportLimit = 16 << 20

  /// Runs the stage to its end.
  /// - Returns: what came out, or why nothing did; and what it asked for without having declared it.
  /// - Throws: ``SupervisionError`` or ``SandboxError`` when it cannot be run at all.
  func run() throws -> (StageReply, [Verdict.Finding]) {
    let folder = try room.makeStageFolder(id)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let channel = try ProcessPipe()
    let life = try ProcessPipe()
    let errors = try ProcessPipe()
    let job = StageJob(
      request: request, id: id, project: room.project.root, scratch: folder + "/scratch", contents: contents,
      threads: room.threads, channel: channel.writing, life: life.reading)
    let jobPath = folder + "/job.json"
    try JSONEncoder().encode(job).write(to: URL(fileURLWithPath: jobPath))
    let watch = room.sandbox == nil ? nil : try SandboxWatch(room.stageView(job, at: jobPath))
    let child = try start(jobPath, channel: channel, life: life, errors: errors, watch: watch)
    channel.closeWriting()
    errors.closeWriting()
    life.closeReading()
    watch?.begin()
    let reports = listen(to: channel.reading) { frames in
      do {
        for event in try RunChannel.takeEvents(from: &frames) { observe(event) }
      } catch {
        frames = []
      }
      // Reports are small: a stage that sends something else must not fill the command's memory.
      if frames.count > Self.reportLimit { frames = [] }
    }
    let words = Gathered()
    let speech = listen(to: errors.reading) { bytes in
      words.append(bytes)
      bytes = []
    }
    let (ending, exceeded) = child.wait(limits: room.limits) { Interruption.requested }
    reports.wait()
    speech.wait()
    let fontsCount = request.components.contains { $0.kind == .facet && $0.name == "fonts" }
    let findings = (watch?.finish() ?? []).filter { !(fontsCount && $0.kind == .font) }.map(Self.finding)
    return (reply(job, watch == nil ? ending : ending.ofSandboxedProgram, exceeded, words.text), findings)
  }

  private func start(
    _ job: String, channel: ProcessPipe, life: ProcessPipe, errors: ProcessPipe, watch: SandboxWatch?
  ) throws -> ChildProcess {
    var environment = [StageJob.variable: job, "SWIFT_BACKTRACE": "enable=no"]
    environment["GOMP_SPINCOUNT"] = ProcessInfo.processInfo.environment["GOMP_SPINCOUNT"] ?? "1000"
    let inherited = [channel.writing, life.reading]
    guard let sandbox = room.sandbox, let watch else {
      return try ChildProcess(
        path: room.program, environment: ProcessInfo.processInfo.environment.merging(environment) { $1 }, output: errors.writing,
        error: errors.writing, inherited: inherited)
    }
    let command = sandbox.command(room.program, watch: watch)
    return try ChildProcess(
      path: command.path, arguments: command.arguments, environment: Sandbox.environment(adding: environment),
      output: errors.writing, error: errors.writing, inherited: inherited + [watch.childSocket])
  }

  private func reply(_ job: StageJob, _ ending: ChildProcess.Ending, _ exceeded: String?, _ words: String) -> StageReply {
    if let exceeded { return StageReply(isFresh: true, failure: exceeded) }
    guard ending == .exited(0), let bytes = FileManager.default.contents(atPath: job.resultPath) else {
      let said = words.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map { ": \($0)" } ?? ""
      return StageReply(isFresh: true, failure: Supervisor.reason(ending, said: said))
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    guard let result = try? decoder.decode(StageResult.self, from: bytes) else {
      return StageReply(isFresh: true, failure: "the process of the stage left something that is no result")
    }
    var reply = StageReply(isFresh: true, failure: result.failure)
    (reply.seconds, reply.cpuSeconds, reply.peakMemoryBytes) = (result.seconds, result.cpuSeconds, result.peakMemoryBytes)
    (reply.measurements, reply.notes) = (result.measurements, result.notes)
    guard result.failure == nil else { return reply }
    do {
      reply.files = try result.files.map { file in
        let taken = try room.take(file: file.path, from: job.scratch)
        return .init(name: file.name, digest: taken.digest, byteCount: taken.byteCount, path: taken.path)
      }
      if reply.files.isEmpty { reply.failure = "it has no output" }
    } catch {
      reply.files = []
      reply.failure = "\(error)"
    }
    return reply
  }

  static func finding(_ access: SandboxAccess) -> Verdict.Finding {
    switch access.kind {
    case .undeclared:
      Verdict.Finding(
        kind: .undeclaredRead, stage: "", subject: access.subject, message: "asked for what exists and is not declared:")
    case .font:
      Verdict.Finding(
        kind: .font, stage: "", subject: access.subject,
        message: "drew with fonts of the system, which its key does not count:")
    case .absent:
      Verdict.Finding(kind: .probe, stage: "", subject: access.subject, message: "looked for what does not exist:")
    case .network:
      Verdict.Finding(kind: .network, stage: "", subject: access.subject, message: "tried to reach")
    }
  }

  /// Takes in all that comes from a descriptor, on a thread of its own.
  private func listen(to descriptor: Int32, _ take: @escaping @Sendable (inout [UInt8]) -> Void) -> DispatchGroup {
    let group = DispatchGroup()
    group.enter()
    Thread.detachNewThread {
      var bytes: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        bytes += buffer[..<count]
        take(&bytes)
      }
      group.leave()
    }
    return group
  }
}
