internal import Core
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// The folder of copies of stored files that are read by path: `content/ab/cdef…`, read-only, named by their SHA-256.
///
/// Every file in it gets one fixed time of modification. A program that writes to it later changes that, and the file
/// is checked again; so is every file after a start of the machine, because files here are not made durable.
final class ContentFolder: Sendable {
  /// A file in the folder.
  struct Copy {
    var path: String
    var byteCount: Int64
    /// The digest that its name states; `nil` for a name that is not a digest.
    var digest: Digest?
  }

  /// 9 September 2001, 01:46:40 UTC: 10⁹ seconds.
  private static let time = 1_000_000_000
  private static let nanoseconds: Int64 = 1_000_000_000

  let root: String
  private let index: StoreIndex
  /// The identifier of the machine's present start; empty where the system gives none.
  private let boot: String
  /// States of the files that this process has checked.
  private let checked = Mutex<[Digest: FileSystem.Status]>([:])

  init(root: String, index: StoreIndex) throws(StoreError) {
    self.root = root
    self.index = index
    try FileSystem.makeFolder(root)
    let identifier = (try? FileBytes.read("/proc/sys/kernel/random/boot_id")).map {
      String(decoding: $0, as: UTF8.self)
    }
    boot = identifier ?? ""
    FileSystem.removeAbandoned(in: root)
  }

  private func folder(_ digest: Digest) -> String { root + "/" + digest.hexadecimal.prefix(2) }
  private func path(_ digest: Digest) -> String { folder(digest) + "/" + digest.hexadecimal.dropFirst(2) }

  /// The path of the file with these bytes; `nil` when it is not here or no longer what it was.
  func find(_ digest: Digest, byteCount: Int64) throws(StoreError) -> String? {
    let path = path(digest)
    guard let status = FileSystem.status(path) else { return nil }
    guard status.size == byteCount, !status.isFolder else {
      FileSystem.remove(path)
      return nil
    }

    // From cheap to dear: this process's memory, the index's, the bytes.
    if let known = checked.withLock({ $0[digest] }), Self.same(known, status) { return path }
    let hasFixedTime = status.modified == Int64(Self.time) * Self.nanoseconds
    if hasFixedTime, (try? index.isIntactCopy(digest, status, boot: boot)) == true {
      checked.withLock { $0[digest] = status }
      return path
    }
    guard let found = try? FileBytes.digest(path), found.digest == digest else {
      FileSystem.remove(path)
      return nil
    }
    protect(path)
    remember(digest)
    return path
  }

  /// Takes a file from a scratch folder by a hard link, where the file systems allow it.
  /// - Parameter status: the file's state before and after it was hashed.
  func adopt(_ source: String, _ digest: Digest, status: FileSystem.Status) {
    let target = path(digest)
    guard !FileSystem.exists(target), (try? FileSystem.makeFolder(folder(digest))) != nil, link(source, target) == 0
    else { return }
    guard let now = FileSystem.status(target), Self.same(now, status) else {
      FileSystem.remove(target)
      return
    }
    protect(target)
    remember(digest)
  }

  /// Writes a file, piece by piece; it appears under its name when its digest is right.
  /// - Parameter pieces: calls its argument with the file's bytes in their order.
  /// - Returns: the path; `nil` when the bytes are not those of the digest.
  func write(
    _ digest: Digest, _ pieces: ((UnsafeRawBufferPointer) throws(StoreError) -> Void) throws(StoreError) -> Void
  ) throws(StoreError) -> String? {
    let draft = root + "/" + FileSystem.temporaryName("content")
    do throws(StoreError) {
      let file = try Descriptor(draft, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
      // A process that cleans up leaves a locked file alone.
      file.lock(wait: false)
      var hash = DigestBuilder()
      var offset = 0
      try pieces { (bytes) throws(StoreError) in
        try file.write(bytes, at: offset)
        hash.update(bytes)
        offset += bytes.count
      }
      guard hash.digest == digest else {
        FileSystem.remove(draft)
        return nil
      }

      protect(draft)
      try FileSystem.makeFolder(folder(digest))
      try FileSystem.rename(draft, to: path(digest))
    } catch {
      FileSystem.remove(draft)
      throw error
    }
    remember(digest)
    return path(digest)
  }

  /// All files here, those with a name that is not a digest included, in the order of their paths.
  func all() -> [Copy] {
    FileSystem.names(in: root).filter { $0.utf8.count == 2 }.sorted().flatMap { prefix in
      FileSystem.names(in: root + "/" + prefix).sorted().map { rest in
        let path = "\(root)/\(prefix)/\(rest)"
        let size = FileSystem.status(path)?.size ?? 0
        return Copy(path: path, byteCount: size, digest: Digest(hexadecimal: prefix + rest))
      }
    }
  }

  private func protect(_ path: String) {
    chmod(path, 0o444)
    let time = [timespec(tv_sec: Self.time, tv_nsec: 0), timespec(tv_sec: Self.time, tv_nsec: 0)]
    utimensat(AT_FDCWD, path, time, 0)
  }

  private func remember(_ digest: Digest) {
    guard let status = FileSystem.status(path(digest)) else { return }
    checked.withLock { $0[digest] = status }
    // A row that cannot be written costs one more check in the next process.
    try? index.rememberCopy(digest, status, boot: boot)
  }

  /// True when nothing says that the content changed. The time of change does not count: a link that is removed changes
  /// it, too.
  private static func same(_ left: FileSystem.Status, _ right: FileSystem.Status) -> Bool {
    left.size == right.size && left.modified == right.modified && left.inode == right.inode
      && left.device == right.device
  }
}
