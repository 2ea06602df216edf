internal import Core
internal import Foundation
internal import NotebookRuntime
internal import Processes
internal import Synchronization

/// The process of a stage, as one that calls other stages: the way of the replies, and what it has been shown.
///
/// The pipe is used only under the lock of `state`.
final class StageCaller: @unchecked Sendable {
  private struct State {
    /// For the paths that the process has been shown, those that they stand for.
    var originals: [String: String]
    var calls: [DynamicInput] = []
  }

  /// The key of the stage.
  let key: Digest
  /// The folder that the stage writes to.
  let scratch: String
  private let inputs: String
  private let replies: ProcessPipe
  private let state: Mutex<State>

  /// The caller that a process is.
  /// - Parameter originals: for the paths that it has been shown, those that they stand for.
  init(key: Digest, program: StageProgram, originals: [String: String]) {
    self.key = key
    scratch = program.scratch
    inputs = program.inputs
    replies = program.replies
    state = Mutex(State(originals: originals))
  }

  /// The calls of the process so far, each key once.
  var calls: [DynamicInput] { state.withLock { DynamicInput.sorted($0.calls) } }

  /// The path that a path of the process stands for.
  func original(of path: String) -> String { state.withLock { $0.originals[path] ?? path } }

  /// Sends the output of a stage, under paths that the process can read.
  func send(_ reply: StageReply, to id: Int, for request: StageRequest, from workspace: VerificationWorkspace) {
    var reply = reply
    do {
      for position in reply.files.indices {
        let file = reply.files[position]
        let target = "\(inputs)/\(file.digest.hexadecimal)"
        try state.withLock { state in
          if state.originals[target] == nil { _ = try workspace.show(file.path, as: target) }
          state.originals[target] = file.path
        }
        reply.files[position].path = target
      }
    } catch {
      reply.files = []
      reply.failure = "\(error)"
    }

    if let content = reply.content {
      let output = OutputSummary(of: content, format: request.format)
      let call = DynamicInput(stage: request.call.stage, name: request.call.name, key: request.key, output: output)
      state.withLock { $0.calls.append(call) }
    }
    send(.stage(id: id, reply))
  }

  /// Sends a reply to a process that may have ended.
  func send(_ reply: CommandReply) {
    guard let frame = StageServer.frame(reply) else { return }
    state.withLock { _ in
      if replies.writing >= 0 { _ = ProcessPipe.send(frame, to: replies.writing) }
    }
  }

  /// Ends the replies: what the process waits for fails.
  func close() { state.withLock { _ in replies.closeWriting() } }
}
