internal import ArtifactStore
internal import Core

/// The stages of the notebook's last run: what a new key is compared with.
struct PreviousRun {
  private let path: String
  /// By stage name, those not matched yet; `nil` before the lock file was read.
  private var candidates: [String: [StageRecord]]?
  private var keys: [String: [Digest]] = [:]

  init(lock path: String) { self.path = path }

  /// Why a stage of this key runs: what changed since the last run, in words.
  mutating func reason(for key: StageKey, stage: String, store: ArtifactStore) -> String {
    take(for: key, stage: stage, store: store).reason
  }

  /// The most alike call of the last run, which is then spoken for.
  /// - Returns: what changed since, and that call's output; `new` and `nil` when there was none.
  mutating func take(for key: StageKey, stage: String, store: ArtifactStore) -> (reason: String, output: StoredContent?)
  {
    load(stage, store: store)
    guard var records = candidates?[stage], !records.isEmpty else { return ("new", nil) }
    let scored = records.map { KeyChange.between($0.components, key.components).count }
    guard let best = scored.indices.min(by: { scored[$0] < scored[$1] }) else { return ("new", nil) }
    let record = records.remove(at: best)
    candidates?[stage] = records
    return (KeyChange.reason(KeyChange.between(record.components, key.components)), record.output)
  }

  private mutating func load(_ stage: String, store: ArtifactStore) {
    if candidates == nil {
      candidates = [:]
      let lock = (try? LockFile(path: path)) ?? nil
      for entry in lock?.stages ?? [] { keys[entry.stage, default: []].append(entry.key) }
    }
    if candidates?[stage] == nil {
      // Comparing many calls of one stage with each other would cost their square: the first 64 tell enough.
      candidates?[stage] = (keys[stage] ?? []).prefix(64).compactMap { (try? store.record(for: $0)) ?? nil }
    }
  }
}
