internal import CGit2
internal import Synchronization

/// Reading and writing references; those that write are called under the ``ProcessLock``.
extension GitRepository {
  /// The object that a reference names; `nil` when there is no reference of that name.
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
  /// - Throws: ``StoreError/Cause/notFound`` when it names none.
  func commit(at revision: String) throws(StoreError) -> ObjectID {
    let handle = handle
    return try references.withLock { (_) throws(StoreError) in
      var object: OpaquePointer?
      let code = git_revparse_single(&object, handle.repository, revision + "^{commit}")
      defer { git_object_free(object) }
      guard code == 0, let object, let id = git_object_id(object)?.pointee else {
        throw StoreError(operation: "find the revision", subject: revision, cause: .notFound)
      }
      return ObjectID(id)
    }
  }

  /// Points a reference at another object, if it still names `old`; `nil` stands for a reference that does not exist.
  /// - Throws: ``StoreError/Cause/conflict`` when it names something else.
  func update(_ reference: String, from old: ObjectID?, to new: ObjectID, message: String) throws(StoreError) {
    try change("write the reference", reference) { repository in
      var new = new.git
      var result: OpaquePointer?
      defer { git_reference_free(result) }
      guard var old = old?.git else {
        return git_reference_create(&result, repository, reference, &new, 0, message)
      }
      return git_reference_create_matching(&result, repository, reference, &new, 1, &old, message)
    }
  }

  /// Points a reference at an object, whatever it named before.
  func set(_ reference: String, to id: ObjectID, message: String) throws(StoreError) {
    try change("write the reference", reference) { repository in
      var id = id.git
      var result: OpaquePointer?
      defer { git_reference_free(result) }
      return git_reference_create(&result, repository, reference, &id, 1, message)
    }
  }

  /// Removes a reference; one that does not exist is no error.
  func remove(_ reference: String) throws(StoreError) {
    try change("remove the reference", reference) { repository in
      let code = git_reference_remove(repository, reference)
      return code == GIT_ENOTFOUND.rawValue ? 0 : code
    }
  }

  /// Makes a branch the one that a clone checks out, unless there is one already.
  func setHead(_ reference: String) throws(StoreError) {
    try change("write the reference", "HEAD") { repository in
      git_repository_head_unborn(repository) == 1 ? git_repository_set_head(repository, reference) : 0
    }
  }

  /// Changes a reference, and tries again while its lock file is there.
  ///
  /// All processes of a store write references under the ``ProcessLock``, so the file is of a process that was killed,
  /// or of a git command, which needs it for a moment: one that is older than two seconds is removed.
  private func change(
    _ operation: String, _ reference: String, by body: (OpaquePointer) -> Int32
  ) throws(StoreError) {
    let handle = handle
    let lock = path + "/" + reference + ".lock"
    try references.withLock { (_) throws(StoreError) in
      var code = body(handle.repository)
      for _ in 0..<200 where code == GIT_ELOCKED.rawValue {
        if let age = FileSystem.age(lock), age > 2 { FileSystem.remove(lock) }
        FileSystem.sleep(milliseconds: 20)
        code = body(handle.repository)
      }
      guard code == 0 else { throw GitHandle.error(operation, reference, code: code) }
    }
  }
}
