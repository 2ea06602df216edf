package import Core
internal import Synchronization

/// Where an outcome came from, and what is known of the same key elsewhere.
package struct RecordOrigin: Codable, Hashable, Sendable {
  package enum State: String, Codable, Sendable {
    /// It was pulled, and look-ups find it.
    case pulled
    /// It was pulled, and the remote's policy holds it back: the stage has to run here.
    case withheld
    /// The stage ran here too, and made the same.
    case confirmed
    /// The stage ran here too, and made something else.
    case differs
  }

  /// The remote's name.
  package var remote: String
  package var state: State

  package init(remote: String, state: State) {
    self.remote = remote
    self.state = state
  }

  /// For a table: `from lab`, `from lab, confirmed`, …
  package var text: String { state == .pulled ? "from \(remote)" : "from \(remote), \(state.rawValue)" }
}

extension ArtifactStore {
  /// Where the outcomes of these keys came from; a key that only this store knows is not among them.
  package func origins(of keys: [Digest]) throws(StoreError) -> [Digest: RecordOrigin] {
    var origins: [Digest: RecordOrigin] = [:]
    for key in keys {
      if let remote = try recovering({ () throws(StoreError) in try index.remote(of: key) }) {
        origins[key] = RecordOrigin(remote: remote, state: .pulled)
      }
      guard withholds.withLock({ $0 }), let held = try index.withheld(key).first else { continue }
      let own = try lookup(key)?.output.digest
      let state: RecordOrigin.State = own == nil ? .withheld : own == held.digest ? .confirmed : .differs
      if origins[key] == nil { origins[key] = RecordOrigin(remote: held.remote, state: state) }
    }
    return origins
  }

  /// Says whether what a stage made here is what a withheld record says that it makes.
  func compare(_ record: StageRecord) throws(StoreError) {
    for held in try index.withheld(record.key) {
      report(
        held.digest == record.output.digest
          ? "\(record.stage): the output is the one that \(held.remote) has (\(held.digest.short)): confirmed"
          : "\(record.stage): the output is \(record.output.digest.short), but \(held.remote) has \(held.digest.short) for the same key"
      )
    }
  }
}
