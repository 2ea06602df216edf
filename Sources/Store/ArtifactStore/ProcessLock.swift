internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// Held by the one process, and in it the one thread, that changes a store: packs, references, rows. It ends with its
/// holder, also by a kill.
struct ProcessLock: ~Copyable {
  private let file: Descriptor

  init(_ repository: GitRepository) throws(StoreError) {
    let file = try Descriptor(repository.path + "/colophon.lock", O_RDWR | O_CREAT)
    guard file.lock() else { throw FileSystem.error("lock", repository.path) }
    self.file = file
  }
}

/// The two locks under which a store is changed: the batch's against other threads, the ``ProcessLock`` against other
/// processes. They are taken in this order.
extension ArtifactStore {
  /// Runs `body` while no other thread or process changes the store.
  func locked<Result: Sendable>(
    _ body: (Batch, borrowing ProcessLock) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try batch.withLock { (batch) throws(StoreError) in
      let lock = try ProcessLock(repository)
      return try body(batch, lock)
    }
  }

  /// Runs `body` as ``locked(_:)`` does, after a flush, with everything visible that other processes have written.
  func lockedAfterFlush<Result: Sendable>(
    _ body: (Batch, borrowing ProcessLock) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      repository.refresh()
      let lock = try ProcessLock(repository)
      return try body(batch, lock)
    }
  }

  /// Runs `body` as ``lockedAfterFlush(_:)`` does, for changes that go through the batch: when it fails, the batch is
  /// abandoned, so that nothing builds on objects that are not durable.
  func changing<Result: Sendable>(
    _ body: (Batch, borrowing ProcessLock) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    try lockedAfterFlush { (batch, lock) throws(StoreError) in
      do throws(StoreError) { return try body(batch, lock) } catch {
        abandon(batch)
        throw error
      }
    }
  }
}
