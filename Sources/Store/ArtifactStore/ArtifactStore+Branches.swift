internal import Core
internal import Foundation
internal import Synchronization

/// Versions that came from a remote.
extension ArtifactStore {
  /// The branch in which a pull keeps what it found at a remote.
  /// - Parameter reference: the branch's name there, with `refs/heads/`.
  static func remoteBranch(_ remote: String, _ reference: String) -> String {
    "refs/remotes/\(remote)/" + reference.dropFirst("refs/heads/".count)
  }

  /// Checks the branches that a fetch has put below a prefix, keeps those that pass as the remote's, and lets the branches here that
  /// have no versions of their own go on to them.
  ///
  /// A version passes when its tree is exactly the one that its `artifacts.json` describes, so that no link, submodule or other entry
  /// can be in it, and all bytes hash to the digests given there.
  /// - Parameter prefix: such as `refs/colophon/incoming/lab/heads/`.
  package func admitBranches(
    below prefix: String, remote: String
  ) throws(StoreError) -> (branches: [BranchAdmission], refused: [Refusal]) {
    try flush()
    repository.refresh()
    var check = ContentCheck(repository: repository)
    var known = try knownVersions()
    var branches: [BranchAdmission] = []
    var refused: [Refusal] = []
    for incoming in try repository.references(under: prefix).sorted() {
      let reference = "refs/heads/" + incoming.dropFirst(prefix.count)
      let notebook = ArtifactNames.notebook(forReference: reference)
      guard let tip = try repository.target(of: incoming) else { continue }
      guard (try? ArtifactNames.reference(forNotebook: notebook)) == reference else {
        refused.append(
          Refusal(kind: "branch", name: String(reference.dropFirst(11)), reason: "no notebook's branch is named so"))
        continue
      }
      if let fault = try fault(ofVersionsFrom: tip, known: &known, &check) {
        refused.append(Refusal(kind: "branch", name: notebook, reason: fault))
        continue
      }
      branches.append(try advance(reference, notebook, to: tip, remote))
    }
    return (branches, refused)
  }

  /// All versions that branches here have, own and remotes'.
  private func knownVersions() throws(StoreError) -> Set<ObjectID> {
    var known: Set<ObjectID> = []
    for reference in try repository.references(under: "refs/heads/") + repository.references(under: "refs/remotes/") {
      guard let tip = try repository.target(of: reference) else { continue }
      var open = [tip]
      while let id = open.popLast() {
        guard known.insert(id).inserted, repository.header(of: id)?.kind == .commit else { continue }
        if let commit = try? self.commit(id) { open += commit.parents }
      }
    }
    return known
  }

  /// What is wrong with a version or one before it, up to those known; `nil` when nothing is.
  private func fault(
    ofVersionsFrom tip: ObjectID, known: inout Set<ObjectID>, _ check: inout ContentCheck
  ) throws(StoreError) -> String? {
    var found: Set<ObjectID> = []
    var open = [tip]
    while let id = open.popLast() {
      guard !known.contains(id), found.insert(id).inserted else { continue }
      guard let header = repository.header(of: id), header.kind == .commit, header.byteCount <= 1 << 20,
        let bytes = try? repository.bytes(id, .commit), let commit = Commit(parsing: bytes)
      else { return "the version \(id) is missing or no version" }
      if let fault = try fault(ofVersion: commit, &check) { return "the version \(id): \(fault)" }
      open += commit.parents
    }
    known.formUnion(found)
    return nil
  }

  /// What is wrong with a version; `nil` when nothing is.
  /// - Parameter readsAll: whether also contents are read that this store has under the same objects.
  func fault(ofVersion commit: Commit, _ check: inout ContentCheck, readsAll: Bool = false) throws(StoreError)
    -> String?
  {
    guard let root = foreignTree(commit.tree) else { return "it has no readable folder" }
    if let fault = root.entries.lazy.compactMap(\.fault).first { return fault }
    func file(_ name: String) -> ObjectID? {
      guard let entry = root.entries.first(where: { $0.name == Array(name.utf8) && $0.mode == "100644" }),
        let header = repository.header(of: entry.id), header.kind == .blob, header.byteCount <= 128 << 20
      else { return nil }
      return entry.id
    }
    guard let listID = file(Self.listName) else { return "it has no \(Self.listName)" }
    guard let lockID = file(Self.lockName) else { return "it has no \(Self.lockName)" }
    guard let bytes = try? repository.bytes(listID, .blob),
      let artifacts = try? JSONDecoder().decode([NamedContent].self, from: Data(bytes))
    else { return "its \(Self.listName) does not decode" }
    do throws(StoreError) {
      let tree = try folders(of: artifacts, list: listID, lock: lockID) { (_) in nil }
        .store { (bytes) in bytes.withUnsafeBytes { ObjectID(.tree, $0) } }
      guard tree == commit.tree else { return "its files are not those that its \(Self.listName) describes" }
    } catch {
      return "\(error)"
    }
    for artifact in artifacts {
      var fault = artifact.content.fault
      if fault == nil {
        fault = readsAll ? check.fault(of: artifact.content) : try contentFault(of: artifact.content, &check)
      }
      if let fault { return "the artifact \(artifact.name.debugDescription): \(fault)" }
    }
    return nil
  }

  private func advance(
    _ reference: String, _ notebook: String, to tip: ObjectID, _ remote: String
  ) throws(StoreError) -> BranchAdmission {
    try batch.withLock { (_) throws(StoreError) in
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      try repository.set(Self.remoteBranch(remote, reference), to: tip, message: "pull")
      let state: BranchAdmission.State
      if let own = try repository.target(of: reference) {
        if own == tip {
          state = .upToDate
        } else if repository.isAncestor(own, of: tip) {
          try repository.update(reference, from: own, to: tip, message: "pull")
          state = .advanced
        } else {
          state = repository.isAncestor(tip, of: own) ? .ahead : .diverged
        }
      } else {
        try repository.update(reference, from: nil, to: tip, message: "pull")
        try repository.setHead(reference)
        state = .new
      }
      return BranchAdmission(notebook: notebook, state: state, commit: tip)
    }
  }
}

extension ArtifactStore {
  /// The branch of a notebook's versions, with `refs/heads/`.
  /// - Throws: ``StoreError/Cause/invalidName(reason:)``.
  package static func reference(ofNotebook name: String) throws(StoreError) -> String {
    try ArtifactNames.reference(forNotebook: name)
  }
}
