internal import CGit2
internal import Synchronization

/// The store's repository: reads objects and references through libgit2.
///
/// When an object cannot be read, the repository is opened again once: another process may have replaced its pack.
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
    if !FileSystem.exists(path) { try Self.create(at: path) }

    let handle = try GitHandle(path: path)
    guard let format = handle.format() else {
      throw StoreError(
        operation: "open the store", subject: path,
        cause: .foreignFormat(found: "a git repository of someone else's"))
    }
    guard format == Self.format else {
      throw StoreError(
        operation: "open the store", subject: path, cause: .foreignFormat(found: "a store of format \(format)"))
    }
    current = Mutex(handle)
  }

  /// Makes an empty store under another name and moves it into place: it is there with its marker or not at all.
  private static func create(at path: String) throws(StoreError) {
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    if !parent.isEmpty { try FileSystem.makeFolder(parent) }
    let draft = path + "." + FileSystem.temporaryName("store")
    do throws(StoreError) {
      try GitHandle.create(at: draft, format: format)
      try FileSystem.makeFolder(draft + "/objects/pack")
      try FileSystem.rename(draft, to: path)
    } catch {
      FileSystem.removeFolder(draft)
      // Another process was faster.
      guard FileSystem.exists(path) else { throw error }
    }
  }

  var handle: GitHandle { current.withLock { $0 } }

  /// Opens everything again, so that packs that are gone are forgotten.
  func reopen() throws(StoreError) {
    let fresh = try GitHandle(path: path)
    current.withLock { $0 = fresh }
  }

  /// Makes new packs visible.
  func refresh() { git_odb_refresh(handle.database) }

  // MARK: Objects

  /// True when a pack that is visible here has the object.
  func contains(_ id: ObjectID) -> Bool {
    var id = id.git
    return git_odb_exists_ext(handle.database, &id, GIT_ODB_LOOKUP_NO_REFRESH.rawValue) == 1
  }

  /// An object's kind and size, found without unpacking it; `nil` when it does not exist or cannot be read. The kind is
  /// `nil` for a tag.
  func header(of id: ObjectID) -> (kind: ObjectKind?, byteCount: Int)? {
    var git = id.git
    var count = 0
    var kind = GIT_OBJECT_INVALID
    guard git_odb_read_header(&count, &kind, handle.database, &git) == 0 else { return nil }
    return (ObjectKind(rawValue: UInt8(clamping: kind.rawValue)), count)
  }

  /// Calls `body` with the object's bytes, which are not checked against anything.
  /// - Throws: ``StoreError/Cause/damaged(object:digest:reason:)`` when the object is missing or unreadable.
  func withObject<Result>(
    _ id: ObjectID, _ expected: ObjectKind, perform body: (UnsafeRawBufferPointer) throws(StoreError) -> Result
  ) throws(StoreError) -> Result {
    func damage(_ reason: String) -> StoreError {
      StoreError(
        operation: "read the \(expected.name)", subject: id.hexadecimal,
        cause: .damaged(object: id, digest: nil, reason: reason))
    }

    var object: OpaquePointer?
    var code = Self.read(id, &object, from: handle)
    if code != 0 {
      // Another process may have replaced the pack that the object was in.
      try reopen()
      code = Self.read(id, &object, from: handle)
    }
    guard code == 0, let object else {
      let isMissing = code == GIT_ENOTFOUND.rawValue
      throw damage(isMissing ? "missing" : "unreadable: \(GitHandle.error("", "", code: code).gitReason)")
    }
    defer { git_odb_object_free(object) }

    guard git_odb_object_type(object).rawValue == Int32(expected.rawValue) else {
      throw damage("another kind of object")
    }
    return try body(UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object)))
  }

  private static func read(_ id: ObjectID, _ object: inout OpaquePointer?, from handle: GitHandle) -> Int32 {
    var id = id.git
    return git_odb_read(&object, handle.database, &id)
  }

  /// An object's bytes, which are not checked against anything.
  /// - Throws: ``StoreError/Cause/damaged(object:digest:reason:)`` when the object is missing or unreadable.
  func bytes(_ id: ObjectID, _ kind: ObjectKind) throws(StoreError) -> [UInt8] {
    try withObject(id, kind) { (bytes) throws(StoreError) in Array(bytes) }
  }

  /// An object of any kind that a store writes; `nil` when it cannot be read or is a tag.
  func object(_ id: ObjectID) -> (kind: ObjectKind, bytes: [UInt8])? {
    for kind in [ObjectKind.blob, .tree, .commit] {
      if let bytes = try? bytes(id, kind) { return (kind, bytes) }
    }
    return nil
  }

  /// True when `ancestor` is `commit` or comes before it, as far as the history is here.
  ///
  /// `git_graph_descendant_of` of libgit2 1.5 does not know where a collection has cut a branch, and fails there.
  func isAncestor(_ ancestor: ObjectID, of commit: ObjectID) -> Bool {
    ancestors(of: commit, until: ancestor).contains(ancestor)
  }

  /// A commit and all before it, as far as the history is here.
  /// - Parameter last: a commit at which the search ends.
  func ancestors(of commit: ObjectID, until last: ObjectID? = nil) -> Set<ObjectID> {
    var found: Set<ObjectID> = []
    var open = [commit]
    while let id = open.popLast() {
      guard !found.contains(id), let bytes = try? bytes(id, .commit), let commit = Commit(parsing: bytes) else {
        // The oldest of a history that was cut names one that is not here.
        if id == last { found.insert(id) }
        continue
      }
      found.insert(id)
      if id == last { break }
      open += commit.parents
    }
    return found
  }
}

extension StoreError {
  /// libgit2's message, for a cause that is one of its.
  fileprivate var gitReason: String {
    if case .git(_, let reason) = cause { reason } else { "\(cause)" }
  }
}
