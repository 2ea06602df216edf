internal import Core
internal import Foundation
internal import Glibc
internal import NotebookRuntime
internal import Processes
internal import Report
internal import Synchronization

/// Computes one stage of a verification in a process of its own.
struct StageRun {
  /// The stage and its inputs.
  let request: StageRequest
  /// The verification that it belongs to.
  let workspace: VerificationWorkspace
  /// The process that computes it.
  let program: StageProgram
  /// The files with the bytes of its input artifacts, by digest.
  let contents: [Digest: String]
  /// Takes the stage's reports and questions while it runs; called on another thread.
  let take: @Sendable (RunEvent, StageCaller) -> Void

  /// The most bytes that are kept of a report that is not complete yet: 256 MiB.
  private static let reportLimit = 256 << 20

  /// Runs the stage to its end.
  /// - Returns: the output, or the reason that there is none; and the accesses that it has not declared.
  /// - Throws: ``OperationError`` when it cannot be run at all.
  func run() throws -> (StageReply, [Verdict.Finding]) {
    // Links in one folder, since every file that is shown by itself would be a mount.
    let shown = try Dictionary(
      uniqueKeysWithValues: contents.map { digest, path in
        (digest, try workspace.show(path, as: "\(program.inputs)/\(digest.hexadecimal)"))
      })
    let job = StageJob(
      request: request, id: program.id, project: workspace.project.root, scratch: program.scratch, contents: shown,
      threads: workspace.threads, channel: program.channel.writingNumber, parentPipe: program.parentPipe.readingNumber,
      replies: program.replies.readingNumber)
    let caller = StageCaller(
      key: request.key, program: program,
      originals: Dictionary(
        shown.map { ($1, contents[$0] ?? $1) }, uniquingKeysWith: { first, _ in first }))
    let child = try program.start(job)

    // Both pipes are emptied while it runs: a stage that fills one would wait forever.
    let fault = Mutex<String?>(nil)
    let reports = listen(to: program.channel.reading) { [take] frames in
      do {
        for event in try RunChannel.takeEvents(from: &frames) { take(event, caller) }
        guard frames.count > Self.reportLimit else { return }
        fault.withLock { $0 = "its process sent a report of more than \(Self.reportLimit) bytes" }
      } catch {
        fault.withLock { $0 = "\(error)" }
      }
      // A stage that sends something else must not fill the command's memory, nor wait for a reply to it.
      frames = []
      caller.close()
    }
    let words = Gathered()
    let speech = listen(to: program.errors.reading) { bytes in
      words.append(bytes)
      bytes = []
    }
    let (ending, exceeded) = child.wait(limits: workspace.limits) { Interruption.requested }
    // What it has started ends with it, and would keep the pipes open.
    _ = LeftPrograms.end()
    reports.wait()
    speech.wait()
    caller.close()

    // A stage in a property may have declared them: `inner.fonts`.
    let fontsCount = request.components.contains {
      $0.kind == .facet && ($0.name == "fonts" || $0.name.hasSuffix(".fonts"))
    }
    let accesses = program.watch?.finish(declaring: workspace.declared(request)) ?? []
    let findings = accesses.filter { !(fontsCount && $0.kind == .font) }.map(Self.finding)
    if let exceeded { return (StageReply(isFresh: true, failure: exceeded), findings) }
    let status = program.watch == nil ? ending : ending.ofSandboxedProgram
    var reply = reply(to: job, of: caller, ending: status, words: workspace.environment.redacted(words.text))
    reply.calls = caller.calls
    if let fault = fault.withLock(\.self) {
      reply.files = []
      reply.failure = fault
    }
    return (reply, findings)
  }

  /// The reply for a process that has ended by itself.
  /// - Parameter words: the end of what it printed.
  private func reply(
    to job: StageJob, of caller: StageCaller, ending: ChildProcess.Ending, words: String
  ) -> StageReply {
    guard ending == .exited(0), let bytes = FileManager.default.contents(atPath: job.resultPath) else {
      let said = words.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }.map { ": \($0)" } ?? ""
      return StageReply(isFresh: true, failure: Supervisor.reason(ending, said: said))
    }
    guard let result = try? JSONCoding.decoder().decode(StageResult.self, from: bytes) else {
      return StageReply(isFresh: true, failure: "the process of the stage left something that is not a result")
    }
    var reply = StageReply(isFresh: true, failure: result.failure)
    reply.cost = result.cost
    guard result.failure == nil else { return reply }

    do {
      // An input, or an output of a stage that it called, that is passed on stays where it is.
      reply.files = try result.files.map { file in
        let taken = try workspace.take(file: caller.original(of: file.path), from: job.scratch)
        return .init(name: file.name, digest: taken.digest, byteCount: taken.byteCount, path: taken.path)
      }
      if reply.files.isEmpty { reply.failure = "it has no output" }
    } catch {
      reply.files = []
      reply.failure = "\(error)"
    }
    return reply
  }

  /// The finding about an access, without the name of a stage.
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

  /// Reads a descriptor to its end, on a thread of its own.
  /// - Parameters:
  ///   - descriptor: the end of a pipe.
  ///   - take: called with all bytes that it has left so far, and removes those that it has used.
  /// - Returns: a group that is left at the end.
  private func listen(to descriptor: Int32, _ take: @escaping @Sendable (inout [UInt8]) -> Void) -> DispatchGroup {
    let group = DispatchGroup()
    group.enter()
    Thread.detachNewThread {
      var bytes: [UInt8] = []
      SystemCall.readPieces(from: descriptor) {
        bytes += $0
        take(&bytes)
      }
      group.leave()
    }
    return group
  }
}
