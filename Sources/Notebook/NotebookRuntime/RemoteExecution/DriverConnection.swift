internal import Core
internal import Foundation
internal import Glibc
internal import Synchronization

/// The way from a notebook program to the command that computes for it, and back.
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

  /// Listens for replies on a thread of its own.
  /// - Parameter replies: the descriptor that they come in on.
  init(channel: RunChannel, replies: Int32) {
    self.channel = channel
    Thread.detachNewThread { [self] in listen(replies) }
  }

  /// What the command says that a stage makes.
  /// - Throws: ``LinkFailure`` when the command is gone or cannot answer.
  func ask(_ request: StageRequest) async throws -> StageReply {
    try await withCheckedThrowingContinuation { continuation in
      guard let id = begin(.stage(continuation)) else {
        continuation.resume(throwing: LinkFailure(reason: "the command has ended"))
        return
      }
      channel.send(.stageAsked(id: id, request))
    }
  }

  /// The digest of a file or folder that this process does not see. Waits for it: hashing is the command's work.
  /// - Throws: ``LinkFailure`` with the reason when it cannot be hashed.
  func digest(of input: StageRequest.DeclaredInput) throws -> Digest {
    let arrived = DispatchSemaphore(value: 0)
    guard let id = begin(.digest(arrived)) else { throw LinkFailure(reason: "the command has ended") }
    channel.send(.digestAsked(id: id, input))
    arrived.wait()
    return try state.withLock {
      $0.digests.removeValue(forKey: id) ?? .failure(LinkFailure(reason: "the command has ended"))
    }
    .get()
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
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
      for payload in RunChannel.takePayloads(from: &bytes) {
        guard let reply = try? JSONDecoder().decode(CommandReply.self, from: payload) else { continue }
        take(reply)
      }
    }
    let waiting = state.withLock { state in
      state.isClosed = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for case .stage(let continuation) in waiting.values {
      continuation.resume(throwing: LinkFailure(reason: "the command has ended"))
    }
    for case .digest(let arrived) in waiting.values { arrived.signal() }
  }

  private func take(_ reply: CommandReply) {
    switch reply {
    case .stage(let id, let reply):
      if case .stage(let continuation) = remove(id) { continuation.resume(returning: reply) }
    case .digest(let id, let digest): finish(id, .success(digest))
    case .failed(let id, let reason): finish(id, .failure(LinkFailure(reason: reason)))
    }
  }

  private func finish(_ id: Int, _ result: Result<Digest, any Error>) {
    switch remove(id) {
    case .stage(let continuation):
      continuation.resume(with: result.flatMap { _ in .failure(LinkFailure(reason: "a wrong reply")) })
    case .digest(let arrived):
      state.withLock { $0.digests[id] = result }
      arrived.signal()
    case nil: break
    }
  }

  private func remove(_ id: Int) -> Waiting? { state.withLock { $0.waiting.removeValue(forKey: id) } }
}

/// What the command could not do for a notebook program.
struct LinkFailure: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

/// Digests of files that only the command sees.
struct OutsideDigests: StageInputs.FileDigests {
  let link: DriverConnection

  func digest(of file: InputFile) throws -> Digest { try link.digest(of: StageRequest.DeclaredInput(file)) }
  func digest(of folder: InputFolder) throws -> Digest { try link.digest(of: StageRequest.DeclaredInput(folder)) }
}
