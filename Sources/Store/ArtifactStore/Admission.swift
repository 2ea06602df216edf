package import Core

/// Something that came from a remote and was not taken in.
package struct Refusal: Codable, Sendable, Hashable, CustomStringConvertible {
  /// `record`, `records`, `branch` or `attestation`.
  package var kind: String
  /// What it calls itself: a stage, a segment, a branch, a file.
  package var name: String
  /// The record's key.
  package var key: Digest?
  package var reason: String

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

/// What became of the records of a remote.
package struct Admission: Codable, Sendable, Hashable {
  /// New ones that look-ups find.
  package var admitted = 0
  /// New ones that the remote's policy holds back.
  package var withheld = 0
  /// Those that this store had.
  package var known = 0
  /// New ones of a key for which this store computed something else, which stays.
  package var differing = 0
  package var refused: [Refusal] = []

  package init() {}
}

/// What became of a branch of a remote.
package struct BranchAdmission: Codable, Sendable, Hashable {
  package enum State: String, Codable, Sendable {
    /// There was no such branch here; now there is.
    case new
    /// The branch here went on to the remote's version.
    case advanced
    case upToDate
    /// The branch here has versions that the remote's does not have.
    case ahead
    /// Both have versions that the other does not have.
    case diverged
  }

  package var notebook: String
  package var state: State
  /// The remote's newest version.
  package var commit: ObjectID
}
