package import Core
internal import Foundation
internal import Synchronization

/// An artifact under its name in a version.
package struct NamedContent: Codable, Hashable, Sendable {
  /// The artifact's name in its notebook.
  package var name: String
  /// The content, which the store has.
  package var content: StoredContent

  /// Content under a name.
  package init(name: String, content: StoredContent) {
    self.name = name
    self.content = content
  }
}

/// One version of a notebook's artifacts: a commit.
package struct Version: Hashable, Sendable {
  /// The commit's name.
  package var id: ObjectID
  /// The commit's message; its first line is a summary.
  package var message: String
  /// Seconds since 1970 UTC.
  package var time: Int64
  /// The folder of the artifacts.
  package var tree: ObjectID
  /// The versions before it: none for the first, two where versions of a remote were joined with those here.
  package var parents: [ObjectID]

  init(_ id: ObjectID, _ commit: Commit) {
    (self.id, message, time, tree, parents) = (id, commit.message, commit.time, commit.tree, commit.parents)
  }
}

/// In a version's tree each artifact is a folder under its name: the file, or its chunks if it is the only one and
/// long, or all files under their names. So `cat NAME/*` restores an artifact of one file. `artifacts.json` lists them
/// with their digests, `lock.json` is the notebook's lock.
extension ArtifactStore {
  static let listName = "artifacts.json"
  static let lockName = "lock.json"

  /// Writes a version of a notebook's artifacts, and flushes.
  /// - Parameters:
  ///   - notebook: the notebook's name; the branch is named after it.
  ///   - artifacts: names distinct; contents that were put.
  ///   - lock: the bytes of `lock.json`.
  ///   - message: first line is the summary.
  ///   - time: seconds since 1970 UTC.
  ///   - followed: versions of remotes that this one comes after, too; see ``divergences(of:)``.
  /// - Returns: the new commit; `nil` when nothing changed since the branch's tip and it follows nothing else.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/invalidName(reason:)`` for a name that cannot be a folder's
  ///   everywhere.
  package func commit(
    notebook: String, artifacts: [NamedContent], lock: [UInt8], message: String, time: Int64,
    following followed: [ObjectID] = []
  ) throws(StoreError) -> ObjectID? {
    let reference = try ArtifactNames.reference(forNotebook: notebook)
    let artifacts = artifacts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return try batch.withLock { (batch) throws(StoreError) in
      let tree = try writeTree(artifacts, lock, in: batch)

      // Another process may move the branch between the reading of its tip and the update.
      for _ in 0..<8 {
        let tip = try repository.target(of: reference)
        let others = followed.filter { other in tip.map { !repository.isAncestor(other, of: $0) } ?? true }
        if let tip, others.isEmpty, try self.commit(tip).tree == tree {
          try flush(batch)
          return nil
        }
        let parents = (tip.map { [$0] } ?? []) + others
        let commit = Commit(tree: tree, parents: parents, time: time, message: message)
        let id = try batch.append(.commit, commit.bytes)
        try flush(batch)
        let processLock = try ProcessLock(repository)
        do throws(StoreError) {
          try update(reference, from: tip, to: id, under: processLock)
          return id
        } catch { guard case .conflict = error.cause else { throw error } }
      }
      throw StoreError(operation: "write a version of", subject: notebook, cause: .conflict)
    }
  }

  private func update(
    _ reference: String, from tip: ObjectID?, to id: ObjectID, under lock: borrowing ProcessLock
  ) throws(StoreError) {
    try repository.update(reference, from: tip, to: id, message: "run")
    if tip == nil { try repository.setHead(reference) }
  }

  private func writeTree(
    _ artifacts: [NamedContent], _ lock: [UInt8], in batch: Batch
  ) throws(StoreError) -> ObjectID {
    let list: [UInt8]
    do {
      let encoder = JSONCoding.encoder([.sortedKeys, .withoutEscapingSlashes, .prettyPrinted])
      list = Array(try encoder.encode(artifacts))
    } catch {
      throw StoreError(operation: "write a version of", subject: Self.listName, cause: .index(reason: "\(error)"))
    }

    let listID = try batch.append(.blob, list)
    let lockID = try batch.append(.blob, lock)
    let builder = try folders(of: artifacts, list: listID, lock: lockID) { (file) in
      batch.contains(file.object) || repository.contains(file.object) ? nil : "\(file.name) is not in the store"
    }
    return try builder.store { (bytes) throws(StoreError) in try batch.append(.tree, bytes) }
  }

