package import Core

/// A file's SHA-256 and size.
package struct FileDigest: Hashable, Sendable {
  /// SHA-256 of the file's bytes.
  package var digest: Digest
  /// The file's size.
  package var byteCount: Int64

  /// A digest and size that belong together.
  package init(digest: Digest, byteCount: Int64) {
    self.digest = digest
    self.byteCount = byteCount
  }
}

extension ArtifactStore {
  /// SHA-256 and size of a file, from memory when the file did not change since it was last hashed.
  /// - Throws: ``StoreError``, also when the file changes while it is read.
  package func digest(ofFile path: String) throws(StoreError) -> FileDigest {
    try digests(ofFiles: [path])[0]
  }

  /// SHA-256 and size of each file, in the order of the paths, from memory as ``digest(ofFile:)``.
  /// - Throws: ``StoreError``, also when a file changes while it is read.
  package func digests(ofFiles paths: [String]) throws(StoreError) -> [FileDigest] {
    var files: [(path: String, status: FileSystem.Status)] = []
    files.reserveCapacity(paths.count)
    for path in paths {
      guard let status = FileSystem.status(path) else { throw FileSystem.error("read", path) }
      files.append((path, status))
    }
    let remembered = try recovering { () throws(StoreError) in try index.rememberedDigests(files) }

    var digests: [FileDigest] = []
    var fresh: [(path: String, status: FileSystem.Status, digest: Digest)] = []
    for (path, status) in files {
      if let digest = remembered[path] {
        digests.append(FileDigest(digest: digest, byteCount: status.size))
        continue
      }
      let (digest, hashed, isSettled) = try Self.hash(path)
      digests.append(FileDigest(digest: digest, byteCount: hashed.size))
      // A file that was written a moment ago could change again without a trace in its times.
      if isSettled { fresh.append((path, hashed, digest)) }
    }
    if !fresh.isEmpty { try recovering { () throws(StoreError) in try index.remember(fresh) } }
    return digests
  }

  /// Hashes a file that does not change meanwhile.
  /// - Returns: the digest, the file's state, and true when it was not written for long enough that its times can be
  ///   trusted.
  private static func hash(_ path: String) throws(StoreError) -> (Digest, FileSystem.Status, isSettled: Bool) {
    for _ in 0..<3 {
      guard let before = FileSystem.status(path) else { throw FileSystem.error("read", path) }
      let began = Int64(FileSystem.now * 1e9)
      let found: (digest: Digest, byteCount: Int64)
      do { found = try FileBytes.digest(path) } catch {
        throw StoreError(operation: "read", subject: path, cause: .system(code: 0, reason: "\(error)"))
      }
      if FileSystem.status(path) == before, found.byteCount == before.size {
        return (found.digest, before, max(before.modified, before.changed) < began - StoreIndex.racyInterval)
      }
    }
    throw StoreError(
      operation: "hash", subject: path, cause: .system(code: 0, reason: "it keeps changing while it is read"))
  }
}
