internal import Core
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// Removing what nobody needs.
extension ArtifactStore {
  /// What a collection would do.
  package func planCollection(_ limits: CollectionLimits) throws(StoreError) -> CollectionPlan {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      repository.refresh()
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      return try work(limits).plan
    }
  }

  /// Removes objects, versions, records and copies on disk as ``planCollection(_:)`` says.
  ///
  /// The caller sees to it that no run, pull or push is going on in the project. A process that is killed at any instant leaves a
  /// sound store: new records are durable before the reference that names them, that before anything it no longer names goes, and the
  /// index, emptied first, is filled again from the repository by whoever opens the store next.
  package func collect(_ limits: CollectionLimits) throws(StoreError) -> CollectionPlan {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      repository.refresh()
      let lock = try ProcessLock(repository)
      do throws(StoreError) {
        let work = try work(limits)
        for file in work.contents { FileSystem.remove(file.path) }
        let changesRecords = !work.remaining.isEmpty
        if changesRecords { try index.forgetRecords() }
        for (id, entry) in work.written { try batch.append(id, entry: entry) }
        try batch.finishPack()
        for (source, tip) in work.tips {
          if let tip {
            try repository.set(source.reference, to: tip, message: "gc")
          } else {
            try repository.remove(source.reference)
          }
        }
        try removePassingReferences(all: limits.byteLimit != nil)
        try cut(work.cuts)
        batch.clear()
        try PackConsolidation(repository: repository).collect(work.dead)
        try removeLoose(work)
        if changesRecords { try importSegments(lock) } else { try index.forgetContents(of: work.dead) }
        return work.plan
      } catch {
        abandon(batch)
        throw error
      }
    }
  }

  private func work(_ limits: CollectionLimits) throws(StoreError) -> CollectionWork {
    var planner = CollectionPlanner(store: self, limits: limits)
    var work = try planner.plan()
    // What was fetched as a difference from an object is written whole.
    let growth = try PackConsolidation(repository: repository).growth(without: work.dead)
    work.plan.addedBytes += growth
    work.plan.remainingBytes += growth
    return work
  }

  /// References of exchanges that were killed, and, when something was evicted, those that only spare the next pull some traffic.
  func removePassingReferences(all: Bool) throws(StoreError) {
    let prefixes = ["refs/colophon/incoming/", "refs/colophon/outgoing/"] + (all ? ["refs/colophon/remotes/"] : [])
    for prefix in prefixes {
      for reference in try repository.references(under: prefix) { try repository.remove(reference) }
    }
  }

  /// Makes commits the oldest of their branches, by git's own list of such.
  private func cut(_ commits: Set<ObjectID>) throws(StoreError) {
    guard !commits.isEmpty else { return }
    let all = CollectionPlanner.cuts(repository).union(commits)
    let path = repository.path + "/shallow"
    let draft = repository.path + "/" + FileSystem.temporaryName("shallow")
    do throws(StoreError) {
      let file = try Descriptor(draft, O_WRONLY | O_CREAT | O_EXCL)
      try file.write(Array(all.sorted().map { "\($0)\n" }.joined().utf8))
      try file.synchronise()
      try FileSystem.rename(draft, to: path)
    } catch {
      FileSystem.remove(draft)
      throw error
    }
    try FileSystem.synchronise(folder: repository.path)
    FileSystem.remove(repository.path + "/objects/info/commit-graph")
  }

  /// Loose objects come from git commands: those that stay go into a pack, as everything in a store.
  private func removeLoose(_ work: CollectionWork) throws(StoreError) {
    let loose = work.graph.loose
    guard !loose.isEmpty else { return }
    let writer = try PackWriter(folder: repository.path + "/objects/pack")
    for (id, _) in loose where !work.dead.contains(id) && work.graph.objects[id]?.pack == -1 {
      for kind in [ObjectKind.blob, .tree, .commit] where repository.header(of: id)?.kind == kind {
        let bytes = try repository.bytes(id, kind)
        try writer.append(id, entry: bytes.withUnsafeBytes { PackEntry.encode(kind, $0) })
      }
    }
    let packed = Set(loose.map(\.id).filter { writer.contains($0) })
    if writer.count > 0 { try writer.finish() }
    for (id, path) in loose where packed.contains(id) || work.dead.contains(id) || work.graph.objects[id]?.pack != -1 {
      FileSystem.remove(path)
    }
    try repository.reopen()
  }
}