  /// The folders of a version.
  /// - Parameter fault: gives the reason why a file cannot be in it; `nil` when it can.
  func folders(
    of artifacts: [NamedContent], list: ObjectID, lock: ObjectID, fault: (StoredFile) -> String?
  ) throws(StoreError) -> TreeBuilder {
    var builder = TreeBuilder()
    for artifact in artifacts {
      if let fault = ArtifactNames.fault(artifact.name) { throw Self.invalid(artifact.name, fault) }
      for file in artifact.content.files {
        if let fault = fault(file) {
          throw StoreError(
            operation: "write a version of", subject: artifact.name,
            cause: .damaged(object: file.object, digest: file.digest, reason: fault))
        }

        // The chunks of an only file are in the artifact's own folder, so that `cat NAME/*` puts them together.
        let isFolderItself = file.chunked && artifact.content.files.count == 1
        let path = try [artifact.name] + (isFolderItself ? [] : ArtifactNames.components(ofPath: file.name))
        guard builder.insert(file.object, isTree: file.chunked, at: path[...]) else {
          throw Self.invalid(artifact.name, "two artifacts or files are named \(path.joined(separator: "/"))")
        }
      }
    }

    for (name, id) in [(Self.listName, list), (Self.lockName, lock)] {
      guard builder.insert(id, isTree: false, at: [name]) else {
        throw Self.invalid(name, "the name \(name) is taken by the version itself")
      }
    }
    return builder
  }

  private static func invalid(_ name: String, _ reason: String) -> StoreError {
    StoreError(operation: "write a version of", subject: name, cause: .invalidName(reason: reason))
  }

  // MARK: Reading

  /// Names of the notebooks that have versions, in order.
  package func notebooks() throws(StoreError) -> [String] {
    try repository.references(under: "refs/heads/").map(ArtifactNames.notebook).sorted()
  }

  /// A notebook's versions, newest first; empty when it has none. Of versions that were joined, those here are
  /// followed.
  /// - Parameters:
  ///   - notebook: its name, or `REMOTE/NAME` for what a pull found at a remote.
  ///   - limit: the greatest number of versions.
  package func log(notebook: String, limit: Int = 100) throws(StoreError) -> [Version] {
    try history(from: try tip(of: notebook), limit: limit) { $0.parents.first.map { [$0] } ?? [] }
  }

  /// A notebook's versions and all that were joined with them, newest first; empty when it has none.
  /// - Parameters:
  ///   - notebook: its name, or `REMOTE/NAME` for what a pull found at a remote.
  ///   - limit: the greatest number of versions.
  package func history(notebook: String, limit: Int = 100) throws(StoreError) -> [Version] {
    try history(from: try tip(of: notebook), limit: limit, next: \.parents)
  }

  private func tip(of notebook: String) throws(StoreError) -> ObjectID? {
    let own = try repository.target(of: try ArtifactNames.reference(forNotebook: notebook))
    if own == nil, let remote = remoteReference(notebook) { return try repository.target(of: remote) }
    return own
  }

  /// The commits that `next` leads to, the newest of those that are open first.
  private func history(
    from tip: ObjectID?, limit: Int, next: (Commit) -> [ObjectID]
  ) throws(StoreError) -> [Version] {
    var open: [Version] = []
    var seen: Set<ObjectID> = []
    if let tip {
      open = [Version(tip, try commit(tip))]
      seen = [tip]
    }

    // Where a collection has cut a branch, the versions before are not here any more, or only for something else.
    let cuts = CollectionPlanner.cuts(repository)
    var versions: [Version] = []
    while versions.count < limit, let newest = open.indices.max(by: { open[$0].time < open[$1].time }) {
      let version = open.remove(at: newest)
      versions.append(version)
      guard !cuts.contains(version.id) else { continue }
      for id in next(try commit(version.id)) where seen.insert(id).inserted {
        if repository.header(of: id) != nil { open.append(Version(id, try commit(id))) }
      }
    }
    return versions
  }

