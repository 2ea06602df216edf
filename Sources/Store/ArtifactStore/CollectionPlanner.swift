internal import Core

/// Finds out what goes. It changes nothing.
struct CollectionPlanner {
  private typealias Line = (record: StageRecord, line: ArraySlice<UInt8>)

  /// All records of one key.
  private struct Candidate {
    var key: Digest
    var stage: String
    var seconds: Double
    var objects: Set<ObjectID> = []
    /// What its objects take that nothing else keeps.
    var byteCount = 0
  }

  /// A version that may go, with what it names.
  private struct OldVersion {
    var branch: String
    var id: ObjectID
    var time: Int64
    /// Its place in the branch, from the newest.
    var depth: Int
    var objects: Set<ObjectID>
  }

  private let store: ArtifactStore
  private let repository: GitRepository
  private let limits: CollectionLimits
  private var work: CollectionWork
  private var kept: Reachability
  private var lines: [RecordSource: [Line]] = [:]
  /// How many records and versions hold an object that nothing kept names.
  private var holders: [ObjectID: Int] = [:]
  private var versions: [OldVersion] = []
  private var isCut: [Bool] = []
  private var size: Int64 = 0
  /// Objects that something needs and that are not there, with what needs them.
  private var missing: [ObjectID: String] = [:]

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

  mutating func plan() throws(StoreError) -> CollectionWork {
    let graph = work.graph
    work.plan.objects = graph.objects.count
    work.plan.byteCount =
      graph.objects.values.reduce(0) { $0 + Self.cost($1) } + graph.copies.reduce(0) { $0 + Int64($1.byteCount + 28) }
    try markKept()
    var live = kept.found
    if limits.byteLimit == nil {
      size = live.reduce(0) { $0 + (graph.objects[$1].map(Self.cost) ?? 0) }
    } else {
      try evict()
      live = kept.found.union(holders.filter { $0.value > 0 }.keys)
      try rewriteRecords(&live)
    }
    missing.merge(kept.missing) { first, _ in first }
    if let (id, name) = missing.min(by: { $0.key < $1.key }) {
      // What a damaged folder named might be still there, and would go.
      throw StoreError(
        operation: "collect garbage in", subject: repository.path,
        cause: .damaged(object: id, digest: nil, reason: "\(name) needs it; `colophon fsck --repair` says more"))
    }
    work.dead = Set(graph.objects.keys.lazy.filter { !live.contains($0) })
    work.plan.removedObjects = work.dead.count + graph.copies.count
    let added = work.plan.addedBytes
    work.plan.removedBytes = work.plan.byteCount - live.reduce(0) { $0 + (graph.objects[$1].map(Self.cost) ?? 0) }
    try planContents(live)
    work.plan.remainingBytes = work.plan.byteCount - work.plan.removedBytes + added + work.plan.remainingBytes
    if let limit = limits.byteLimit { work.plan.exceedsLimit = work.plan.remainingBytes > limit }
    return work
  }

  /// An entry and its place in the index: a name, a checksum, an offset.
  private static func cost(_ stored: ObjectGraph.Stored) -> Int64 { Int64(stored.byteCount) + 28 }

  // MARK: What stays

