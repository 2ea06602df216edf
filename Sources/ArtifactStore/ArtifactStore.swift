package import Provenance

/// Keeps the outputs of stages: a bare git repository is the truth, a SQLite index finds things fast.
///
/// Objects are durable before the reference that makes them reachable, and that before the row that names them.
/// Several processes may use one store at the same time.
package final class ArtifactStore: Sendable {
  /// An output of one file up to this size is also kept in the index.
  package static let inlineLimit = 4096

  /// Opens the store, made when missing.
  /// - Parameters:
  ///   - artifacts: the folder with `store.git`, for instance `Artifacts`.
  ///   - project: the folder with `.colophon`.
  ///   - report: is told when something had to be mended, such as a damaged index.
  /// - Throws: ``StoreError``.
  package init(artifacts: String, project: String, report: @escaping @Sendable (String) -> Void = { _ in }) throws(StoreError) {
    fatalError()
  }

  // MARK: Outcomes

  /// What the stage of this key made; `nil` when it did not run. Sees what this process added but did not flush.
  package func lookup(_ key: Digest) throws(StoreError) -> StoredOutcome? { fatalError() }

  /// The same for many keys at once, faster.
  package func lookup(_ keys: [Digest]) throws(StoreError) -> [Digest: StoredOutcome] { fatalError() }

  /// The whole record of a key.
  package func record(for key: Digest) throws(StoreError) -> StageRecord? { fatalError() }

  /// Records of a stage, newest first.
  package func records(ofStage name: String, limit: Int = 100) throws(StoreError) -> [StageRecord] { fatalError() }

  /// Names of all stages that have records.
  package func stageNames() throws(StoreError) -> [String] { fatalError() }

  /// Stores content: objects go into the batch's pack, equal ones only once.
  ///
  /// - Parameters:
  ///   - content: files on disk are read once, checked against their digests.
  ///   - format: the artifact format's name and version.
  ///   - scratch: a folder whose files the store may take (by hard link, then read-only) instead of copying them later.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/changedWhileStored(declared:found:)`` for bytes that are not what was declared.
  package func put(_ content: ArtifactContent, format: String, scratch: String? = nil) throws(StoreError) -> StoredContent {
    fatalError()
  }

  /// Adds a finished stage's record to the batch; its output must have been `put`.
  ///
  /// The batch is flushed by itself when losing it would cost more than a fraction of a second of work; else with ``flush()``.
  package func add(_ record: StageRecord) throws(StoreError) { fatalError() }

  /// Makes everything durable that was put and added: one pack, the records' reference, the index's rows, in that order.
  package func flush() throws(StoreError) { fatalError() }

  // MARK: Content

  /// The content of an outcome, read from the store when it is used.
  package func content(of outcome: StoredOutcome) -> ArtifactContent { fatalError() }

  /// Stored content, read from the store when it is used.
  package func content(of stored: StoredContent) -> ArtifactContent { fatalError() }

  /// SHA-256 and size of a file, from memory when the file did not change since it was last hashed.
  package func digest(ofFile path: String) throws -> FileDigest { fatalError() }

  /// The same for many files in their order.
  package func digests(ofFiles paths: [String]) throws -> [FileDigest] { fatalError() }

  // MARK: Versions

  /// Writes a version of a notebook's artifacts.
  /// - Parameters:
  ///   - notebook: the notebook's name; the branch is named after it.
  ///   - artifacts: names distinct.
  ///   - lock: the bytes of `lock.json`.
  ///   - message: first line is the summary.
  ///   - time: seconds since 1970 UTC.
  /// - Returns: the new commit; `nil` when nothing changed since the branch's tip.
  package func commit(
    notebook: String, artifacts: [NamedContent], lock: [UInt8], message: String, time: Int64
  ) throws(StoreError) -> ObjectID? { fatalError() }

  /// Names of the notebooks that have versions.
  package func notebooks() throws(StoreError) -> [String] { fatalError() }

  /// A notebook's versions, newest first.
  package func log(notebook: String, limit: Int = 100) throws(StoreError) -> [Version] { fatalError() }

  /// The artifacts of a version, by name.
  /// - Parameter revision: a notebook's name or a commit's name (or its beginning), with `~2` and the like.
  package func artifacts(at revision: String) throws(StoreError) -> [NamedContent] { fatalError() }

  /// The bytes of `lock.json` of a version.
  package func lock(at revision: String) throws(StoreError) -> [UInt8] { fatalError() }

  /// One artifact of a version.
  package func read(_ name: String, at revision: String) throws(StoreError) -> NamedContent { fatalError() }

  /// Writes an artifact of a version to disk: one file to `path`, several into a folder `path`.
  package func export(_ name: String, at revision: String, to path: String) throws(StoreError) { fatalError() }
}

extension ArtifactStore: ContentSource {
  /// - Throws: ``StoreError``.
  package func path(of file: ContentFile) throws -> String { fatalError() }

  /// - Throws: ``StoreError``.
  package func bytes(of file: ContentFile) throws -> [UInt8] { fatalError() }
}

/// A file's SHA-256 and size.
package struct FileDigest: Hashable, Sendable {
  package var digest: Digest
  package var byteCount: Int64

  package init(digest: Digest, byteCount: Int64) {
    self.digest = digest
    self.byteCount = byteCount
  }
}

/// An artifact under its name in a version.
package struct NamedContent: Codable, Hashable, Sendable {
  package var name: String
  package var content: StoredContent

  package init(name: String, content: StoredContent) {
    self.name = name
    self.content = content
  }
}

/// One version of a notebook's artifacts: a commit.
package struct Version: Hashable, Sendable {
  package var id: ObjectID
  package var message: String
  /// Seconds since 1970 UTC.
  package var time: Int64
  package var tree: ObjectID
}
