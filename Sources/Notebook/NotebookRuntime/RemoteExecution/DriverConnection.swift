internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// The connection of a notebook program with the command that computes its stages during a verification.
final class DriverConnection: Sendable {
  private enum Waiting {
    case stage(CheckedContinuation<StageReply, any Error>)
    case digest(DispatchSemaphore)
  }

  private struct State {
    var nextIdentifier = 1
    var waiting: [Int: Waiting] = [:]
    var digests: [Int: Result<Digest, any Error>] = [:]
    var isClosed = false
  }

  private let channel: RunChannel
  private let state = Mutex(State())

  /// Begins to listen for replies, on a thread of its own.
  /// - Parameter replies: the descriptor that replies are read from.
  init(channel: RunChannel, replies: Int32) {
    self.channel = channel
    Thread.detachNewThread { [self] in listen(replies) }
  }

  /// The command's reply to a request for a stage.
  /// - Throws: ``OperationError`` when the command has ended; ``CommandFailure`` when it cannot answer.
  func ask(_ request: StageRequest) async throws -> StageReply {
    try await withCheckedThrowingContinuation { continuation in
      guard let id = begin(.stage(continuation)) else {
        continuation.resume(throwing: Self.ended)
        return
      }
      do {
        try channel.deliver(.stageAsked(id: id, request))
      } catch {
        // No reply can come to a question that was not sent.
        if case .stage(let continuation) = remove(id) { continuation.resume(throwing: error) }
      }
    }
  }

  /// The digest of a file or folder that this process cannot read. It waits while the command computes it.
  /// - Throws: ``OperationError`` when the command has ended; ``CommandFailure`` when it cannot be hashed.
  func digest(of input: StageRequest.DeclaredInput) throws -> Digest {
    let arrived = DispatchSemaphore(value: 0)
    guard let id = begin(.digest(arrived)) else { throw Self.ended }
    do {
      try channel.deliver(.digestAsked(id: id, input))
    } catch {
      _ = remove(id)
      throw error
    }
    arrived.wait()
    return try state.withLock {
      $0.digests.removeValue(forKey: id) ?? .failure(Self.ended)
    }
    .get()
  }

  private static let ended = error("it has ended")

  private static func error(_ cause: String) -> OperationError {
    OperationError(operation: "get a reply from the command", subject: "colophon", cause: cause)
  }

  private func begin(_ waiting: Waiting) -> Int? {
    state.withLock { state in
      guard !state.isClosed else { return nil }
      let id = state.nextIdentifier
      state.nextIdentifier += 1
      state.waiting[id] = waiting
      return id
    }
  }

  private func listen(_ descriptor: Int32) {
    var bytes: [UInt8] = []
    SystemCall.readPieces(from: descriptor) { piece in
      bytes += piece
      for payload in RunChannel.takePayloads(from: &bytes) {
        // Of an unreadable reply nothing says which question it answers: all fail rather than wait forever.
        guard let reply = try? JSONCoding.decoder().decode(CommandReply.self, from: payload) else {
          close(because: Self.error("it cannot be read"))
          continue
        }
        take(reply)
      }
    }
    close(because: Self.ended)
  }

  /// Fails all questions that wait for a reply, and all later ones.
  private func close(because error: OperationError) {
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for (id, question) in waiting {
      switch question {
      case .stage(let continuation): continuation.resume(throwing: error)
      case .digest(let arrived):
        state.withLock { $0.digests[id] = .failure(error) }
        arrived.signal()
      }
    }
  }

  private func take(_ reply: CommandReply) {
    switch reply {
    case .stage(let id, let reply):
      if case .stage(let continuation) = remove(id) { continuation.resume(returning: reply) }
    case .digest(let id, let digest): finish(id, .success(digest))
    case .failed(let id, let reason): finish(id, .failure(CommandFailure(message: reason)))
    }
  }

  private func finish(_ id: Int, _ result: Result<Digest, any Error>) {
    switch remove(id) {
    case .stage(let continuation):
      continuation.resume(with: result.flatMap { _ in .failure(Self.error("it replied to another question")) })
    case .digest(let arrived):
      state.withLock { $0.digests[id] = result }
      arrived.signal()
    case nil: break
    }
  }

  private func remove(_ id: Int) -> Waiting? { state.withLock { $0.waiting.removeValue(forKey: id) } }
}

/// A failure of the command, in the words that it reported. They are a whole message already, so that this is no
/// ``OperationError``, whose description would put an operation and a subject before them.
struct CommandFailure: Error, CustomStringConvertible {
  let message: String
  var description: String { message }
}

/// Digests of files that only the command can read.
struct OutsideDigests: StageInputs.FileDigests {
  let connection: DriverConnection

  func digest(of file: InputFile) throws -> Digest { try connection.digest(of: StageRequest.DeclaredInput(file)) }
  func digest(of folder: InputFolder) throws -> Digest { try connection.digest(of: StageRequest.DeclaredInput(folder)) }
}
