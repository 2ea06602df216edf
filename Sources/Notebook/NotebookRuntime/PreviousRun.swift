internal import ArtifactStore
internal import Core

/// The stages of the notebook's last run, with which new keys are compared.
struct PreviousRun {
  private let path: String
  /// The records that are not matched yet, by stage name; `nil` before the lock file was read.
  private var candidates: [String: [StageRecord]]?
  private var keys: [String: [Digest]] = [:]

  init(lock path: String) { self.path = path }

  /// The reason for running a stage of this key: the changes since the last run, in words.
  mutating func reason(for key: StageKey, stage: String, store: ArtifactStore) -> String {
    take(for: key, stage: stage, store: store).reason
  }

  /// Matches a key with the most similar call of the last run, which then matches no other key.
  /// - Returns: the changes since that call, and its record; `new` and `nil` when no call is left.
  mutating func take(for key: StageKey, stage: String, store: ArtifactStore) -> (reason: String, record: StageRecord?) {
    load(stage, store: store)
    guard var records = candidates?[stage], !records.isEmpty else { return ("new", nil) }
    let scored = records.map { KeyChange.between($0.components, key.components).count }
    guard let best = scored.indices.min(by: { scored[$0] < scored[$1] }) else { return ("new", nil) }
    let record = records.remove(at: best)
    candidates?[stage] = records
    return (KeyChange.reason(KeyChange.between(record.components, key.components)), record)
  }

  private mutating func load(_ stage: String, store: ArtifactStore) {
    if candidates == nil {
      candidates = [:]
      let entries = FoundLock(path: path).stages
      let called = Set(entries.flatMap { $0.calls ?? [] })
      // Calls of cells first: a deep recursion has more calls than are compared.
      for isCalled in [false, true] {
        for entry in entries where called.contains(entry.key) == isCalled {
          keys[entry.stage, default: []].append(entry.key)
        }
      }
    }
    if candidates?[stage] == nil {
      // Each call is compared with each record, which would take long for thousands of calls of one stage.
      candidates?[stage] = (keys[stage] ?? []).prefix(64).compactMap { (try? store.record(for: $0)) ?? nil }
    }
  }
}
