internal import Core
internal import Synchronization

/// Taking in the records that a remote sent. They are under references of their own until everything about them is
/// checked; a record that does not pass is refused with its name and the reason, and the others are taken in.
extension ArtifactStore {
  /// Checks the records of a reference and adds those that pass, marked with where they came from.
  ///
  /// Every record must decode and not contradict itself (its key is the digest of its components), and all bytes of its
  /// outputs are read and hashed once. This store's own outcome of a key stays, whatever a remote says.
  /// - Parameters:
  ///   - reference: the reference that a fetch has written, with the remote's commit of records.
  ///   - remote: the remote's name.
  ///   - isAdmitted: true for a record that the remote's policy lets look-ups find.
  ///   - progress: called with the number of records checked.
  /// - Throws: ``StoreError/Cause/notFound`` when there is no such reference.
  package func admitRecords(
    from reference: String, remote: String, isAdmitted: (StageRecord) -> Bool, progress: (Int) -> Void = { _ in }
  ) throws(StoreError) -> Admission {
    try flush()
    repository.refresh()
    guard let tip = try repository.target(of: reference) else {
      throw StoreError(operation: "take in the stage records of", subject: remote, cause: .notFound)
    }
    if try repository.target(of: Self.tracking(remote)) == tip { return Admission() }

    var examination = RecordExamination(store: self, remote: remote)
    try examination.examine(recordsOf: tip, progress)
    var admitted: [RecordSegment.Line] = []
    var withheld: [RecordSegment.Line] = []
    for line in examination.passed {
      if isAdmitted(line.record) { admitted.append(line) } else { withheld.append(line) }
    }

    // Last the commit itself: a kill before this makes the next pull examine it again, and find what is known.
    try add(admitted, to: .pulled(remote))
    try add(withheld, to: .withheld(remote))
    try remember(tip, of: remote, isComplete: examination.hasSeenAll(of: tip))

    var admission = examination.admission
    admission.admitted = admitted.count
    admission.withheld = withheld.count
    return admission
  }

  /// The reference that keeps the remote's commit of records as the last pull found it.
  static func tracking(_ remote: String) -> String { "refs/colophon/remotes/\(remote)" }

  /// Keeps a remote's commit of records, so that the next fetch need not send what is here.
  /// - Parameter isComplete: false when something in it was not examined, which no reference may keep.
  private func remember(_ tip: ObjectID, of remote: String, isComplete: Bool) throws(StoreError) {
    try locked { (_, _) throws(StoreError) in
      if isComplete {
        try repository.set(Self.tracking(remote), to: tip, message: "pull")
      } else {
        try repository.remove(Self.tracking(remote))
      }
    }
  }

  /// Adds records of a remote, durably.
  private func add(_ lines: [RecordSegment.Line], to source: RecordSource) throws(StoreError) {
    guard !lines.isEmpty else { return }
    try changing { (batch, _) throws(StoreError) in
      for part in SegmentDraft.split(lines) {
        let name = try writeSegment(part, to: source, in: batch)
        batch.clear()
        try add(part.lines, toIndexAs: source.mark + name, from: source)
      }
      if case .withheld = source { withholds.withLock { $0 = true } }
      try mergeSegments(batch, of: source)
    }
  }

  // MARK: Changes of policy

  /// Decides again which of a remote's records look-ups find: its policy changed, or more is attested.
  /// - Returns: the number of records that look-ups find from now on, and of those that they find no longer.
  @discardableResult
  package func reconsider(
    remote: String, isAdmitted: (StageRecord) -> Bool
  ) throws(StoreError) -> (admitted: Int, withheld: Int) {
    let pulled = try lines(of: .pulled(remote))
    let held = try lines(of: .withheld(remote))
    let rising = held.filter { isAdmitted($0.record) }
    let falling = pulled.filter { !isAdmitted($0.record) }
    guard !rising.isEmpty || !falling.isEmpty else { return (0, 0) }
    let staying = pulled.filter { isAdmitted($0.record) }
    let waiting = held.filter { !isAdmitted($0.record) }

    try changing { (batch, lock) throws(StoreError) in
      // The index first: after a kill at any instant it is made again. At every instant each record is in one of the
      // two references, in both for a moment.
      try index.forgetRecords()
      if !falling.isEmpty { try replace(held + falling, in: .withheld(remote), batch) }
      try replace(staying + rising, in: .pulled(remote), batch)
      try replace(waiting + falling, in: .withheld(remote), batch)
      batch.clear()
      try importSegments(lock)
    }
    return (rising.count, falling.count)
  }

