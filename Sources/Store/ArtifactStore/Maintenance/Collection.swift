package import Core

/// The bounds of a collection of garbage.
package struct CollectionLimits: Sendable {
  /// The bytes that objects and copies on disk may take together; `nil`: only what nothing names is removed.
  package var byteLimit: Int64?
  /// The number of a branch's newest versions that stay, whatever the limit.
  package var keptVersions: Int
  /// Keys and output digests of the project's locks: they stay.
  package var locked: [(key: Digest, output: Digest)]

  /// Bounds that keep ten versions of each branch unless stated otherwise.
  package init(byteLimit: Int64? = nil, keptVersions: Int = 10, locked: [(key: Digest, output: Digest)] = []) {
    self.byteLimit = byteLimit
    self.keptVersions = keptVersions
    self.locked = locked
  }
}

/// The effects of a collection of garbage: the same whether it is only planned or carried out.
package struct CollectionPlan: Codable, Sendable, Hashable {
  /// A result that is removed although it might have been found again.
  package struct Eviction: Codable, Sendable, Hashable {
    /// The stage's name.
    package var stage: String
    /// The key that look-ups do not find any more.
    package var key: Digest
    /// The size of the objects that only it needs, when nothing else is evicted.
    package var byteCount: Int64
    /// The seconds that computing it took.
    package var seconds: Double
  }

  /// The number of objects.
  package var objects = 0
  /// The bytes that they take, each with its place in an index.
  package var byteCount: Int64 = 0
  /// The number of objects that are removed, further copies included.
  package var removedObjects = 0
  /// The bytes that they take.
  package var removedBytes: Int64 = 0
  /// The bytes of objects that are written: records without those that are removed.
  package var addedBytes: Int64 = 0
  /// In the order in which they are removed: fewest seconds of computing per byte first.
  package var evictions: [Eviction] = []
  /// The number of versions that each branch loses: its oldest. Names of branches are without `refs/heads/`.
  package var cutVersions: [String: Int] = [:]
  /// The number of copies on disk that are removed; they are written again when they are used.
  package var contentFiles = 0
  /// The bytes that they take.
  package var contentBytes: Int64 = 0
  /// The bytes of all objects and copies on disk that stay.
  package var remainingBytes: Int64 = 0
  /// True when ``remainingBytes`` are more than the limit, because everything that is left has to stay.
  package var exceedsLimit = false
}

/// A plan with all that is needed to carry it out.
struct CollectionWork {
  var plan = CollectionPlan()
  /// Objects that are removed.
  var dead: Set<ObjectID> = []
  /// Records that stay, of the sources that lose some.
  var remaining: [RecordSource: [RecordSegment.Line]] = [:]
  /// Commits that become the oldest of their branches.
  var cuts: Set<ObjectID> = []
  /// Copies on disk that are removed.
  var contents: [ContentFolder.Copy] = []
  /// Objects that the store does not have yet, ready for a pack.
  var written: [(id: ObjectID, entry: [UInt8])] = []
  /// The new commits of the sources in ``remaining``; `nil` for one that has no records any more.
  var tips: [RecordSource: ObjectID?] = [:]
  var graph: ObjectGraph
}
