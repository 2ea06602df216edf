internal import ArtifactStore
internal import Core
internal import Foundation
internal import NotebookRuntime
internal import Synchronization

/// The stage calls of a lock file, with the bytes of their outputs that the store has.
final class RecordedOutputs: Sendable {
  /// The reference of the verification.
  let lock: LockFile
  private let store: ArtifactStore
  /// For each key, the position of its first entry.
  private let positions: [Digest: Int]
  /// The entries that no call has been matched with yet.
  private let open: Mutex<Set<Int>>
  private let matched = Mutex<[StageCallReport: Int]>([:])

  /// The outputs of a lock, none of them matched with a call yet.
  init(lock: LockFile, store: ArtifactStore) {
    self.lock = lock
    self.store = store
    positions = Dictionary(lock.stages.enumerated().map { ($1.key, $0) }) { first, _ in first }
    open = Mutex(Set(lock.stages.indices))
  }

  /// Matches calls with the positions of their entries in the lock, before they are asked for.
  func expect(_ calls: [StageCallReport: Int]) {
    matched.withLock { $0 = calls }
    open.withLock { $0.subtract(calls.values) }
  }

  /// The position of the first entry of a key.
  func position(of key: Digest) -> Int? { positions[key] }

  /// The entry of a call: the one of the same key, else the first of the same stage and name that no other call has.
  func entry(for request: StageRequest) -> LockFile.Entry? {
    // Several stages may call the same one, in any order.
    if request.call.caller != nil, let position = positions[request.key] {
      matched.withLock { $0[request.call] = position }
      return lock.stages[position]
    }
    if let position = matched.withLock({ $0[request.call] }) { return lock.stages[position] }
    let name = request.call.name

    let position = open.withLock { open -> Int? in
      let candidates = open.sorted().filter { lock.stages[$0].stage == request.call.stage }
      // A second output of one name is recorded as `name-2`.
      let found =
        candidates.first { lock.stages[$0].key == request.key }
        ?? candidates.first { position in
          guard let name else { return true }
          return lock.stages[position].artifact == name || lock.stages[position].artifact.hasPrefix(name + "-")
        }
      if let found { open.remove(found) }
      return found
    }

    guard let position else { return nil }
    matched.withLock { $0[request.call] = position }
    return lock.stages[position]
  }

  /// The entry that a call was matched with; `nil` when it has none.
  func matchedEntry(of call: StageCallReport) -> LockFile.Entry? {
    matched.withLock { $0[call] }.map { lock.stages[$0] }
  }

  /// The bytes of an entry; `nil` when the store does not have them, or has others.
  func content(of entry: LockFile.Entry) -> ArtifactContent? {
    if let outcome = try? store.lookup(entry.key), outcome.output.digest == entry.output.digest {
      return store.content(of: outcome)
    }
    // The record of this key may have been made again with another output: a version of the notebook still has this.
    for name in (try? store.notebooks()) ?? [] {
      guard let artifacts = try? store.artifacts(at: name) else { continue }
      if let found = artifacts.first(where: { $0.content.digest == entry.output.digest }) {
        return store.content(of: found.content)
      }
    }
    return nil
  }

  /// The record of the run that made an entry; `nil` when the store has none, or one with another output.
  func record(of entry: LockFile.Entry) -> StageRecord? {
    guard let record = (try? store.record(for: entry.key)) ?? nil, record.output.digest == entry.output.digest else {
      return nil
    }
    return record
  }
}
