package import Core

/// What a collection of garbage may do.
package struct CollectionLimits: Sendable {
  /// What the objects and the brought-out contents may take together, in bytes; `nil`: only what nothing names goes.
  package var byteLimit: Int64?
  /// How many of a branch's newest versions stay, whatever the limit.
  package var keptVersions: Int
  /// Keys and output digests of the project's locks: they stay.
  package var locked: [(key: Digest, output: Digest)]

  package init(byteLimit: Int64? = nil, keptVersions: Int = 10, locked: [(key: Digest, output: Digest)] = []) {
    self.byteLimit = byteLimit
    self.keptVersions = keptVersions
    self.locked = locked
  }
}

/// What a collection of garbage does: the same whether it is only said or done.
package struct CollectionPlan: Codable, Sendable, Hashable {
  /// A result that goes although it might have been found again.
  package struct Eviction: Codable, Sendable, Hashable {
    package var stage: String
    package var key: Digest
    /// What only it needs of the objects, when nothing else is evicted.
    package var byteCount: Int64
    /// How long computing it took.
    package var seconds: Double
  }

  /// How many objects there are, and what they take: each with its place in an index.
  package var objects = 0
  package var byteCount: Int64 = 0
  package var removedObjects = 0
  package var removedBytes: Int64 = 0
  /// What is written anew: records without those that go.
  package var addedBytes: Int64 = 0
  /// In the order in which they go: fewest seconds of computing per byte first.
  package var evictions: [Eviction] = []
  /// How many versions each branch loses: its oldest.
  package var cutVersions: [String: Int] = [:]
  /// Copies of contents on disk that go; they are brought out again when they are used.
  package var contentFiles = 0
  package var contentBytes: Int64 = 0
  /// What is still there when all is done, contents on disk included.
  package var remainingBytes: Int64 = 0
  /// Whether what has to stay alone is more than the limit.
  package var exceedsLimit = false
}

/// What the plan stands on, for carrying it out.
struct CollectionWork {
  var plan = CollectionPlan()
  /// Objects that go.
  var dead: Set<ObjectID> = []
  /// Records that stay, of the sources that lose some.
  var remaining: [RecordSource: [(record: StageRecord, line: ArraySlice<UInt8>)]] = [:]
  /// Commits that are the oldest of their branches from now on.
  var cuts: Set<ObjectID> = []
  /// Digests of the contents on disk that go.
  var contents: [(path: String, byteCount: Int64, digest: Digest?)] = []
  /// What was written anew, ready for a pack.
  var written: [(id: ObjectID, entry: [UInt8])] = []
  /// The new commits of the sources in ``remaining``; `nil` for one that has no records any more.
  var tips: [RecordSource: ObjectID?] = [:]
  var graph: ObjectGraph
}
