internal import Core
internal import Foundation
internal import Synchronization

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

/// In a version's tree each artifact is a folder under its name: the file, or its chunks if it is the only one and long, or all files
/// under their names. So `cat NAME/*` restores an artifact of one file. `artifacts.json` lists them with their digests, `lock.json` is
/// the notebook's lock.
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
  /// - Returns: the new commit; `nil` when nothing changed since the branch's tip.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/invalidName(reason:)`` for a name that cannot be a folder's everywhere.
  package func commit(
    notebook: String, artifacts: [NamedContent], lock: [UInt8], message: String, time: Int64
  ) throws(StoreError) -> ObjectID? {
    let reference = try ArtifactNames.reference(forNotebook: notebook)
    let artifacts = artifacts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return try batch.withLock { (batch) throws(StoreError) in
      let tree = try writeTree(artifacts, lock, batch)
      for _ in 0..<8 {
        let tip = try repository.target(of: reference)
        if let tip, try self.commit(tip).tree == tree {
          try flush(batch)
          return nil
        }
        let commit = Commit(tree: tree, parents: tip.map { [$0] } ?? [], time: time, message: message)
        let id = try batch.append(.commit, commit.bytes)
        try flush(batch)
        let processLock = try ProcessLock(repository)
        do throws(StoreError) {
          try update(reference, from: tip, to: id, processLock)
          return id
        } catch { guard case .conflict = error.cause else { throw error } }
      }
      throw StoreError(operation: "write a version of", subject: notebook, cause: .conflict)
    }
  }

  private func update(
    _ reference: String, from tip: ObjectID?, to id: ObjectID, _ lock: borrowing ProcessLock
  ) throws(StoreError) {
    try repository.update(reference, from: tip, to: id, message: "run")
    if tip == nil { try repository.setHead(reference) }
  }

  private func writeTree(_ artifacts: [NamedContent], _ lock: [UInt8], _ batch: Batch) throws(StoreError) -> ObjectID {
    let list: [UInt8]
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
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
  /// - Parameter fault: why a file cannot be in it; `nil` when it can.
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

  /// Names of the notebooks that have versions, in order.
  package func notebooks() throws(StoreError) -> [String] {
    try repository.references(under: "refs/heads/").map(ArtifactNames.notebook).sorted()
  }

  /// A notebook's versions, newest first; empty when it has none.
  /// - Parameter notebook: its name, or `REMOTE/NAME` for what a pull found at a remote.
  package func log(notebook: String, limit: Int = 100) throws(StoreError) -> [Version] {
    var next = try repository.target(of: try ArtifactNames.reference(forNotebook: notebook))
    if next == nil, let remote = remoteReference(notebook) { next = try repository.target(of: remote) }
    var versions: [Version] = []
    while let id = next, versions.count < limit {
      // Where an upkeep has cut a branch, the versions before are not here any more.
      if !versions.isEmpty, repository.header(of: id) == nil { break }
      let commit = try self.commit(id)
      versions.append(Version(id: id, message: commit.message, time: commit.time, tree: commit.tree))
      next = commit.parents.first
    }
    return versions
  }

  /// The artifacts of a version, by name.
  /// - Parameter revision: a notebook's name or a commit's name (or its beginning), both with `~2` and the like.
  package func artifacts(at revision: String) throws(StoreError) -> [NamedContent] {
    let bytes = try file(Self.listName, at: revision)
    do { return try JSONDecoder().decode([NamedContent].self, from: Data(bytes)) } catch {
      throw StoreError(
        operation: "read the version", subject: revision,
        cause: .damaged(object: nil, digest: nil, reason: "\(Self.listName): \(error)"))
    }
  }

  /// The bytes of `lock.json` of a version.
  package func lock(at revision: String) throws(StoreError) -> [UInt8] { try file(Self.lockName, at: revision) }

  /// One artifact of a version.
  /// - Throws: ``StoreError/Cause/notFound`` when the version has none of that name.
  package func read(_ name: String, at revision: String) throws(StoreError) -> NamedContent {
    guard let artifact = try artifacts(at: revision).first(where: { $0.name == name }) else {
      throw StoreError(operation: "find in \(revision) the artifact", subject: name, cause: .notFound)
    }
    return artifact
  }

  /// Writes an artifact of a version to disk: one file to `path`, several into a folder `path`. Files that are there are replaced.
  package func export(_ name: String, at revision: String, to path: String) throws(StoreError) {
    let content = try read(name, at: revision).content
    for file in content.files {
      let parts = try ArtifactNames.components(ofPath: file.name)
      let target = content.files.count == 1 ? path : path + "/" + parts.joined(separator: "/")
      if let slash = target.lastIndex(of: "/"), slash != target.startIndex {
        try FileSystem.makeFolder(String(target[..<slash]))
      }
      try bringOut(file, to: target)
    }
  }

  private func file(_ name: String, at revision: String) throws(StoreError) -> [UInt8] {
    guard let entry = try tree(try commit(try resolve(revision)).tree)[name], !entry.isTree else {
      throw StoreError(operation: "find in \(revision) the file", subject: name, cause: .notFound)
    }
    return try repository.bytes(entry.id, .blob)
  }

  /// The branch that `REMOTE/NAME` names; `nil` for a text that names none.
  private func remoteReference(_ text: String) -> String? {
    guard let slash = text.firstIndex(of: "/"), RecordSource.fault(inRemote: String(text[..<slash])) == nil,
      let reference = try? ArtifactNames.reference(forNotebook: String(text[text.index(after: slash)...]))
    else { return nil }
    return Self.remoteBranch(String(text[..<slash]), reference)
  }

  /// A notebook's name goes before a remote's, that before a commit's.
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
