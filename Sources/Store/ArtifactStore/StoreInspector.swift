internal import Core

/// Finds what is damaged. It changes nothing.
struct StoreInspector {
  private let store: ArtifactStore
  private let repository: GitRepository
  private var check: ContentCheck
  private(set) var result = Inspection()
  private(set) var badObjects: Set<ObjectID> = []
  private(set) var badPacks: [String] = []
  private(set) var badContents: [String] = []
  private(set) var hasBadIndex = false
  /// Whether references of records have to be written again.
  private(set) var needsRecords = false
  /// Records in which nothing was found.
  private(set) var goodLines: [RecordSource: [(record: StageRecord, line: ArraySlice<UInt8>)]] = [:]

  init(store: ArtifactStore) {
    self.store = store
    repository = store.repository
    check = ContentCheck(repository: repository)
  }

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

  /// Says of everything that mending takes care of that it is mended.
  mutating func noteRepairs() {
    for position in result.damages.indices where result.damages[position].kind != "version" {
      result.damages[position].isRepaired = true
    }
  }

  private mutating func note(_ kind: String, _ name: String, _ reason: String) {
    result.damages.append(.init(kind: kind, name: name, reason: reason))
  }

  private mutating func inspectObjects() throws(StoreError) {
    let consolidation = PackConsolidation(repository: repository)
    for path in consolidation.unreadablePacks() {
      badPacks.append(path)
      note("pack", path, "its index is missing or damaged")
    }
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
      note("object", id.hexadecimal, fault)
    }
  }

  private mutating func inspectRecords(of source: RecordSource) throws(StoreError) {
    guard let tip = try repository.target(of: source.reference) else { return }
    let tree: Tree
    do throws(StoreError) { tree = try store.recordsTree(of: tip) } catch {
      needsRecords = true
      goodLines[source] = []
      return note("records", source.reference, "\(error)")
    }
    var good: [(record: StageRecord, line: ArraySlice<UInt8>)] = []
    for entry in tree.entries where entry.name.hasSuffix(RecordSegment.suffix) {
      guard let bytes = try? repository.bytes(entry.id, .blob), !badObjects.contains(entry.id) else {
        needsRecords = true
        note("records", entry.name, "the segment \(entry.id) is missing or damaged; its stages run again")
        continue
      }
      for (number, (record, line)) in RecordSegment.decodeLines(bytes).enumerated() {
        result.records += 1
        var fault: String?
        if let record {
          fault = record.fault
          if fault == nil { fault = check.fault(of: record.output) }
        } else {
          fault = "it does not decode"
        }
        if let fault {
          needsRecords = true
          note(
            "record", record.map { "\($0.stage), key \($0.key.short)" } ?? "line \(number + 1) of \(entry.name)", fault)
        } else if let record {
          good.append((record, line))
        }
      }
    }
    goodLines[source] = good
  }

  private mutating func inspectVersions() throws(StoreError) {
    let cuts = CollectionPlanner.cuts(repository)
    var seen: Set<ObjectID> = []
    for reference in try repository.references(under: "refs/heads/") + repository.references(under: "refs/remotes/") {
      guard let tip = try repository.target(of: reference) else { continue }
      var open = [tip]
      while let id = open.popLast() {
        guard seen.insert(id).inserted else { continue }
        result.versions += 1
        guard let bytes = try? repository.bytes(id, .commit), let commit = Commit(parsing: bytes) else {
          note("version", "\(id.hexadecimal.prefix(10)) of \(reference)", "it is missing or cannot be read")
          continue
        }
        if let fault = try store.fault(ofVersion: commit, &check, readsAll: true) {
          note("version", "\(id.hexadecimal.prefix(10)) of \(reference)", "\(fault); run the notebook again")
        }
        if !cuts.contains(id) { open += commit.parents }
      }
    }
  }

  private mutating func inspectAttestations() throws(StoreError) {
    guard let tip = try repository.target(of: ArtifactStore.attestations), let tree = try? store.recordsTree(of: tip)
    else {
      return
    }
    for entry in tree.entries {
      result.attestations += 1
      guard let bytes = try? repository.bytes(entry.id, .blob), Digest(of: bytes).hexadecimal == entry.name.prefix(64)
      else {
        note("attestation", entry.name, "its bytes do not hash to its name")
        continue
      }
    }
  }

  private mutating func inspectIndex() throws(StoreError) {
    let rows: [Digest: StoredContent?]
    do throws(StoreError) {
      if let fault = try store.index.fault() {
        hasBadIndex = true
        return note("index", store.index.path, fault)
      }
      rows = try store.index.allOutcomes()
    } catch {
      hasBadIndex = true
      return note("index", store.index.path, "\(error)")
    }
    result.rows = rows.count
    let expected = expectedOutcomes()
    for (key, content) in expected {
      guard let row = rows[key] else {
        note("index", "key \(key.short)", "the repository has a record of it, the index has none")
        continue
      }
      if row != content { note("index", "key \(key.short)", "its row is not what the repository's record says") }
    }
    for key in rows.keys where expected[key] == nil {
      note("index", "key \(key.short)", "no record in the repository is of it")
    }
  }

  /// What the index should say: of this store's own records the last that finished, else of those pulled.
  private func expectedOutcomes() -> [Digest: StoredContent] {
    var expected: [Digest: (isOwn: Bool, finished: Double, content: StoredContent)] = [:]
    for (source, lines) in goodLines {
      if case .withheld = source { continue }
      let isOwn = source == .own
      for (record, _) in lines {
        let present = expected[record.key]
        let isBetter = present.map { isOwn == $0.isOwn ? record.finished >= $0.finished : isOwn } ?? true
        if isBetter { expected[record.key] = (isOwn, record.finished, record.output) }
      }
    }
    return expected.mapValues(\.content)
  }

  private mutating func inspectContents() {
    for file in store.folder.all() {
      result.contentFiles += 1
      guard let digest = file.digest, let found = try? FileBytes.digest(file.path), found.digest == digest else {
        badContents.append(file.path)
        note("content", file.path, "its bytes do not hash to its name")
        continue
      }
    }
  }
}
