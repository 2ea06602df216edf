internal import CGit2
internal import Synchronization

/// What is asked of objects and references that came from elsewhere.
extension GitRepository {
  /// An object's kind and size, without reading it; `nil` when there is none or it cannot be read. The kind is `nil` for a tag.
  func header(of id: ObjectID) -> (kind: ObjectKind?, byteCount: Int)? {
    var git = id.git
    var count = 0
    var kind = GIT_OBJECT_INVALID
    guard git_odb_read_header(&count, &kind, handle.database, &git) == 0 else { return nil }
    return (ObjectKind(rawValue: UInt8(clamping: kind.rawValue)), count)
  }

  /// Points a reference at an object, whatever it named before. The caller holds the ``ProcessLock``.
  func set(_ reference: String, to id: ObjectID, message: String) throws(StoreError) {
    let handle = handle
    try references.withLock { (_) throws(StoreError) in
      let code = untilUnlocked(reference) {
        var id = id.git
        var result: OpaquePointer?
        defer { git_reference_free(result) }
        return git_reference_create(&result, handle.repository, reference, &id, 1, message)
      }
      guard code == 0 else { throw GitHandle.error("write the reference", reference, code: code) }
    }
  }

  /// Removes a reference; one that is not there is no error. The caller holds the ``ProcessLock``.
  func remove(_ reference: String) throws(StoreError) {
    let handle = handle
    try references.withLock { (_) throws(StoreError) in
      let code = untilUnlocked(reference) { git_reference_remove(handle.repository, reference) }
      guard code == 0 || code == GIT_ENOTFOUND.rawValue else {
        throw GitHandle.error("remove the reference", reference, code: code)
      }
    }
  }

  /// Whether `ancestor` is `commit` or comes before it, as far as the history is here.
  func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) -> Bool {
    var seen: Set<ObjectID> = []
    var open = [commit]
    while let id = open.popLast() {
      if id == ancestor { return true }
      guard seen.insert(id).inserted, let bytes = try? bytes(id, .commit), let commit = Commit(parsing: bytes) else {
        continue
      }
      open += commit.parents
    }
    return false
  }
}
