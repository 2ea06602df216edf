internal import Core

/// Finds what is damaged in a store. It changes nothing.
struct StoreInspector {
  private let store: ArtifactStore
  private let repository: GitRepository
  private var check: ContentCheck
  private(set) var result = Inspection()
  private(set) var badObjects: Set<ObjectID> = []
  private(set) var badPacks: [String] = []
  private(set) var badContents: [String] = []
  private(set) var hasBadIndex = false
  /// True when references of records have to be written again.
  private(set) var needsRecords = false
  /// Records in which nothing was found.
  private(set) var goodLines: [RecordSource: [RecordSegment.Line]] = [:]

  init(store: ArtifactStore) {
    self.store = store
    repository = store.repository
    check = ContentCheck(repository: repository)
  }

  /// Looks at everything.
  /// - Parameter progress: called with what is looked at next.
  mutating func inspect(_ progress: (String) -> Void) throws(StoreError) {
    progress("checking objects")
    try inspectObjects()
    progress("checking records")
    for source in try store.recordSources() { try inspectRecords(of: source) }
    progress("checking versions")
    try inspectVersions()
    try inspectAttestations()
    progress("checking the index")
    try inspectIndex()
    progress("checking copies on disk")
    inspectContents()
    needsRecords = needsRecords || !badObjects.isEmpty || !badPacks.isEmpty
  }

  /// Marks everything as repaired but versions, which only running their stages again repairs.
  mutating func noteRepairs() {
    for position in result.damages.indices where result.damages[position].kind != "version" {
      result.damages[position].isRepaired = true
    }
  }

  private mutating func note(_ kind: String, _ name: String, reason: String) {
    result.damages.append(.init(kind: kind, name: name, reason: reason))
  }

  // MARK: The repository

  private mutating func inspectObjects() throws(StoreError) {
    let consolidation = PackConsolidation(repository: repository)
    for path in consolidation.unreadablePacks() {
      badPacks.append(path)
      note("pack", path, reason: "its index is missing or damaged")
    }

    // Loose objects come from git commands; a store writes none.
    var faults: [(ObjectID, String)] = []
    result.objects = try consolidation.inspect { faults.append(($0, $1)) }
    for (id, path) in ObjectGraph(repository: repository).loose {
      result.objects += 1
      guard let kind = repository.header(of: id)?.kind, let bytes = try? repository.bytes(id, kind),
        bytes.withUnsafeBytes({ ObjectID(kind, $0) }) == id
      else {
        faults.append((id, "\(path) is not what its name says"))
        continue
      }
    }

    for (id, fault) in faults {
      badObjects.insert(id)
      note("object", id.hexadecimal, reason: fault)
    }
  }

  private mutating func inspectRecords(of source: RecordSource) throws(StoreError) {
    guard let tip = try repository.target(of: source.reference) else { return }
    let tree: Tree
    do throws(StoreError) { tree = try store.recordsTree(of: tip) } catch {
      needsRecords = true
      goodLines[source] = []
      return note("records", source.reference, reason: "\(error)")
    }

    var good: [RecordSegment.Line] = []
    for entry in tree.entries where entry.name.hasSuffix(RecordSegment.suffix) {
      // A damaged segment may still be readable; its bytes are not what was written.
      guard let bytes = try? repository.bytes(entry.id, .blob), !badObjects.contains(entry.id) else {
        needsRecords = true
        note(
          "records", entry.name,
          reason: "the segment \(entry.id) is missing or damaged; its stages run again")
        continue
      }
      good += inspect(RecordSegment.decodeLines(bytes), of: entry.name)
    }
    goodLines[source] = good
  }

