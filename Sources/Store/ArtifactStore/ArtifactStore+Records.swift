internal import Core
internal import Synchronization

extension ArtifactStore {
  /// Adds the stage records that another reference of this repository names to this store's: a colleague's runs become cache hits.
  ///
  /// Any git brings them in: `git fetch REMOTE +refs/colophon/records:refs/colophon/fetched`. Objects come along, because a records'
  /// tree names them. Of two records with one key the one that finished last counts.
  /// - Parameter reference: such as `refs/colophon/fetched`.
  /// - Returns: how many segments of records were new.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/notFound`` when there is no such reference.
  @discardableResult
  package func mergeRecords(from reference: String) throws(StoreError) -> Int {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      repository.refresh()
      guard let source = try repository.target(of: reference) else {
        throw StoreError(operation: "merge the stage records of", subject: reference, cause: .notFound)
      }
      let lock = try ProcessLock(repository)
      do throws(StoreError) { return try merge(source, batch, lock) } catch {
        abandon(batch)
        throw error
      }
    }
  }

  private func merge(_ source: ObjectID, _ batch: Batch, _ lock: borrowing ProcessLock) throws(StoreError) -> Int {
    let theirs = try recordsTree(of: source).entries.filter {
      $0.name.hasSuffix(RecordSegment.suffix) || $0.name.hasSuffix(RecordSegment.objectsSuffix)
    }
    let tip = try repository.target(of: RecordSegment.reference)
    var tree = if let tip { try recordsTree(of: tip) } else { Tree() }
    let present = Set(tree.entries.map(\.name))
    let fresh = theirs.filter { !present.contains($0.name) }
    guard !fresh.isEmpty else { return 0 }
    tree.entries += fresh
    let treeID = try batch.append(.tree, tree.bytes, always: true)
    let commit = Commit(tree: treeID, parents: [], time: Int64(FileSystem.now), message: RecordSegment.message)
    let id = try batch.append(.commit, commit.bytes, always: true)
    try batch.finishPack()
    try repository.update(RecordSegment.reference, from: tip, to: id, message: "merge")
    do throws(StoreError) { try importSegments(lock) } catch {
      guard error.isIndexDamage else { throw error }
      try rebuild(error, lock)
    }
    return fresh.count { $0.name.hasSuffix(RecordSegment.suffix) }
  }
}
