internal import Core

/// Finds out what a collection of garbage removes. It changes nothing.
///
/// Without a limit everything stays that a reference names. With one, locks and the newest versions stay, and results
/// compete for the rest: see ``evict(downTo:)``.
struct CollectionPlanner {
  /// All records of one key.
  struct Candidate {
    var key: Digest
    var stage: String
    /// The longest that one of its records ran.
    var seconds: Double
    var objects: Set<ObjectID> = []
    /// The bytes of its objects that nothing else keeps.
    var byteCount = 0
  }

  /// A version that may be removed, with the objects that it names.
  struct OldVersion {
    var id: ObjectID
    var branch: String
    var time: Int64
    /// Its position in the branch, from the newest.
    var depth: Int
    var objects: Set<ObjectID>
    var isCut = false
  }

  let store: ArtifactStore
  let repository: GitRepository
  let limits: CollectionLimits
  var work: CollectionWork
  var kept: Reachability
  var lines: [RecordSource: [RecordSegment.Line]] = [:]
  /// For each object that is not among the kept, the number of records and versions that name it.
  var holders: [ObjectID: Int] = [:]
  var versions: [OldVersion] = []
  /// The bytes of all objects that stay, as far as is decided.
  var size: Int64 = 0
  /// Objects that something needs and that are not there, with what needs them.
  var missing: [ObjectID: String] = [:]

  init(store: ArtifactStore, limits: CollectionLimits) {
    self.store = store
    repository = store.repository
    self.limits = limits
    work = CollectionWork(graph: ObjectGraph(repository: store.repository))
    kept = Reachability(repository: store.repository, cuts: Self.cuts(store.repository))
  }

  /// Commits that an earlier collection made the oldest of their branches, from git's own list of them.
  static func cuts(_ repository: GitRepository) -> Set<ObjectID> {
    let bytes = (try? FileBytes.read(repository.path + "/shallow")) ?? []
    return Set(
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { ObjectID(hexadecimal: String($0)) })
  }

  /// Decides about every object and every copy on disk.
  /// - Throws: ``StoreError/Cause/damaged(object:digest:reason:)`` when something that stays names an object that is
  ///   not there.
  mutating func plan() throws(StoreError) -> CollectionWork {
    let graph = work.graph
    work.plan.objects = graph.objects.count
    work.plan.byteCount =
      cost(of: graph.objects.keys) + graph.copies.reduce(0) { $0 + Int64($1.byteCount) + Self.placeLength }

    try markKept()
    var live = kept.found
    if let limit = limits.byteLimit {
      try evict(downTo: limit)
      live = kept.found.union(holders.filter { $0.value > 0 }.keys)
      try rewriteRecords(&live)
    }
    try refuseMissing()

    work.dead = Set(graph.objects.keys.lazy.filter { !live.contains($0) })
    work.plan.removedObjects = work.dead.count + graph.copies.count
    work.plan.removedBytes = work.plan.byteCount - cost(of: live)

    // Objects first: copies of contents that are removed are removed, too.
    let copies = store.folder.all()
    try planContents(copies, live)
    let remainingCopies = copies.reduce(0) { $0 + $1.byteCount } - work.plan.contentBytes
    work.plan.remainingBytes =
      work.plan.byteCount - work.plan.removedBytes + work.plan.addedBytes + remainingCopies
    if let limit = limits.byteLimit { work.plan.exceedsLimit = work.plan.remainingBytes > limit }
    return work
  }

  /// The bytes of an object's place in a pack's index: a name of 20, a checksum of 4, an offset of 4.
  static let placeLength: Int64 = 28

  /// The bytes that objects take, each with its place in an index; those that are not in the store yet take none.
  func cost(of objects: some Sequence<ObjectID>) -> Int64 {
    objects.reduce(0) { $0 + cost(of: $1) }
  }

  func cost(of object: ObjectID) -> Int64 {
    work.graph.objects[object].map { Int64($0.byteCount) + Self.placeLength } ?? 0
  }

