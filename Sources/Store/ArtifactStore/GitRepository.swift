internal import CGit2
internal import Synchronization

/// The store's repository: reads objects and references through libgit2.
///
/// When an object cannot be read, the repository is opened again once: another process may have replaced the pack it was in.
final class GitRepository: Sendable {
  /// The format of stores that this version reads and writes.
  static let format: Int32 = 1

  let path: String
  private let current: Mutex<GitHandle>
  /// Held while references are read or written.
  let references = Mutex<Void>(())

  /// Opens the store at `path`, made when nothing is there.
  init(path: String) throws(StoreError) {
    self.path = path
    if !FileSystem.exists(path) {
      let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
      if !parent.isEmpty { try FileSystem.makeFolder(parent) }
      // Made aside and moved into place: a store is there with its marker or not at all.
      let draft = path + "." + FileSystem.temporaryName("store")
      do throws(StoreError) {
        try GitHandle.create(at: draft, format: Self.format)
        try FileSystem.makeFolder(draft + "/objects/pack")
        try FileSystem.rename(draft, to: path)
      } catch {
        FileSystem.removeFolder(draft)
        // Another process was faster.
        guard FileSystem.exists(path) else { throw error }
      }
    }
    let handle = try GitHandle(path: path)
    guard let format = handle.format() else {
      throw StoreError(
        operation: "open the store", subject: path, cause: .foreignFormat(found: "a git repository of someone else's"))
    }
    guard format == Self.format else {
      throw StoreError(
        operation: "open the store", subject: path, cause: .foreignFormat(found: "a store of format \(format)"))
    }
    current = Mutex(handle)
  }

  var handle: GitHandle { current.withLock { $0 } }

  /// Opens everything again, so that packs that are gone are forgotten.
  func reopen() throws(StoreError) {
    let fresh = try GitHandle(path: path)
    current.withLock { $0 = fresh }
  }

  /// Lets new packs be seen.
  func refresh() { git_odb_refresh(handle.database) }

  /// Whether a pack that is known here has the object.
  func contains(_ id: ObjectID) -> Bool {
    var id = id.git
    return git_odb_exists_ext(handle.database, &id, GIT_ODB_LOOKUP_NO_REFRESH.rawValue) == 1
  }

  /// Calls `body` with the object's bytes, which are not checked against anything.
  /// - Throws: ``StoreError/Cause/damaged(object:digest:reason:)`` when the object is missing or unreadable.
  func withObject<Result>(
    _ id: ObjectID, _ expected: ObjectKind, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    var object: OpaquePointer?
    var code = Self.read(handle, id, &object)
    if code != 0 {
      try reopen()
      code = Self.read(handle, id, &object)
    }
    guard code == 0, let object else {
      let reason =
        code == GIT_ENOTFOUND.rawValue ? "missing" : "unreadable: \(GitHandle.error("", "", code: code).gitReason)"
      throw StoreError(
        operation: "read the \(expected.name)", subject: id.hexadecimal,
        cause: .damaged(object: id, digest: nil, reason: reason))
    }
    defer { git_odb_object_free(object) }
    guard git_odb_object_type(object).rawValue == Int32(expected.rawValue) else {
      throw StoreError(
        operation: "read the \(expected.name)", subject: id.hexadecimal,
        cause: .damaged(object: id, digest: nil, reason: "another kind of object"))
    }
    return try body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
  }

  private static func read(_ handle: GitHandle, _ id: ObjectID, _ object: inout OpaquePointer?) -> Int32 {
    var id = id.git
    return git_odb_read(&object, handle.database, &id)
  }

  func bytes(_ id: ObjectID, _ kind: ObjectKind) throws(StoreError) -> [UInt8] {
    try withObject(id, kind) { (bytes) throws(StoreError) in Array(bytes) }
  }

  // MARK: References

