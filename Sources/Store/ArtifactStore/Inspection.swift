internal import Core

/// What an inspection of a store has looked at and found.
package struct Inspection: Codable, Sendable, Hashable {
  /// Something that is not what it should be.
  package struct Damage: Codable, Sendable, Hashable, CustomStringConvertible {
    /// `object`, `pack`, `record`, `records`, `version`, `attestation`, `index`, or `content`.
    package var kind: String
    package var name: String
    package var reason: String
    /// Whether it was mended: what cannot be read is gone, and its stage runs again.
    package var isRepaired = false

    package var description: String { "\(kind) \(name): \(reason)\(isRepaired ? " (repaired)" : "")" }
  }

  package var objects = 0
  package var records = 0
  package var versions = 0
  package var attestations = 0
  package var rows = 0
  package var contentFiles = 0
  package var damages: [Damage] = []

  package var isSound: Bool { damages.allSatisfy(\.isRepaired) }
}
