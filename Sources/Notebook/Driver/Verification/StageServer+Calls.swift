internal import Core
internal import Foundation
internal import NotebookRuntime
internal import Synchronization

/// The calls of stages that other stages make while they are computed.
extension StageServer {
  /// Begins to answer a question of a stage's process, and returns at once.
  func take(_ event: RunEvent, of caller: StageCaller) {
    switch event {
    case .stageAsked(let id, let request):
      note(request)
      calling.enter()
      // A thread for each: however many stages wait, those that they wait for must begin.
      Thread.detachNewThread {
        defer { self.calling.leave() }
        let reply = self.answer(request, for: caller)
        caller.send(reply, to: id, for: request, from: self.workspace)
      }
    case .digestAsked(let id, let input):
      hash(input, for: id) { caller.send($0) }
    case .stageProgress, .stageNote: state.withLock { $0.events.append(event) }
    default: break
    }
  }

  /// The reply for a stage, which waits for it without a permit.
  private func answer(_ request: StageRequest, for caller: StageCaller) -> StageReply {
    if let circle = computing.beginWait(of: caller.key, for: request.key) {
      let error = OperationError(
        operation: "call the stage", subject: request.call.stage,
        reason: "it would wait for itself: \(circle.joined(separator: " → "))",
        advice: "call it with other properties, or end the recursion")
      return StageReply(isFresh: true, failure: "\(error)")
    }

    var reply = StageReply(isFresh: true)
    do {
      for upload in request.uploads { try take(upload, copiedFrom: caller.scratch) }
      reply = answer(request)
    } catch {
      reply.failure = "\(error)"
    }
    computing.endWait(of: caller.key, for: request.key)

    // What was computed, also where the caller receives the recorded output.
    let computed = self.reply(for: request.key) ?? reply
    let output = computed.content.map { OutputSummary(of: $0, format: request.format) }
    let outcome = StageOutcome(
      place: request.call.place, stage: request.call.stage, key: request.key, components: request.components,
      state: computed.failure.map { .failed(message: $0) } ?? (computed.isFresh ? .ran : .cached), output: output,
      computed: Date().timeIntervalSince1970, cost: computed.cost, calls: computed.calls)
    state.withLock { $0.nested.append((request.call, outcome)) }
    return reply
  }

  /// Takes over content that a stage made and passes on, by a copy: the stage may still read and write its own.
  private func take(_ upload: StageRequest.Upload, copiedFrom scratch: String) throws {
    guard state.withLock({ $0.contents[upload.digest] }) == nil else { return }
    let path = try workspace.copy(upload: upload.path, digest: upload.digest, from: scratch)
    state.withLock { $0.contents[upload.digest] = path }
  }
}

/// The contents that a stage reads.
extension StageServer {
  /// The known contents whose digests occur in a stage's properties.
  static func contents(of request: StageRequest, in known: [Digest: String]) -> [Digest: String] {
    var found: [Digest: String] = [:]
    var digits: [UInt8] = []
    // Every run of exactly 64 hexadecimal digits may be a digest; the byte at the end ends the last run.
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
