package import Core

/// Something that came from a remote and was not taken in.
package struct Refusal: Codable, Sendable, Hashable, CustomStringConvertible {
  /// `record`, `records`, `branch` or `attestation`.
  package var kind: String
  /// The name by which the remote gives it: a stage, a segment, a branch, a file.
  package var name: String
  /// The record's key.
  package var key: Digest?
  /// The fault, as a clause: `its bytes do not hash to its name`.
  package var reason: String

  /// A refusal; only one of a record has a key.
  package init(kind: String, name: String, key: Digest? = nil, reason: String) {
    self.kind = kind
    self.name = name
    self.key = key
    self.reason = reason
  }

  package var description: String {
    "the \(kind) \(name.debugDescription)\(key.map { ", key \($0.short)," } ?? "") is refused: \(reason)"
  }
}

/// The outcome of taking in the records of a remote.
package struct Admission: Codable, Sendable, Hashable {
  /// The number of new records that look-ups find.
  package var admitted = 0
  /// The number of new records that the remote's policy holds back.
  package var withheld = 0
  /// The number of records that this store had.
  package var known = 0
  /// The number of new records of a key for which this store computed something else, which stays.
  package var differing = 0
  /// Records and segments that did not pass, in the order in which they were met.
  package var refused: [Refusal] = []

  /// An admission of no records.
  package init() {}
}

/// The outcome of taking in a branch of a remote.
package struct BranchAdmission: Codable, Sendable, Hashable {
  /// The place of the remote's newest version compared with the branch here.
  package enum State: String, Codable, Sendable {
    /// There was no such branch here; now there is.
    case new
    /// The branch here was moved to the remote's version.
    case advanced
    case upToDate
    /// The branch here has versions that the remote's does not have.
    case ahead
    /// Both have versions that the other does not have.
    case diverged
    /// Both had versions that the other did not have, the newest with the same artifacts: a version here comes after
    /// both now.
    case joined
  }

  /// The name of the branch's notebook.
  package var notebook: String
  /// The state of the branch here after the admission.
  package var state: State
  /// The remote's newest version.
  package var commit: ObjectID
}