  /// - Returns: the lines in which nothing was found.
  private mutating func inspect(
    _ lines: [(record: StageRecord?, line: ArraySlice<UInt8>)], of segment: String
  ) -> [RecordSegment.Line] {
    var good: [RecordSegment.Line] = []
    for (number, (record, json)) in lines.enumerated() {
      result.records += 1
      guard let record else {
        needsRecords = true
        note("record", "line \(number + 1) of \(segment)", reason: "it does not decode")
        continue
      }

      // Contradictions are cheap to find, so they come before the bytes.
      if let fault = record.fault ?? check.fault(of: record.output) {
        needsRecords = true
        note("record", "\(record.stage), key \(record.key.short)", reason: fault)
      } else {
        good.append(RecordSegment.Line(record: record, json: json))
      }
    }
    return good
  }

  private mutating func inspectVersions() throws(StoreError) {
    let cuts = CollectionPlanner.cuts(repository)
    var seen: Set<ObjectID> = []
    for reference in try store.branchReferences() {
      guard let tip = try repository.target(of: reference) else { continue }
      var open = [tip]
      while let id = open.popLast() {
        guard seen.insert(id).inserted else { continue }

        result.versions += 1
        let name = "\(id.hexadecimal.prefix(10)) of \(reference)"
        guard let bytes = try? repository.bytes(id, .commit), let commit = Commit(parsing: bytes) else {
          note("version", name, reason: "it is missing or cannot be read")
          continue
        }

        if let fault = try store.fault(ofVersion: commit, &check, readsAll: true) {
          note("version", name, reason: "\(fault); run the notebook again")
        }
        // Before a cut there is nothing any more, and that is no damage.
        if !cuts.contains(id) { open += commit.parents }
      }
    }
  }

  private mutating func inspectAttestations() throws(StoreError) {
    guard let tip = try repository.target(of: ArtifactStore.attestations), let tree = try? store.recordsTree(of: tip)
    else { return }
    for entry in tree.entries {
      result.attestations += 1
      guard let bytes = try? repository.bytes(entry.id, .blob), Digest(of: bytes).hexadecimal == entry.name.prefix(64)
      else {
        note("attestation", entry.name, reason: "its bytes do not hash to its name")
        continue
      }
    }
  }

  // MARK: The index

  private mutating func inspectIndex() throws(StoreError) {
    let rows: [Digest: StoredContent?]
    do throws(StoreError) {
      if let fault = try store.index.fault() {
        hasBadIndex = true
        return note("index", store.index.path, reason: fault)
      }
      rows = try store.index.allOutcomes()
    } catch {
      hasBadIndex = true
      return note("index", store.index.path, reason: "\(error)")
    }
    result.rows = rows.count

    // In both directions: a row for every record, and a record for every row.
    let expected = expectedOutcomes()
    for (key, content) in expected {
      guard let row = rows[key] else {
        note("index", "key \(key.short)", reason: "the repository has a record of it, the index has none")
        continue
      }
      if row != content {
        note("index", "key \(key.short)", reason: "its row is not what the repository's record says")
      }
    }
    for key in rows.keys where expected[key] == nil {
      note("index", "key \(key.short)", reason: "no record in the repository is of it")
    }
  }

  /// The outcomes that the index should have: of this store's own records the last that finished, else of those pulled.
  private func expectedOutcomes() -> [Digest: StoredContent] {
    var expected: [Digest: (isOwn: Bool, finished: Double, content: StoredContent)] = [:]
    for (source, lines) in goodLines {
      if case .withheld = source { continue }
      let isOwn = source == .own
      for record in lines.map(\.record) {
        let present = expected[record.key]
        let isBetter = present.map { isOwn == $0.isOwn ? record.finished >= $0.finished : isOwn } ?? true
        if isBetter { expected[record.key] = (isOwn, record.finished, record.output) }
      }
    }
    return expected.mapValues(\.content)
  }

  // MARK: Copies on disk

  private mutating func inspectContents() {
    for copy in store.folder.all() {
      result.contentFiles += 1
      guard let digest = copy.digest, let found = try? FileBytes.digest(copy.path), found.digest == digest else {
        badContents.append(copy.path)
        note("content", copy.path, reason: "its bytes do not hash to its name")
        continue
      }
    }
  }
}
