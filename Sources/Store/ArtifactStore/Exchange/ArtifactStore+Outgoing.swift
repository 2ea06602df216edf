internal import Core
internal import Synchronization

/// Commits that a push sends: what the remote has, and what this store adds to it. They follow the remote's own commit,
/// so that a push never has to be forced, and two that come together are merged by doing it again.
extension ArtifactStore {
  private static let outgoingMessage = "Shared stage records\n"

  /// Prefixes of the references that only serve a running exchange with a remote.
  static func passing(_ remote: String) -> [String] {
    ["refs/colophon/incoming/\(remote)/", "refs/colophon/outgoing/\(remote)/"]
  }

  /// Prepares the records to be sent: all that look-ups here find.
  /// - Parameters:
  ///   - tip: the reference that a fetch has written, with the remote's records; `nil` when the remote has none.
  ///   - remote: the remote's name.
  /// - Returns: the reference to push; `nil` when the remote has everything.
  package func prepareRecords(onto tip: String?, remote: String) throws(StoreError) -> String? {
    let sources = try recordSources().filter { if case .withheld = $0 { false } else { true } }
    return try prepare(sources.map(\.reference), onto: tip, as: "refs/colophon/outgoing/\(remote)/records")
  }

  /// Prepares the attestations to be sent.
  /// - Parameters:
  ///   - tip: the reference that a fetch has written, with the remote's attestations; `nil` when the remote has none.
  ///   - remote: the remote's name.
  /// - Returns: the reference to push; `nil` when the remote has everything.
  package func prepareAttestations(onto tip: String?, remote: String) throws(StoreError) -> String? {
    try prepare([Self.attestations], onto: tip, as: "refs/colophon/outgoing/\(remote)/attestations")
  }

  private func prepare(
    _ references: [String], onto tip: String?, as outgoing: String
  ) throws(StoreError) -> String? {
    try changing { (batch, _) throws(StoreError) in
      var parent: ObjectID?
      if let tip { parent = try repository.target(of: tip) }
      var union = RawTree()
      if let parent {
        guard let tree = rawTree(ofCommit: parent) else {
          throw StoreError(
            operation: "add to", subject: tip ?? "",
            cause: .foreignFormat(found: "something else than a folder of records"))
        }
        // What the remote has stays, whatever it is.
        union = tree
      }

      var names = Set(union.entries.map(\.name))
      let before = names.count
      for reference in references {
        guard let own = try repository.target(of: reference) else { continue }
        for entry in try recordsTree(of: own).entries.map(RawTree.Entry.init) where names.insert(entry.name).inserted {
          union.entries.append(entry)
        }
      }
      guard names.count > before else { return nil }

      let commit = try batch.appendCommit(
        tree: union.bytes, parents: parent.map { [$0] } ?? [], message: Self.outgoingMessage)
      try batch.finishPack()
      try repository.set(outgoing, to: commit, message: "push")
      batch.clear()
      return outgoing
    }
  }

  /// Remembers that the remote has what was prepared, and removes what was only for this exchange.
  /// - Parameter pushed: true when the records arrived.
  package func finishExchange(remote: String, pushed: Bool = false) throws(StoreError) {
    repository.refresh()
    try locked { (_, _) throws(StoreError) in
      if pushed, let tip = try repository.target(of: "refs/colophon/outgoing/\(remote)/records"),
        try everythingIsOwn(in: tip)
      {
        try repository.set(Self.tracking(remote), to: tip, message: "push")
      }
      for prefix in Self.passing(remote) { try removeReferences(under: prefix) }
    }
  }

  /// True when a commit of records has only segments of this store's references: a pull has nothing to look at then.
  private func everythingIsOwn(in tip: ObjectID) throws(StoreError) -> Bool {
    guard let tree = rawTree(ofCommit: tip) else { return false }
    var own: Set<[UInt8]> = []
    for source in try recordSources() {
      guard let tip = try repository.target(of: source.reference) else { continue }
      own.formUnion(try recordsTree(of: tip).entries.map { Array($0.name.utf8) })
    }
    return tree.entries.allSatisfy { own.contains($0.name) }
  }

  /// Names of the packs that there are, such as before a fetch.
  package var packs: Set<String> { PackConsolidation(repository: repository).names }

  /// Removes what was refused from the packs that a fetch has written: nothing names it, and `git fsck` would complain.
  /// - Parameter old: the packs before the fetch.
  package func discardRefused(besides old: Set<String>) throws(StoreError) {
    try lockedAfterFlush { (_, _) throws(StoreError) in
      var named = Reachability(repository: repository, cuts: CollectionPlanner.cuts(repository))
      for reference in try repository.references(under: "refs/") {
        if let tip = try repository.target(of: reference) { named.mark(commit: tip, for: reference) }
      }
      try PackConsolidation(repository: repository).discard(besides: old) { named.found.contains($0) }
    }
  }

  /// True when a reference of this name exists.
  package func has(_ reference: String) throws(StoreError) -> Bool {
    repository.refresh()
    return try repository.target(of: reference) != nil
  }
}