  /// What a reference names; `nil` when there is none of that name.
  func target(of reference: String) throws(StoreError) -> ObjectID? {
    let handle = handle
    return try references.withLock { (_) throws(StoreError) in
      var id = git_oid()
      let code = git_reference_name_to_id(&id, handle.repository, reference)
      if code == GIT_ENOTFOUND.rawValue { return nil }
      guard code == 0 else { throw GitHandle.error("read the reference", reference, code: code) }
      return ObjectID(id)
    }
  }

  /// Points a reference at another object, if it still names `old`. The caller holds the ``ProcessLock``.
  /// - Throws: ``StoreError/Cause/conflict`` when it does not.
  func update(_ reference: String, from old: ObjectID?, to new: ObjectID, message: String) throws(StoreError) {
    let handle = handle
    try references.withLock { (_) throws(StoreError) in
      let code = untilUnlocked(reference) {
        var new = new.git
        var result: OpaquePointer?
        defer { git_reference_free(result) }
        guard var old = old?.git else {
          return git_reference_create(&result, handle.repository, reference, &new, 0, message)
        }
        return git_reference_create_matching(&result, handle.repository, reference, &new, 1, &old, message)
      }
      guard code == 0 else { throw GitHandle.error("write the reference", reference, code: code) }
    }
  }

  /// Tries again while the reference's lock file is there.
  ///
  /// All processes of a store write references under the ``ProcessLock``, so the file is of a process that was killed, or of a git
  /// command, which needs it for a moment: one that is older than two seconds is removed.
  func untilUnlocked(_ reference: String, _ body: () -> Int32) -> Int32 {
    let lock = path + "/" + reference + ".lock"
    var code = body()
    for _ in 0..<200 where code == GIT_ELOCKED.rawValue {
      if let status = FileSystem.status(lock), Double(status.changed) / 1e9 < FileSystem.now - 2 {
        FileSystem.remove(lock)
      }
      FileSystem.sleep(milliseconds: 20)
      code = body()
    }
    return code
  }

  /// Makes a branch the one that a clone checks out, unless there is one already. The caller holds the ``ProcessLock``.
  func setHead(_ reference: String) throws(StoreError) {
    let handle = handle
    try references.withLock { (_) throws(StoreError) in
      guard git_repository_head_unborn(handle.repository) == 1 else { return }
      let code = untilUnlocked("HEAD") { git_repository_set_head(handle.repository, reference) }
      guard code == 0 else { throw GitHandle.error("write the reference", "HEAD", code: code) }
    }
  }

  /// Names of all references that begin with `prefix`.
  func references(under prefix: String) throws(StoreError) -> [String] {
    let handle = handle
    return try references.withLock { (_) throws(StoreError) in
      var iterator: OpaquePointer?
      var code = git_reference_iterator_glob_new(&iterator, handle.repository, prefix + "*")
      guard code == 0 else { throw GitHandle.error("list the references", prefix, code: code) }
      defer { git_reference_iterator_free(iterator) }
      var names: [String] = []
      var name: UnsafePointer<CChar>?
      while true {
        code = git_reference_next_name(&name, iterator)
        guard code == 0, let name else { break }
        names.append(String(cString: name))
      }
      return names
    }
  }

  /// The commit that a revision names, in git's notation.
  func commit(at revision: String) throws(StoreError) -> ObjectID {
    let handle = handle
    return try references.withLock { (_) throws(StoreError) in
      var object: OpaquePointer?
      let code = git_revparse_single(&object, handle.repository, revision + "^{commit}")
      guard code == 0, let object else {
        throw StoreError(operation: "find the revision", subject: revision, cause: .notFound)
      }
      defer { git_object_free(object) }
      guard let id = git_object_id(object)?.pointee else {
        throw StoreError(operation: "find the revision", subject: revision, cause: .notFound)
      }
      return ObjectID(id)
    }
  }
}

extension StoreError {
  /// What libgit2 said, for a cause that is one of its.
  fileprivate var gitReason: String {
    if case .git(_, let reason) = cause { reason } else { "\(cause)" }
  }
}
