#if canImport(Glibc)
  internal import Glibc
#endif

/// Held by the one process, and in it the one thread, that changes a store: packs, references, rows. It ends with its holder,
/// also by a kill.
struct ProcessLock: ~Copyable {
  private let file: Descriptor

  init(_ repository: GitRepository) throws(StoreError) {
    let file = try Descriptor(repository.path + "/colophon.lock", O_RDWR | O_CREAT)
    guard file.lock() else { throw FileSystem.error("lock", repository.path) }
    self.file = file
  }
}
