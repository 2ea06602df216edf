internal import Core
internal import Synchronization

/// Commits that a push sends: what the remote has, and what this store adds to it. They follow the remote's own commit, so that a
/// push never has to be forced, and two that come together are merged by doing it again.
extension ArtifactStore {
  private static let outgoingMessage = "Shared stage records\n"

  /// Prepares the records to be sent: all that look-ups here find.
  /// - Parameters:
  ///   - tip: where a fetch has put the remote's; `nil` when the remote has none.
  ///   - remote: its name.
  /// - Returns: the reference to push; `nil` when the remote has everything.
  package func prepareRecords(onto tip: String?, remote: String) throws(StoreError) -> String? {
    let sources = try recordSources().filter { if case .withheld = $0 { false } else { true } }
    return try prepare(sources.map(\.reference), onto: tip, as: "refs/colophon/outgoing/\(remote)/records")
  }

  /// Prepares the attestations to be sent.
  /// - Returns: the reference to push; `nil` when the remote has everything.
  package func prepareAttestations(onto tip: String?, remote: String) throws(StoreError) -> String? {
    try prepare([Self.attestations], onto: tip, as: "refs/colophon/outgoing/\(remote)/attestations")
  }

  private func prepare(_ references: [String], onto tip: String?, as outgoing: String) throws(StoreError) -> String? {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      repository.refresh()
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      do throws(StoreError) {
        var parent: ObjectID?
        if let tip { parent = try repository.target(of: tip) }
        // What the remote has stays as it is, whatever it is.
        var union = ForeignTree()
        if let parent {
          guard let tree = foreignTree(ofCommit: parent) else {
            throw StoreError(
              operation: "add to", subject: tip ?? "",
              cause: .foreignFormat(found: "something else than a folder of records"))
          }
          union = tree
        }
        var names = Set(union.entries.map(\.name))
        let before = names.count
        for reference in references {
          guard let own = try repository.target(of: reference) else { continue }
          for entry in try recordsTree(of: own).entries where names.insert(Array(entry.name.utf8)).inserted {
            union.entries.append(
              .init(mode: entry.isTree ? "40000" : "100644", name: Array(entry.name.utf8), id: entry.id))
          }
        }
        guard names.count > before else { return nil }
        let treeID = try batch.append(.tree, union.bytes, always: true)
        let commit = Commit(
          tree: treeID, parents: parent.map { [$0] } ?? [], time: Int64(FileSystem.now), message: Self.outgoingMessage)
        let id = try batch.append(.commit, commit.bytes, always: true)
        try batch.finishPack()
        try repository.set(outgoing, to: id, message: "push")
        batch.clear()
        return outgoing
      } catch {
        abandon(batch)
        throw error
      }
    }
  }

  /// Remembers that the remote has what was prepared, and removes what was only for this exchange.
  /// - Parameter pushed: whether the records arrived.
  package func finishExchange(remote: String, pushed: Bool = false) throws(StoreError) {
    try batch.withLock { (_) throws(StoreError) in
      repository.refresh()
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      if pushed, let tip = try repository.target(of: "refs/colophon/outgoing/\(remote)/records"),
        try everythingIsOwn(in: tip)
      {
        try repository.set(Self.tracking(remote), to: tip, message: "push")
      }
      for prefix in ["refs/colophon/incoming/\(remote)/", "refs/colophon/outgoing/\(remote)/"] {
        for reference in try repository.references(under: prefix) { try repository.remove(reference) }
      }
    }
  }

  /// The packs that there are before a fetch.
  package var packs: Set<String> { PackConsolidation(repository: repository).names }

  /// Removes from the packs that a fetch brought what was refused: nothing names it, and a `git fsck` would stumble over it.
  /// - Parameter old: the packs before the fetch.
  package func discardRefused(besides old: Set<String>) throws(StoreError) {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      repository.refresh()
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      var named = Reachability(repository: repository, cuts: CollectionPlanner.cuts(repository))
      for reference in try repository.references(under: "refs/") {
        if let tip = try repository.target(of: reference) { named.mark(commit: tip, for: reference) }
      }
      try PackConsolidation(repository: repository).discard(besides: old) { named.found.contains($0) }
    }
  }

  /// Whether a commit of records has only segments that are in this store's references: a pull has nothing to look at then.
  private func everythingIsOwn(in tip: ObjectID) throws(StoreError) -> Bool {
    guard let tree = foreignTree(ofCommit: tip) else { return false }
    var own: Set<[UInt8]> = []
    for source in try recordSources() {
      guard let tip = try repository.target(of: source.reference) else { continue }
      own.formUnion(try recordsTree(of: tip).entries.map { Array($0.name.utf8) })
    }
    return tree.entries.allSatisfy { own.contains($0.name) }
  }

  /// Whether a reference is there.
  package func has(_ reference: String) throws(StoreError) -> Bool {
    repository.refresh()
    return try repository.target(of: reference) != nil
  }

  /// The path of the repository.
  package var path: String { repository.path }
}
