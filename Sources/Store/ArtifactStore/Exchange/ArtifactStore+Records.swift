internal import Core
internal import Synchronization

extension ArtifactStore {
  /// Adds the stage records that another reference of this repository names to this store's: a colleague's runs become
  /// cache hits.
  ///
  /// Any git fetches them: `git fetch REMOTE +refs/colophon/records:refs/colophon/fetched`. The objects of their
  /// outputs are included, because a records' tree names them. Of two records with one key the one that finished last
  /// counts.
  /// - Parameter reference: such as `refs/colophon/fetched`.
  /// - Returns: the number of segments of records that were new.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/notFound`` when there is no such reference.
  @discardableResult
  package func mergeRecords(from reference: String) throws(StoreError) -> Int {
    try changing { (batch, lock) throws(StoreError) in
      guard let source = try repository.target(of: reference) else {
        throw StoreError(operation: "merge the stage records of", subject: reference, cause: .notFound)
      }
      let theirs = try recordsTree(of: source).entries.filter {
        $0.name.hasSuffix(RecordSegment.suffix) || $0.name.hasSuffix(RecordSegment.objectsSuffix)
      }
      let tip = try repository.target(of: RecordSegment.reference)
      var tree = if let tip { try recordsTree(of: tip) } else { Tree() }
      let present = Set(tree.entries.map(\.name))
      let fresh = theirs.filter { !present.contains($0.name) }
      guard !fresh.isEmpty else { return 0 }

      tree.entries += fresh
      let commit = try batch.appendCommit(tree: tree.bytes, message: RecordSegment.message)
      try batch.finishPack()
      try repository.update(RecordSegment.reference, from: tip, to: commit, message: "merge")

      // The records are durable: a damaged index is made again with them in it.
      do throws(StoreError) { try importSegments(lock) } catch {
        guard error.isIndexDamage else { throw error }
        try rebuild(error, lock)
      }
      return fresh.count { $0.name.hasSuffix(RecordSegment.suffix) }
    }
  }
}
