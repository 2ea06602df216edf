package import Core
internal import Synchronization

/// Keeps the outputs of stages: a bare git repository is the truth, a SQLite index finds things fast.
///
/// Objects are durable before the reference that makes them reachable, and that before the row that names them. Everything is written
/// as packs, never as loose objects; see ``flush()``. Several processes may use one store at the same time.
///
/// In the repository, `refs/heads/NOTEBOOK` are the versions, and the tree of `refs/colophon/records` holds the stage records and the
/// objects they name: plain git keeps, clones and pushes all of it.
package final class ArtifactStore: Sendable {
  /// An output of one file up to this size is also kept in the index: 4 KiB, a page.
  package static let inlineLimit = 4096

  let repository: GitRepository
  let index: StoreIndex
  let folder: ContentFolder
  let report: @Sendable (String) -> Void

  /// What is not durable yet; the lock is held during a flush.
  let batch: Mutex<Batch>
  /// What look-ups must see of the batch; the lock is held for moments.
  let pending = Mutex(Pending())
  /// Objects found damaged, to be removed before the next object is put.
  let damaged = Mutex<Set<ObjectID>>([])
  /// Whether the index has records that a remote's policy holds back.
  let withholds = Mutex(false)
  /// How many times the index was made again.
  let rebuilds = Mutex(0)

  struct Pending: Sendable {
    var outcomes: [Digest: StoredOutcome] = [:]
    var records: [Digest: StageRecord] = [:]
    var contents: [Digest: StoredFile] = [:]
  }

  /// Opens the store, made when missing.
  ///
  /// The index follows the repository: records that came in by other ways, such as a fetch, are added to it; one that is missing or
  /// damaged is made again.
  /// - Parameters:
  ///   - artifacts: the folder with `store.git`, for instance `Artifacts`.
  ///   - project: the folder with `.colophon`.
  ///   - report: is told when something had to be mended, such as a damaged index.
  /// - Throws: ``StoreError``.
  package init(artifacts: String, project: String, report: @escaping @Sendable (String) -> Void = { _ in })
    throws(StoreError)
  {
    let hidden = project + "/.colophon"
    try FileSystem.makeFolder(hidden)
    repository = try GitRepository(path: artifacts + "/store.git")
    let lock = try ProcessLock(repository)
    FileSystem.removeAbandoned(in: repository.path + "/objects/pack")
    PackConsolidation(repository: repository).removeAbandoned()
    let (index, replaced) = try StoreIndex.open(hidden + "/index.sqlite")
    if let replaced { report("the index was \(replaced); it is made again from \(repository.path)") }
    self.index = index
    folder = try ContentFolder(root: hidden + "/content", index: index)
    self.report = report
    batch = Mutex(Batch(repository: repository))
    do throws(StoreError) { try importSegments(lock) } catch {
      guard error.isIndexDamage else { throw error }
      try rebuild(error, lock)
    }
  }

  // MARK: Outcomes

  /// What the stage of this key made; `nil` when it did not run. Sees what this process added but did not flush.
  package func lookup(_ key: Digest) throws(StoreError) -> StoredOutcome? {
    if let outcome = pending.withLock({ $0.outcomes[key] }) { return outcome }
    return try recovering { () throws(StoreError) in try index.outcome(key) }
  }

  /// The same for many keys at once, faster.
  package func lookup(_ keys: [Digest]) throws(StoreError) -> [Digest: StoredOutcome] {
    let stored = try recovering { () throws(StoreError) in try index.outcomes(keys) }
    return pending.withLock { pending in
      pending.outcomes.isEmpty
        ? stored
        : stored.merging(keys.compactMap { key in pending.outcomes[key].map { (key, $0) } }, uniquingKeysWith: { $1 })
    }
  }

  /// The whole record of a key.
  package func record(for key: Digest) throws(StoreError) -> StageRecord? {
    if let record = pending.withLock({ $0.records[key] }) { return record }
    return try recovering { () throws(StoreError) in try index.record(key) }
  }

  /// Records of a stage, newest first.
  package func records(ofStage name: String, limit: Int = 100) throws(StoreError) -> [StageRecord] {
    let stored = try recovering { () throws(StoreError) in try index.records(ofStage: name, limit: limit) }
    let fresh = pending.withLock { $0.records.values.filter { $0.stage == name } }
    if fresh.isEmpty { return stored }
    let keys = Set(fresh.map(\.key))
    let all = fresh + stored.filter { !keys.contains($0.key) }
    return Array(all.sorted { $0.finished > $1.finished }.prefix(limit))
  }

  /// Names of all stages that have records, in order.
  package func stageNames() throws(StoreError) -> [String] {
    let fresh = pending.withLock { Set($0.records.values.map(\.stage)) }
    let stored = try recovering { () throws(StoreError) in try index.stageNames() }
    return fresh.union(stored).sorted()
  }

  // MARK: Mending

  /// Runs `body`; when the index turns out to be damaged, makes it again and runs `body` once more.
  func recovering<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
    let before = rebuilds.withLock { $0 }
    do throws(StoreError) { return try body() } catch {
      guard error.isIndexDamage else { throw error }
      let lock = try ProcessLock(repository)
      // Another thread may have been faster.
      if rebuilds.withLock({ $0 }) == before { try rebuild(error, lock) }
      return try body()
    }
  }

  /// Makes the index again from the repository.
  func rebuild(_ error: StoreError, _ lock: borrowing ProcessLock) throws(StoreError) {
    report("\(error); it is made again from \(repository.path)")
    try index.replace()
    try importSegments(lock)
    rebuilds.withLock { $0 += 1 }
  }

  /// Adds the records of segments that the index does not know.
  func importSegments(_ lock: borrowing ProcessLock) throws(StoreError) {
    let known = try index.segments()
    for source in try recordSources() {
      guard let tip = try repository.target(of: source.reference) else { continue }
      for entry in try recordsTree(of: tip).entries where entry.name.hasSuffix(RecordSegment.suffix) {
        let name = source.mark + entry.name
        if !known.contains(name) { try importSegment(entry, as: name, from: source) }
      }
    }
    let isWithholding = try index.hasWithheld()
    withholds.withLock { $0 = isWithholding }
  }

  private func importSegment(_ entry: Tree.Entry, as name: String, from source: RecordSource) throws(StoreError) {
    let bytes: [UInt8]
    do throws(StoreError) { bytes = try repository.bytes(entry.id, .blob) } catch {
      report("the stage records \(name) are lost: \(error); their stages run again")
      return
    }
    let lines = RecordSegment.decodeLines(bytes)
    for (number, (record, _)) in lines.enumerated() where record == nil {
      report("line \(number + 1) of the stage records \(name) is not readable and is skipped")
    }
    let records = lines.compactMap { record, line in record.map { ($0, line) } }
    try add(records, toIndexAs: name, from: source)
  }

  /// Adds the rows of a segment that is durable.
  func add(
    _ records: [(record: StageRecord, line: ArraySlice<UInt8>)], toIndexAs name: String, from source: RecordSource
  ) throws(StoreError) {
    switch source {
    case .own: try index.add(additions(records), contents: [], segment: name)
    case .pulled(let remote): try index.add(additions(records), contents: [], segment: name, remote: remote)
    case .withheld(let remote):
      let contents = records.flatMap(\.record.output.files)
      try index.withhold(records.map(\.record), contents: contents, segment: name, remote: remote)
    }
  }

  private func additions(_ records: [(record: StageRecord, line: ArraySlice<UInt8>)]) -> [StoreIndex.Addition] {
    records.map { record, line in
      StoreIndex.Addition(record: record, json: line, inline: inlineBytes(of: record.output))
    }
  }

  private func inlineBytes(of content: StoredContent) -> [UInt8]? {
    guard content.files.count == 1, content.files[0].byteCount <= Self.inlineLimit, !content.files[0].chunked else {
      return nil
    }
    return try? repository.bytes(content.files[0].object, .blob)
  }

  /// The tree of a commit of the records' reference.
  func recordsTree(of commit: ObjectID) throws(StoreError) -> Tree {
    try tree(try self.commit(commit).tree)
  }

  func commit(_ id: ObjectID) throws(StoreError) -> Commit {
    guard let commit = Commit(parsing: try repository.bytes(id, .commit)) else { throw Self.unreadable(id, "commit") }
    return commit
  }

  func tree(_ id: ObjectID) throws(StoreError) -> Tree {
    let tree = try repository.withObject(id, .tree) { (bytes) throws(StoreError) in Tree(parsing: bytes) }
    guard let tree else { throw Self.unreadable(id, "tree") }
    return tree
  }

  private static func unreadable(_ id: ObjectID, _ kind: String) -> StoreError {
    StoreError(
      operation: "read the \(kind)", subject: id.hexadecimal,
      cause: .damaged(object: id, digest: nil, reason: "malformed"))
  }
}
