internal import CGit2

/// An open repository and its object database, closed when the last user drops it.
///
/// libgit2 guards the object database with locks of its own; references are used under the lock of ``GitRepository``.
// Lock: libgit2's for `database`, GitRepository.references for `repository`.
final class GitHandle: @unchecked Sendable {
  let repository: OpaquePointer
  let database: OpaquePointer

  /// The setting that marks a repository as a store, with the format's number as its value.
  private static let formatSetting = "colophon.format"

  /// The result of starting libgit2 once with the settings that a store needs.
  private static let start: Int32 = {
    let code = git_libgit2_init()
    _ = colophon_git_disable_hash_verification()
    _ = colophon_git_enable_fsync()
    _ = colophon_git_disable_owner_validation()
    // 8 MiB hold any entry that the store writes; 128 MiB for all packs bound the memory of long reads.
    _ = colophon_git_set_windows(8 << 20, 128 << 20)
    for level in [GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_GLOBAL, GIT_CONFIG_LEVEL_XDG] {
      _ = colophon_git_ignore_configuration(level.rawValue)
    }
    for kind in [GIT_OBJECT_BLOB, GIT_OBJECT_TREE, GIT_OBJECT_COMMIT] { _ = colophon_git_set_cache_limit(kind, 0) }
    return code
  }()

  /// Opens the repository at `path`.
  init(path: String) throws(StoreError) {
    guard Self.start >= 0 else { throw Self.error("start libgit2 for", path, code: Self.start) }
    var repository: OpaquePointer?
    var code = git_repository_open_bare(&repository, path)
    guard code == 0, let repository else { throw Self.error("open the store", path, code: code) }
    var database: OpaquePointer?
    code = git_repository_odb(&database, repository)
    guard code == 0, let database else {
      let error = Self.error("open the objects of", path, code: code)
      git_repository_free(repository)
      throw error
    }
    self.repository = repository
    self.database = database
  }

  deinit {
    git_odb_free(database)
    git_repository_free(repository)
  }

  /// Makes an empty store at a path where nothing is.
  static func create(at path: String, format: Int32) throws(StoreError) {
    guard start >= 0 else { throw error("start libgit2 for", path, code: start) }
    var options = git_repository_init_options()
    git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
    options.flags =
      GIT_REPOSITORY_INIT_BARE.rawValue | GIT_REPOSITORY_INIT_NO_REINIT.rawValue
      | GIT_REPOSITORY_INIT_MKPATH.rawValue

    var repository: OpaquePointer?
    var code = "main".withCString { head in
      options.initial_head = head
      return git_repository_init_ext(&repository, path, &options)
    }
    guard code == 0, let repository else { throw error("make the store", path, code: code) }
    defer { git_repository_free(repository) }

    var configuration: OpaquePointer?
    code = git_repository_config(&configuration, repository)
    guard code == 0, let configuration else { throw error("configure the store", path, code: code) }
    defer { git_config_free(configuration) }

    // The store packs by itself; git's own maintenance stays a person's choice.
    for (name, value) in [(formatSetting, format), ("gc.auto", 0)] where code == 0 {
      code = git_config_set_int32(configuration, name, value)
    }
    guard code == 0 else { throw error("configure the store", path, code: code) }
  }

  /// The store's format; `nil` when the repository is not a store.
  func format() -> Int32? {
    var configuration: OpaquePointer?
    guard git_repository_config_snapshot(&configuration, repository) == 0 else { return nil }
    defer { git_config_free(configuration) }
    var value: Int32 = 0
    return git_config_get_int32(&value, configuration, Self.formatSetting) == 0 ? value : nil
  }

  /// libgit2's last error on this thread, as an error of the store.
  static func error(_ operation: String, _ subject: String, code: Int32) -> StoreError {
    let reason = git_error_last().flatMap { $0.pointee.message.map { String(cString: $0) } } ?? "no reason given"
    let cause: StoreError.Cause =
      switch code {
      case GIT_ENOTFOUND.rawValue: .notFound
      case GIT_EMODIFIED.rawValue, GIT_EEXISTS.rawValue, GIT_ELOCKED.rawValue: .conflict
      default: .git(code: code, reason: reason)
      }
    return StoreError(operation: operation, subject: subject, cause: cause)
  }
}

extension ObjectID {
  init(_ id: git_oid) { self = withUnsafeBytes(of: id) { ObjectID(raw: $0) } }

  /// The name as libgit2 takes it.
  var git: git_oid {
    var id = git_oid()
    withUnsafeMutableBytes(of: &id) { target in withBytes { target.copyMemory(from: $0) } }
    return id
  }
}