  private mutating func markKept() throws(StoreError) {
    let recordReferences = Set(try store.recordSources().map(\.reference))
    for reference in try repository.references(under: "refs/") {
      // What an exchange that was killed has left, and what only spares the next one some traffic.
      let isPassing = ["refs/colophon/incoming/", "refs/colophon/outgoing/"].contains(where: reference.hasPrefix)
      let isTracking = limits.byteLimit != nil && reference.hasPrefix("refs/colophon/remotes/")
      guard !isPassing, !isTracking, let tip = try repository.target(of: reference) else { continue }
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

  /// Keeps the newest versions of a branch, and gathers the others.
  private mutating func markVersions(_ reference: String, _ tip: ObjectID) {
    let cuts = Self.cuts(repository)
    var next: ObjectID? = tip
    var depth = 0
    while let id = next {
      guard let bytes = try? repository.bytes(id, .commit), let commit = Commit(parsing: bytes) else { break }
      if depth < max(1, limits.keptVersions) {
        var one = Reachability(repository: repository, cuts: [id])
        one.mark(commit: id, for: reference)
        kept.formUnion(one)
      } else {
        var one = Reachability(repository: repository, cuts: [id])
        one.mark(commit: id, for: reference)
        missing.merge(one.missing) { first, _ in first }
        versions.append(OldVersion(branch: reference, id: id, time: commit.time, depth: depth, objects: one.found))
      }
      depth += 1
      next = cuts.contains(id) ? nil : commit.parents.first
    }
  }

  // MARK: What goes

  private mutating func evict() throws(StoreError) {
    guard let limit = limits.byteLimit else { return }
    var candidates: [Digest: Candidate] = [:]
    for source in try store.recordSources() {
      lines[source] = try store.lines(of: source)
      for (record, _) in lines[source] ?? [] {
        var candidate = candidates[record.key] ?? Candidate(key: record.key, stage: record.stage, seconds: 0)
        candidate.seconds = max(candidate.seconds, record.seconds)
        for file in record.output.files {
          candidate.objects.insert(file.object)
          guard file.chunked else { continue }
          guard let tree = try? store.tree(file.object) else {
            missing[file.object] = record.stage
            continue
          }
          candidate.objects.formUnion(tree.entries.map(\.id))
        }
        for object in candidate.objects where work.graph.objects[object] == nil { missing[object] = record.stage }
        candidates[record.key] = candidate
      }
    }
    isCut = versions.map { _ in false }
    for version in versions { hold(version.objects) }
    for candidate in candidates.values { hold(candidate.objects) }
    // The records themselves count as they are now, though they get shorter.
    let named = kept.found.union(holders.keys).union(try recordObjects())
    size = named.reduce(0) { $0 + (work.graph.objects[$1].map(Self.cost) ?? 0) }
    // Copies on disk cost nothing to make again: they go before anything else.
    let contents = store.folder.all().reduce(0) { $0 + $1.byteCount }
    if size + contents > limit { work.contents = store.folder.all() }
    guard size > limit else { return }
    var naming: [ObjectID: [Int]] = [:]
    for (position, version) in versions.enumerated() {
      for object in version.objects where holders[object] != nil { naming[object, default: []].append(position) }
    }
    var recordHolders: [ObjectID: Int] = [:]
    for candidate in candidates.values {
      for object in candidate.objects where holders[object] != nil { recordHolders[object, default: 0] += 1 }
    }
    let ordered = candidates.values.compactMap { candidate -> Candidate? in
      var candidate = candidate
      candidate.byteCount = candidate.objects.reduce(0) {
        $0 + (holders[$1] == nil ? 0 : Int(work.graph.objects[$1].map(Self.cost) ?? 0))
      }
      return candidate.byteCount > 0 ? candidate : nil
    }.sorted {
      let (a, b) = ($0.seconds / Double($0.byteCount), $1.seconds / Double($1.byteCount))
      return a != b ? a < b : $0.key < $1.key
    }
    for candidate in ordered {
      if size <= limit { break }
      work.plan.evictions.append(
        .init(
          stage: candidate.stage, key: candidate.key, byteCount: Int64(candidate.byteCount), seconds: candidate.seconds)
      )
      for object in candidate.objects where holders[object] != nil {
        release(object)
        recordHolders[object, default: 1] -= 1
        if recordHolders[object] == 0 { for version in naming[object] ?? [] { cut(version) } }
      }
    }
    for position in versions.indices.sorted(by: { versions[$0].time < versions[$1].time }) where size > limit {
      cut(position)
    }
    noteCuts()
  }

  /// The objects that records are kept in.
  private func recordObjects() throws(StoreError) -> Set<ObjectID> {
    var objects: Set<ObjectID> = []
    for source in lines.keys {
      guard let tip = try repository.target(of: source.reference) else { continue }
      let commit = try store.commit(tip)
      objects.formUnion([tip, commit.tree])
      objects.formUnion(try store.tree(commit.tree).entries.map(\.id))
    }
    return objects
  }

  private mutating func hold(_ objects: Set<ObjectID>) {
    for object in objects where !kept.found.contains(object) { holders[object, default: 0] += 1 }
  }

  private mutating func release(_ object: ObjectID) {
    guard let count = holders[object], count > 0 else { return }
    holders[object] = count - 1
    if count == 1 { size -= work.graph.objects[object].map(Self.cost) ?? 0 }
  }

  /// A version goes with all before it.
  private mutating func cut(_ position: Int) {
    let (branch, depth) = (versions[position].branch, versions[position].depth)
    for other in versions.indices
    where versions[other].branch == branch && versions[other].depth >= depth && !isCut[other] {
      isCut[other] = true
      for object in versions[other].objects { release(object) }
    }
  }

  /// The oldest version of each branch that stays is where its history ends.
  private mutating func noteCuts() {
    for (position, version) in versions.enumerated() where isCut[position] {
      let name = String(version.branch.dropFirst(version.branch.hasPrefix("refs/heads/") ? 11 : 13))
      work.plan.cutVersions[name, default: 0] += 1
    }
    for branch in Set(versions.indices.filter { isCut[$0] }.map { versions[$0].branch }) {
      let first =
        versions.indices.filter { isCut[$0] && versions[$0].branch == branch }.map { versions[$0].depth }.min() ?? 0
      var next = (try? repository.target(of: branch)) ?? nil
      for _ in 0..<max(0, first - 1) {
        guard let id = next, let bytes = try? repository.bytes(id, .commit) else { break }
        next = Commit(parsing: bytes)?.parents.first
      }
      if let next { work.cuts.insert(next) }
    }
  }

  /// Makes the records' references without the records that go, as objects that are not written yet.
  private mutating func rewriteRecords(_ live: inout Set<ObjectID>) throws(StoreError) {
    let evicted = Set(work.plan.evictions.map(\.key))
    for (source, lines) in lines {
      guard let tip = try repository.target(of: source.reference) else { continue }
      let remaining = evicted.isEmpty ? lines : lines.filter { !evicted.contains($0.record.key) }
      if remaining.count == lines.count {
        var one = Reachability(repository: repository)
        one.mark(commit: tip, for: source.reference)
        missing.merge(one.missing) { first, _ in first }
        live.formUnion(one.found)
        continue
      }
      work.remaining[source] = remaining
      guard !remaining.isEmpty else {
        work.tips[source] = .some(nil)
        continue
      }
      var tree = Tree()
      for part in ArtifactStore.split(remaining) {
        let base = Digest(of: part.bytes).hexadecimal
        let objects = Tree(part.outputs.map { Tree.Entry(name: $0.key.hexadecimal, id: $0.key, isTree: $0.value) })
        tree.entries.append(
          .init(name: base + RecordSegment.suffix, id: write(.blob, part.bytes, &live), isTree: false))
        tree.entries.append(
          .init(name: base + RecordSegment.objectsSuffix, id: write(.tree, objects.bytes, &live), isTree: true))
      }
      let treeID = write(.tree, tree.bytes, &live)
      // The old commit's time, so that the plan does not depend on when it is made.
      let time = Commit(parsing: try repository.bytes(tip, .commit))?.time ?? 0
      let commit = Commit(tree: treeID, parents: [], time: time, message: RecordSegment.message)
      work.tips[source] = write(.commit, commit.bytes, &live)
    }
  }

  private mutating func write(_ kind: ObjectKind, _ bytes: [UInt8], _ live: inout Set<ObjectID>) -> ObjectID {
    let (id, entry) = bytes.withUnsafeBytes { (ObjectID(kind, $0), PackEntry.encode(kind, $0)) }
    if live.insert(id).inserted, work.graph.objects[id] == nil {
      work.written.append((id, entry))
      work.plan.addedBytes += Int64(entry.count) + 28
    }
    return id
  }

  /// Copies on disk of contents that nothing has any more, or all when the limit asks for it.
  private mutating func planContents(_ live: Set<ObjectID>) throws(StoreError) {
    let all = store.folder.all()
    if work.contents.isEmpty {
      for file in all {
        guard let digest = file.digest, let stored = try store.index.content(digest), live.contains(stored.object)
        else {
          work.contents.append(file)
          continue
        }
      }
    }
    work.plan.contentFiles = work.contents.count
    work.plan.contentBytes = work.contents.reduce(0) { $0 + $1.byteCount }
    work.plan.remainingBytes = all.reduce(0) { $0 + $1.byteCount } - work.plan.contentBytes
  }
}
