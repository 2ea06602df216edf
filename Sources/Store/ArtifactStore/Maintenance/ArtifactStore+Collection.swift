internal import Core
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// Removing what nothing needs.
extension ArtifactStore {
  /// The effects of ``collect(_:)`` with these limits, without any of them.
  package func planCollection(_ limits: CollectionLimits) throws(StoreError) -> CollectionPlan {
    try lockedAfterFlush { (_, _) throws(StoreError) in try work(limits).plan }
  }

  /// Removes objects, versions, records and copies on disk as ``planCollection(_:)`` says.
  ///
  /// The caller sees to it that no run, pull or push is going on in the project. A process that is killed at any
  /// instant leaves a sound store: new records are durable before the reference that names them, that before anything
  /// it no longer names is removed, and the index, emptied first, is filled again from the repository by the process
  /// that opens the store next.
  package func collect(_ limits: CollectionLimits) throws(StoreError) -> CollectionPlan {
    try changing { (batch, lock) throws(StoreError) in
      let work = try work(limits)
      let changesRecords = !work.remaining.isEmpty

      for copy in work.contents { FileSystem.remove(copy.path) }
      if changesRecords { try index.forgetRecords() }
      for (id, entry) in work.written { try batch.append(id, entry: entry) }
      try batch.finishPack()
      try moveReferences(work, withPassing: limits.byteLimit != nil)
      batch.clear()

      // Nothing names the dead objects from here on.
      try PackConsolidation(repository: repository).collect(work.dead)
      try removeLoose(work)
      if changesRecords { try importSegments(lock) } else { try index.forgetContents(of: work.dead) }
      return work.plan
    }
  }

  private func work(_ limits: CollectionLimits) throws(StoreError) -> CollectionWork {
    var planner = CollectionPlanner(store: self, limits: limits)
    var work = try planner.plan()
    // What was fetched as a delta is written whole.
    let growth = try PackConsolidation(repository: repository).growth(without: work.dead)
    work.plan.addedBytes += growth
    work.plan.remainingBytes += growth
    return work
  }

  /// Points the records' references at their new commits, and shortens branches.
  private func moveReferences(_ work: CollectionWork, withPassing all: Bool) throws(StoreError) {
    for (source, tip) in work.tips {
      if let tip {
        try repository.set(source.reference, to: tip, message: "gc")
      } else {
        try repository.remove(source.reference)
      }
    }
    try removePassingReferences(all: all)
    try cut(work.cuts)
  }

  /// Removes references of exchanges that were killed.
  /// - Parameter all: true to remove also those that only spare the next pull some traffic: they name what was evicted.
  func removePassingReferences(all: Bool) throws(StoreError) {
    let prefixes = ["refs/colophon/incoming/", "refs/colophon/outgoing/"] + (all ? ["refs/colophon/remotes/"] : [])
    for prefix in prefixes { try removeReferences(under: prefix) }
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
    // Git's own cache of the history names the versions that are removed.
    FileSystem.remove(repository.path + "/objects/info/commit-graph")
  }

  /// Puts the loose objects that stay, which git commands have written, into a pack, and removes their files.
  private func removeLoose(_ work: CollectionWork) throws(StoreError) {
    let loose = work.graph.loose
    guard !loose.isEmpty else { return }
    let writer = try PackWriter(folder: repository.path + "/objects/pack")
    for (id, _) in loose where !work.dead.contains(id) && work.graph.isLoose(id) {
      guard let kind = repository.header(of: id)?.kind else { continue }
      let bytes = try repository.bytes(id, kind)
      try writer.append(id, entry: bytes.withUnsafeBytes { PackEntry.encode(kind, $0) })
    }

    let packed = Set(loose.map(\.id).filter { writer.contains($0) })
    if writer.count > 0 { try writer.finish() }
    for (id, path) in loose where packed.contains(id) || work.dead.contains(id) || !work.graph.isLoose(id) {
      FileSystem.remove(path)
    }
    try repository.reopen()
  }
}
