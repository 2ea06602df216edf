internal import ArtifactStore
internal import Core
internal import Foundation
internal import NotebookRuntime
internal import Synchronization

/// What a lock file says of a notebook's stage calls, with the bytes that the store has of it.
final class RecordedOutputs: Sendable {
  let lock: LockFile
  private let store: ArtifactStore
  /// The entries that no call has been matched with yet.
  private let open: Mutex<Set<Int>>
  private let matched = Mutex<[StageCallReport: Int]>([:])

  init(lock: LockFile, store: ArtifactStore) {
    self.lock = lock
    self.store = store
    open = Mutex(Set(lock.stages.indices))
  }

  /// Says which call stands for which entry, when that is known.
  func expect(_ calls: [StageCallReport: Int]) {
    matched.withLock { $0 = calls }
    open.withLock { $0.subtract(calls.values) }
  }

  /// The entry of a call: the one of the same key, else the first of the same stage and name that is left.
  func entry(for request: StageRequest) -> LockFile.Entry? {
    if let position = matched.withLock({ $0[request.call] }) { return lock.stages[position] }
    let name = request.call.name
    let position = open.withLock { open -> Int? in
      let candidates = open.sorted().filter { lock.stages[$0].stage == request.call.stage }
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

  /// The entry that a call was matched with.
  func matchedEntry(of call: StageCallReport) -> LockFile.Entry? {
    matched.withLock { $0[call] }.map { lock.stages[$0] }
  }

  /// The bytes of an entry; `nil` when the store does not have them, or has others.
  func content(of entry: LockFile.Entry) -> ArtifactContent? {
    if let outcome = try? store.lookup(entry.key), outcome.output.digest == entry.output.digest {
      return store.content(of: outcome)
    }
    // The record of this key may have been made again with another output; a version of the notebook still has this one.
    for name in (try? store.notebooks()) ?? [] {
      guard let artifacts = try? store.artifacts(at: name) else { continue }
      if let found = artifacts.first(where: { $0.content.digest == entry.output.digest }) {
        return store.content(of: found.content)
      }
    }
    return nil
  }

  /// What is known of the run that made an entry.
  func record(of entry: LockFile.Entry) -> StageRecord? {
    guard let record = (try? store.record(for: entry.key)) ?? nil, record.output.digest == entry.output.digest else {
      return nil
    }
    return record
  }
}