  /// The artifacts of a version, in the order of their names.
  /// - Parameter revision: a notebook's name or a commit's name (or its beginning), both with `~2` and similar.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/notFound`` when there is no such version.
  package func artifacts(at revision: String) throws(StoreError) -> [NamedContent] {
    let bytes = try file(Self.listName, at: revision)
    do { return try JSONCoding.decoder().decode([NamedContent].self, from: Data(bytes)) } catch {
      throw StoreError(
        operation: "read the version", subject: revision,
        cause: .damaged(object: nil, digest: nil, reason: "\(Self.listName): \(error)"))
    }
  }

  /// The bytes of `lock.json` of a version.
  package func lock(at revision: String) throws(StoreError) -> [UInt8] { try file(Self.lockName, at: revision) }

  /// The bytes of `lock.json` of a notebook's last version, read without the index.
  /// - Returns: `nil` when the project has no store, or the notebook no versions.
  package static func lock(ofNotebook name: String, in project: Project) throws(StoreError) -> [UInt8]? {
    guard FileSystem.exists(project.store) else { return nil }
    let repository = try GitRepository(path: project.store)
    guard let tip = try repository.target(of: try ArtifactNames.reference(forNotebook: name)),
      let commit = Commit(parsing: try repository.bytes(tip, .commit))
    else { return nil }
    let tree = try repository.withObject(commit.tree, .tree) { (bytes) throws(StoreError) in Tree(parsing: bytes) }
    return try tree?[lockName].map { (entry) throws(StoreError) in try repository.bytes(entry.id, .blob) }
  }

  /// One artifact of a version.
  /// - Throws: ``StoreError/Cause/notFound`` when the version has none of that name.
  package func read(_ name: String, at revision: String) throws(StoreError) -> NamedContent {
    guard let artifact = try artifacts(at: revision).first(where: { $0.name == name }) else {
      throw StoreError(operation: "find in \(revision) the artifact", subject: name, cause: .notFound)
    }
    return artifact
  }

  /// Writes an artifact of a version to disk: one file to `path`, several into a folder `path`. Files that are there
  /// are replaced.
  package func export(_ name: String, at revision: String, to path: String) throws(StoreError) {
    let content = try read(name, at: revision).content
    for file in content.files {
      // The list of a version may come from elsewhere: no name leads out of the folder.
      let parts = try ArtifactNames.components(ofPath: file.name)
      let target = content.files.count == 1 ? path : path + "/" + parts.joined(separator: "/")
      if let slash = target.lastIndex(of: "/"), slash != target.startIndex {
        try FileSystem.makeFolder(String(target[..<slash]))
      }
      try export(file, to: target)
    }
  }

  private func file(_ name: String, at revision: String) throws(StoreError) -> [UInt8] {
    guard let entry = try tree(try commit(try resolve(revision)).tree)[name], !entry.isTree else {
      throw StoreError(operation: "find in \(revision) the file", subject: name, cause: .notFound)
    }
    return try repository.bytes(entry.id, .blob)
  }

  // MARK: Revisions

  /// The branch that `REMOTE/NAME` names; `nil` for another text.
  private func remoteReference(_ text: String) -> String? {
    guard let slash = text.firstIndex(of: "/"), RecordSource.fault(inRemote: String(text[..<slash])) == nil,
      let reference = try? ArtifactNames.reference(forNotebook: String(text[text.index(after: slash)...]))
    else { return nil }
    return Self.remoteBranch(String(text[..<slash]), reference)
  }

  /// The commit that a revision names. A notebook's name goes before a remote's, that before a commit's.
  private func resolve(_ revision: String) throws(StoreError) -> ObjectID {
    let end = revision.firstIndex { $0 == "~" || $0 == "^" } ?? revision.endIndex
    let notebook = String(revision[..<end])
    if !notebook.isEmpty, let reference = try? ArtifactNames.reference(forNotebook: notebook),
      try repository.target(of: reference) != nil
    {
      return try repository.commit(at: reference + revision[end...])
    }
    if let reference = remoteReference(notebook), try repository.target(of: reference) != nil {
      return try repository.commit(at: reference + revision[end...])
    }
    return try repository.commit(at: revision)
  }
}
