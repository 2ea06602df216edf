package import Core
internal import Synchronization

/// The remote that an outcome came from, or that has another record of the same key.
package struct RecordOrigin: Codable, Hashable, Sendable {
  /// The standing of the remote's record in this store.
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
  /// The standing of its record.
  package var state: State

  /// An origin in a remote.
  package init(remote: String, state: State) {
    self.remote = remote
    self.state = state
  }

  /// For a table: `from lab`, `from lab, confirmed`, …
  package var text: String { state == .pulled ? "from \(remote)" : "from \(remote), \(state.rawValue)" }
}

extension ArtifactStore {
  /// The origins of the outcomes of these keys; a key that only this store knows is left out.
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

  /// Reports whether a stage's output here is the one that withheld records of its key have.
  func compare(_ record: StageRecord) throws(StoreError) {
    let own = record.output.digest
    for held in try index.withheld(record.key) {
      report(
        held.digest == own
          ? "\(record.stage): the output is the one that \(held.remote) has (\(own.short)): confirmed"
          : """
          \(record.stage): the output is \(own.short), \
          but \(held.remote) has \(held.digest.short) for the same key
          """)
    }
  }
}
