internal import Core

/// The findings of an inspection of a store.
package struct Inspection: Codable, Sendable, Hashable {
  /// Something that is not what it should be.
  package struct Damage: Codable, Sendable, Hashable, CustomStringConvertible {
    /// `object`, `pack`, `record`, `records`, `version`, `attestation`, `index`, or `content`.
    package var kind: String
    /// The object's name, a path, a key, or another name of the damaged thing.
    package var name: String
    /// The fault, as a clause.
    package var reason: String
    /// True when it was repaired: what cannot be read is gone, and its stage runs again.
    package var isRepaired = false

    package var description: String { "\(kind) \(name): \(reason)\(isRepaired ? " (repaired)" : "")" }
  }

  /// The number of objects that were read, copies included.
  package var objects = 0
  /// The number of lines of segments that were read.
  package var records = 0
  /// The number of versions, of this store's branches and of remotes'.
  package var versions = 0
  /// The number of attestations.
  package var attestations = 0
  /// The number of outcomes in the index.
  package var rows = 0
  /// The number of copies on disk.
  package var contentFiles = 0
  /// In the order in which they were found.
  package var damages: [Damage] = []

  /// True when nothing is damaged, or everything that was is repaired.
  package var isSound: Bool { damages.allSatisfy(\.isRepaired) }
}