  /// Stops when something is missing: what a damaged folder named might be still there, and would be removed.
  private mutating func refuseMissing() throws(StoreError) {
    missing.merge(kept.missing) { first, _ in first }
    guard let (id, name) = missing.min(by: { $0.key < $1.key }) else { return }
    throw StoreError(
      operation: "collect garbage in", subject: repository.path,
      cause: .damaged(object: id, digest: nil, reason: "\(name) needs it; `colophon fsck --repair` says more"))
  }

  // MARK: What stays

  /// Marks what stays whatever the limit: references, or with a limit their newest versions, and the project's locks.
  private mutating func markKept() throws(StoreError) {
    let recordReferences = Set(try store.recordSources().map(\.reference))
    for reference in try repository.references(under: "refs/") {
      // What an exchange that was killed has left, and what only spares the next one some traffic.
      let isPassing = ["refs/colophon/incoming/", "refs/colophon/outgoing/"].contains(where: reference.hasPrefix)
      let isTracking = limits.byteLimit != nil && reference.hasPrefix("refs/colophon/remotes/")
      guard !isPassing, !isTracking, let tip = try repository.target(of: reference) else { continue }

      // With a limit, records and old versions compete with each other.
      if limits.byteLimit != nil {
        if recordReferences.contains(reference) { continue }
        if reference.hasPrefix("refs/heads/") || reference.hasPrefix("refs/remotes/") {
          markVersions(reference, tip)
          continue
        }
      }
      if let object = try? repository.bytes(tip, .commit), Commit(parsing: object) != nil {
        kept.mark(commit: tip, for: reference)
      } else {
        markTag(tip, reference)
      }
    }

    for (key, output) in limits.locked {
      guard let outcome = try store.index.outcome(key), outcome.output.digest == output else { continue }
      for file in outcome.output.files { mark(file, "lock.json") }
    }
  }

  private mutating func mark(_ file: StoredFile, _ name: String) {
    if file.chunked { kept.mark(tree: file.object, for: name) } else { kept.mark(blob: file.object, for: name) }
  }

  /// An annotated tag is an object that names a commit.
  private mutating func markTag(_ tip: ObjectID, _ reference: String) {
    if repository.header(of: tip)?.kind == .tree {
      kept.mark(tree: tip, for: reference)
    } else {
      kept.mark(blob: tip, for: reference)
    }
    if let commit = try? repository.commit(at: reference) { kept.mark(commit: commit, for: reference) }
  }

  /// Keeps the newest versions of a branch, and gathers the others. Those that were joined with it are among them:
  /// every version comes after one that names it.
  private mutating func markVersions(_ reference: String, _ tip: ObjectID) {
    let repository = repository
    let cuts = Self.cuts(repository)
    var open: [(id: ObjectID, commit: Commit)] = []
    var seen: Set<ObjectID> = []
    func note(_ id: ObjectID) {
      guard seen.insert(id).inserted, let bytes = try? repository.bytes(id, .commit),
        let commit = Commit(parsing: bytes)
      else { return }
      open.append((id, commit))
    }

    note(tip)
    var depth = 0
    while let newest = open.indices.max(by: { open[$0].commit.time < open[$1].commit.time }) {
      let (id, commit) = open.remove(at: newest)
      // One version without those before it.
      var version = Reachability(repository: repository, cuts: [id])
      version.mark(commit: id, for: reference)
      if depth < max(1, limits.keptVersions) {
        kept.formUnion(version)
      } else {
        missing.merge(version.missing) { first, _ in first }
        versions.append(
          OldVersion(id: id, branch: reference, time: commit.time, depth: depth, objects: version.found))
      }
      depth += 1
      if !cuts.contains(id) { for parent in commit.parents { note(parent) } }
    }
  }

  // MARK: Copies on disk

  /// Removes copies on disk of contents that nothing has any more; with a limit all may be removed already.
  private mutating func planContents(_ copies: [ContentFolder.Copy], _ live: Set<ObjectID>) throws(StoreError) {
    if work.contents.isEmpty {
      for copy in copies {
        guard let digest = copy.digest, let stored = try store.index.content(digest), live.contains(stored.object)
        else {
          work.contents.append(copy)
          continue
        }
      }
    }
    work.plan.contentFiles = work.contents.count
    work.plan.contentBytes = work.contents.reduce(0) { $0 + $1.byteCount }
  }
}
