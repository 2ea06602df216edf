internal import Core
internal import Foundation
internal import Glibc
internal import NotebookRuntime
internal import Processes
internal import Report

/// Computes one stage of a verification in a process of its own.
struct StageRun {
  let request: StageRequest
  let room: VerificationWorkspace
  let program: StageProgram
  /// The bytes of its input artifacts, by digest.
  let contents: [Digest: String]
  /// Is told what the stage reports while it runs.
  let observe: @Sendable (RunEvent) -> Void

  /// The most that is kept of a report that has not come whole, in bytes.
  private static let reportLimit = 16 << 20

  /// Runs the stage to its end.
  /// - Returns: what came out, or why nothing did; and what it asked for without having declared it.
  /// - Throws: ``DriverError`` or ``OperationError`` when it cannot be run at all.
  func run() throws -> (StageReply, [Verdict.Finding]) {
    // Links in one folder, since every file that is shown by itself would be a mount.
    let shown = try Dictionary(
      uniqueKeysWithValues: contents.map { digest, path in
        (digest, try room.show(path, as: "\(program.inputs)/\(digest.hexadecimal)"))
      })
    let job = StageJob(
      request: request, id: program.id, project: room.project.root, scratch: program.scratch, contents: shown,
      threads: room.threads, channel: program.channel.writingNumber, life: program.life.readingNumber)
    let child = try program.start(job)
    let reports = listen(to: program.channel.reading) { [observe] frames in
      do {
        for event in try RunChannel.takeEvents(from: &frames) { observe(event) }
      } catch {
        frames = []
      }
      // Reports are small: a stage that sends something else must not fill the command's memory.
      if frames.count > Self.reportLimit { frames = [] }
    }
    let words = Gathered()
    let speech = listen(to: program.errors.reading) { bytes in
      words.append(bytes)
      bytes = []
    }
    let (ending, exceeded) = child.wait(limits: room.limits) { Interruption.requested }
    reports.wait()
    speech.wait()
    let fontsCount = request.components.contains { $0.kind == .facet && $0.name == "fonts" }
    let findings = (program.watch?.finish(declaring: room.declared(request)) ?? []).filter {
      !(fontsCount && $0.kind == .font)
    }
    .map(Self.finding)
    return (reply(job, program.watch == nil ? ending : ending.ofSandboxedProgram, exceeded, words.text), findings)
  }

  private func reply(_ job: StageJob, _ ending: ChildProcess.Ending, _ exceeded: String?, _ words: String) -> StageReply
  {
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
    (reply.seconds, reply.cpuSeconds, reply.peakMemoryBytes) = (
      result.seconds, result.cpuSeconds, result.peakMemoryBytes
    )
    (reply.measurements, reply.notes) = (result.measurements, result.notes)
    guard result.failure == nil else { return reply }
    do {
      // An input that is passed on is taken where it lay.
      let originals = Dictionary(
        job.contents.map { ($1, contents[$0] ?? $1) }, uniquingKeysWith: { first, _ in first })
      reply.files = try result.files.map { file in
        let taken = try room.take(file: originals[file.path] ?? file.path, from: job.scratch)
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
        kind: .undeclaredRead, stage: "", subject: access.subject, message: "asked for what exists and is not declared:"
      )
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