  /// Forgets the records of a remote, and everything about it that this store has.
  package func forget(remote: String) throws(StoreError) {
    try lockedAfterFlush { (_, lock) throws(StoreError) in
      for prefix in Self.passing(remote) + ["refs/remotes/\(remote)/"] { try removeReferences(under: prefix) }
      for reference in [
        RecordSource.pulled(remote).reference, RecordSource.withheld(remote).reference, Self.tracking(remote),
      ] {
        try repository.remove(reference)
      }
      try index.forgetRecords()
      try importSegments(lock)
    }
  }

  /// Removes all references that begin with `prefix`. The caller holds the ``ProcessLock``.
  func removeReferences(under prefix: String) throws(StoreError) {
    for reference in try repository.references(under: prefix) { try repository.remove(reference) }
  }

  /// Makes the records of a reference these and no others. The caller holds the ``ProcessLock``.
  func replace(_ lines: [RecordSegment.Line], in source: RecordSource, _ batch: Batch) throws(StoreError) {
    guard !lines.isEmpty else { return try repository.remove(source.reference) }
    var replaced: Set<String> = []
    if let old = try repository.target(of: source.reference) {
      replaced = Set(try recordsTree(of: old).entries.map(\.name))
    }
    for part in SegmentDraft.split(lines) {
      _ = try writeSegment(part, replacing: replaced, to: source, in: batch)
      batch.clear()
      // Only the first segment takes the place of the old ones; the next ones are added to it.
      replaced = []
    }
  }

  /// The records of a reference, as they are in the repository.
  func lines(of source: RecordSource) throws(StoreError) -> [RecordSegment.Line] {
    guard let tip = try repository.target(of: source.reference) else { return [] }
    var lines: [RecordSegment.Line] = []
    for entry in try recordsTree(of: tip).entries where entry.name.hasSuffix(RecordSegment.suffix) {
      for (record, json) in RecordSegment.decodeLines(try repository.bytes(entry.id, .blob)) {
        if let record { lines.append(RecordSegment.Line(record: record, json: json)) }
      }
    }
    return lines
  }

  // MARK: Objects of a remote

  /// The greatest size of a commit of a remote that is read: 1 MiB.
  private static let commitLimit = 1 << 20
  /// The greatest size of a tree of a remote that is read: 64 MiB, a million names.
  private static let treeLimit = 64 << 20

  /// A commit of bounded size; `nil` when the object is not one.
  func boundedCommit(_ id: ObjectID) -> Commit? {
    guard let header = repository.header(of: id), header.kind == .commit, header.byteCount <= Self.commitLimit,
      let bytes = try? repository.bytes(id, .commit)
    else { return nil }
    return Commit(parsing: bytes)
  }

  /// The tree of a commit, both of bounded size; `nil` when the object is not one.
  func rawTree(ofCommit id: ObjectID) -> RawTree? {
    boundedCommit(id).flatMap { rawTree($0.tree) }
  }

  /// A tree of bounded size; `nil` when the object is not one.
  func rawTree(_ id: ObjectID) -> RawTree? {
    guard let header = repository.header(of: id), header.kind == .tree, header.byteCount <= Self.treeLimit,
      let bytes = try? repository.bytes(id, .tree)
    else { return nil }
    return bytes.withUnsafeBytes { RawTree(parsing: $0) }
  }

  /// The fault of an output's objects; `nil` when there is none. Files that this store has under the same objects were
  /// checked before.
  func contentFault(of content: StoredContent, _ check: inout ContentCheck) throws(StoreError) -> String? {
    var unknown = content
    unknown.files = []
    for file in content.files {
      let known = try index.content(file.digest)
      let isKnown =
        known?.object == file.object && known?.byteCount == file.byteCount && known?.chunked == file.chunked
        && repository.contains(file.object)
      if !isKnown { unknown.files.append(file) }
    }
    return check.fault(of: unknown)
  }
}
