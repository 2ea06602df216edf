internal import Core
internal import Synchronization

/// Looking at everything in a store.
extension ArtifactStore {
  /// Checks every object against its name, every record and version against the bytes that it describes, every row of
  /// the index against the repository, and every copy on disk against its digest.
  /// - Parameters:
  ///   - repair: true to remove damaged objects and copies, and the records that need them, so that their stages run
  ///     again, and to make the index again. Versions are never removed: running their stages again repairs them.
  ///   - progress: called with what is being looked at, such as `checking objects`.
  package func inspect(repair: Bool, progress: (String) -> Void = { _ in }) throws(StoreError) -> Inspection {
    try lockedAfterFlush { (batch, lock) throws(StoreError) in
      var inspector = StoreInspector(store: self)
      try inspector.inspect(progress)
      guard repair, !inspector.result.damages.isEmpty else { return inspector.result }

      progress("repairing")
      do throws(StoreError) { try self.repair(inspector, batch, under: lock) } catch {
        abandon(batch)
        throw error
      }
      inspector.noteRepairs()
      return inspector.result
    }
  }

  private func repair(
    _ inspector: StoreInspector, _ batch: Batch, under lock: borrowing ProcessLock
  ) throws(StoreError) {
    for path in inspector.badContents { FileSystem.remove(path) }
    for path in inspector.badPacks {
      // Kept for a person who can save something from it.
      try FileSystem.rename(path, to: path + ".damaged")
      FileSystem.remove(path.dropLast(5) + ".idx")
    }
    if !inspector.badPacks.isEmpty { try repository.reopen() }

    if !inspector.badObjects.isEmpty {
      try PackConsolidation(repository: repository).removeDamaged(inspector.badObjects)
      for (id, path) in ObjectGraph(repository: repository).loose where inspector.badObjects.contains(id) {
        FileSystem.remove(path)
      }
      try repository.reopen()
    }

    // Records without their objects would be found and fail again and again.
    if inspector.needsRecords {
      try removePassingReferences(all: true)
      for (source, lines) in inspector.goodLines { try replace(lines, in: source, batch) }
    }
    if inspector.hasBadIndex { try index.replace() } else { try index.forgetRecords() }
    try importSegments(lock)
  }
}
