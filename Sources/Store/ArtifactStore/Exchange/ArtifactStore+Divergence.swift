internal import Core
internal import Synchronization

/// Versions of a notebook that have gone different ways: here, and at a remote as the last pull found it.
package struct Divergence: Hashable, Sendable {
  /// The remote's name.
  package var remote: String
  /// The newest version here.
  package var ours: ObjectID
  /// The newest version of the remote.
  package var theirs: ObjectID
  /// The newest version that both have; `nil` when they have none in common.
  package var common: ObjectID?
}

/// The side of a ``Divergence`` whose artifacts stay.
package enum DivergenceSide: String, Sendable {
  case ours, theirs
}

extension ArtifactStore {
  /// The remotes whose versions of a notebook are not before those here, nor after them, in the order of their names.
  package func divergences(of notebook: String) throws(StoreError) -> [Divergence] {
    let reference = try ArtifactNames.reference(forNotebook: notebook)
    repository.refresh()
    guard let ours = try repository.target(of: reference) else { return [] }
    let branch = reference.dropFirst("refs/heads/".count)

    var found: [Divergence] = []
    for remote in try repository.references(under: "refs/remotes/").sorted() where remote.hasSuffix("/\(branch)") {
      let name = remote.dropFirst("refs/remotes/".count).dropLast(branch.count + 1)
      guard !name.contains("/"), let theirs = try repository.target(of: remote),
        !repository.isAncestor(theirs, of: ours), !repository.isAncestor(ours, of: theirs)
      else { continue }
      found.append(
        Divergence(remote: String(name), ours: ours, theirs: theirs, common: common(ours, theirs)))
    }
    return found
  }

  /// The newest commit that is before both, as far as their histories are here.
  private func common(_ first: ObjectID, _ second: ObjectID) -> ObjectID? {
    let known = repository.ancestors(of: first)
    let shared = repository.ancestors(of: second).filter { known.contains($0) }
    let times = shared.compactMap { id in (try? commit(id)).map { (id: id, time: $0.time) } }
    return times.max { ($0.time, $0.id) < ($1.time, $1.id) }?.id
  }

  /// The object of a version's `lock.json`, under the name that git gives the same bytes in any repository.
  package func lockObject(of version: ObjectID) throws(StoreError) -> ObjectID? {
    try tree(try commit(version).tree)[Self.lockName]?.id
  }

  /// Joins the versions of both sides in one that has the artifacts of one side and comes after both.
  /// - Parameters:
  ///   - notebook: the notebook's name.
  ///   - divergence: one of ``divergences(of:)``.
  ///   - side: the side whose artifacts stay.
  /// - Returns: the new version.
  /// - Throws: ``StoreError/Cause/conflict`` when the branch has moved meanwhile.
  @discardableResult
  package func join(
    _ notebook: String, _ divergence: Divergence, keeping side: DivergenceSide
  ) throws(StoreError) -> ObjectID {
    let reference = try ArtifactNames.reference(forNotebook: notebook)
    let (kept, other) =
      side == .ours ? (divergence.ours, divergence.theirs) : (divergence.theirs, divergence.ours)
    let author = side == .ours ? "here" : "of \(divergence.remote)"
    return try changing { (batch, _) throws(StoreError) in
      let joint = Commit(
        tree: try commit(kept).tree, parents: [kept, other], time: Int64(FileSystem.now),
        message: "Versions of \(divergence.remote) joined with those here: the artifacts are those \(author)\n")
      return try write(joint, to: reference, from: divergence.ours, in: batch)
    }
  }

  /// Keeps both sides under names of their own: the versions here under a new one, those of the remote under the
  /// notebook's.
  /// - Parameters:
  ///   - notebook: the notebook's name.
  ///   - divergence: one of ``divergences(of:)``.
  ///   - name: the new name of the versions here.
  /// - Throws: ``StoreError/Cause/conflict`` when there are versions of that name already, or the branch has moved.
  package func keepBoth(_ notebook: String, _ divergence: Divergence, as name: String) throws(StoreError) {
    let reference = try ArtifactNames.reference(forNotebook: notebook)
    let new = try ArtifactNames.reference(forNotebook: name)
    try lockedAfterFlush { (_, _) throws(StoreError) in
      // The new name first: a kill between the two loses nothing.
      try repository.update(new, from: nil, to: divergence.ours, message: "resolve")
      try repository.update(reference, from: divergence.ours, to: divergence.theirs, message: "resolve")
    }
  }

  /// Joins two newest versions that have the same artifacts. The result depends on nothing but the two, so that both
  /// sides make the same one.
  func joinEqual(
    _ first: ObjectID, _ second: ObjectID, at reference: String, from tip: ObjectID, in batch: Batch
  ) throws(StoreError) {
    let commits = (try commit(first), try commit(second))
    let joint = Commit(
      tree: commits.0.tree, parents: [first, second].sorted(), time: max(commits.0.time, commits.1.time),
      message: "Versions with the same artifacts joined\n")
    _ = try write(joint, to: reference, from: tip, in: batch)
  }

  private func write(
    _ commit: Commit, to reference: String, from tip: ObjectID, in batch: Batch
  ) throws(StoreError) -> ObjectID {
    // The objects are durable before the reference names them.
    let id = try batch.append(.commit, commit.bytes)
    try batch.finishPack()
    try repository.update(reference, from: tip, to: id, message: "join")
    batch.clear()
    return id
  }
}
