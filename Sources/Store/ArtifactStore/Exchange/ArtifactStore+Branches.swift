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

  /// Checks the branches that a fetch has put under a prefix, keeps those that pass as the remote's, and moves the
  /// branches here that have no versions of their own to them.
  ///
  /// A version passes when its tree is exactly the one that its `artifacts.json` describes, so that no link, submodule
  /// or other entry can be in it, and all bytes hash to the digests given there.
  /// - Parameter prefix: such as `refs/colophon/incoming/lab/heads/`.
  /// - Returns: the branches that passed, and those that did not with the reason, in the order of their names.
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

      // A name that would be written otherwise here would become a second branch of one notebook.
      guard (try? ArtifactNames.reference(forNotebook: notebook)) == reference else {
        let name = String(reference.dropFirst("refs/heads/".count))
        refused.append(Refusal(kind: "branch", name: name, reason: "its name is not that of a notebook's branch"))
        continue
      }
      if let fault = try fault(ofVersionsFrom: tip, known: &known, &check) {
        refused.append(Refusal(kind: "branch", name: notebook, reason: fault))
        continue
      }
      let state = try advance(reference, to: tip, of: remote)
      branches.append(BranchAdmission(notebook: notebook, state: state, commit: tip))
    }
    return (branches, refused)
  }

  /// All versions that branches here have, own and remotes'.
  private func knownVersions() throws(StoreError) -> Set<ObjectID> {
    var known: Set<ObjectID> = []
    for reference in try branchReferences() {
      guard let tip = try repository.target(of: reference) else { continue }
      var open = [tip]
      while let id = open.popLast() {
        guard known.insert(id).inserted, repository.header(of: id)?.kind == .commit else { continue }
        if let commit = try? self.commit(id) { open += commit.parents }
      }
    }
    return known
  }

  /// The branches of this store and those of its remotes.
  func branchReferences() throws(StoreError) -> [String] {
    try repository.references(under: "refs/heads/") + repository.references(under: "refs/remotes/")
  }

  /// The fault of a version or one before it, up to those known; `nil` when there is none.
  private func fault(
    ofVersionsFrom tip: ObjectID, known: inout Set<ObjectID>, _ check: inout ContentCheck
  ) throws(StoreError) -> String? {
    // Before a cut of the remote's there is nothing.
    let cuts = CollectionPlanner.cuts(repository)
    var found: Set<ObjectID> = []
    var open = [tip]
    while let id = open.popLast() {
      guard !known.contains(id), found.insert(id).inserted else { continue }
      guard let commit = boundedCommit(id) else { return "the version \(id) is missing or not a version" }
      if let fault = try fault(ofVersion: commit, &check) { return "the version \(id): \(fault)" }
      if !cuts.contains(id) { open += commit.parents }
    }
    known.formUnion(found)
    return nil
  }

  /// The fault of a version; `nil` when there is none.
  /// - Parameter readsAll: true to read also contents that this store has under the same objects.
  func fault(
    ofVersion commit: Commit, _ check: inout ContentCheck, readsAll: Bool = false
  ) throws(StoreError) -> String? {
    guard let root = rawTree(commit.tree) else { return "it has no readable folder" }
    if let fault = root.entries.lazy.compactMap(\.fault).first { return fault }
    guard let listID = file(Self.listName, in: root) else { return "it has no \(Self.listName)" }
    guard let lockID = file(Self.lockName, in: root) else { return "it has no \(Self.lockName)" }
    guard let bytes = try? repository.bytes(listID, .blob),
      let artifacts = try? JSONCoding.decoder().decode([NamedContent].self, from: Data(bytes))
    else { return "its \(Self.listName) does not decode" }

    // The tree that the list describes is put together and compared by its name, whatever is in the version's own.
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

  /// A file of at most 128 MiB directly in a folder.
  private func file(_ name: String, in folder: RawTree) -> ObjectID? {
    guard let entry = folder.entries.first(where: { $0.name == Array(name.utf8) && $0.isFile }),
      let header = repository.header(of: entry.id), header.kind == .blob, header.byteCount <= 128 << 20
    else { return nil }
    return entry.id
  }

  /// Keeps a remote's version of a branch, and moves the branch here to it when nothing is lost.
  private func advance(
    _ reference: String, to tip: ObjectID, of remote: String
  ) throws(StoreError) -> BranchAdmission.State {
    try changing { (batch, _) throws(StoreError) in
      try repository.set(Self.remoteBranch(remote, reference), to: tip, message: "pull")
      guard let own = try repository.target(of: reference) else {
        try repository.update(reference, from: nil, to: tip, message: "pull")
        try repository.setHead(reference)
        return .new
      }
      if own == tip { return .upToDate }
      if repository.isAncestor(own, of: tip) {
        try repository.update(reference, from: own, to: tip, message: "pull")
        return .advanced
      }
      if repository.isAncestor(tip, of: own) { return .ahead }

      // Both ran the same: there is nothing to decide.
      guard try commit(own).tree == commit(tip).tree else { return .diverged }
      try joinEqual(own, tip, at: reference, from: own, in: batch)
      return .joined
    }
  }

  /// The branch of a notebook's versions, with `refs/heads/`.
  /// - Throws: ``StoreError/Cause/invalidName(reason:)``.
  package static func reference(ofNotebook name: String) throws(StoreError) -> String {
    try ArtifactNames.reference(forNotebook: name)
  }
}
