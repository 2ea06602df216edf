package import Core
internal import Synchronization

/// Keeps the outputs of stages: a bare git repository is the truth, a SQLite index finds things fast.
///
/// Objects are durable before the reference that makes them reachable, and that before the row that names them.
/// Everything is written as packs, never as loose objects; see ``flush()``. Several processes may use one store at the
/// same time.
///
/// In the repository, `refs/heads/NOTEBOOK` are the versions, and the tree of `refs/colophon/records` has the stage
/// records and the objects they name: plain git keeps, clones and pushes all of it.
package final class ArtifactStore: Sendable {
  /// The greatest size in bytes of an output of one file that the index keeps, too: 4 KiB, a page.
  package static let inlineLimit = 4096

  let repository: GitRepository
  let index: StoreIndex
  let folder: ContentFolder
  let report: @Sendable (String) -> Void

  /// Objects and records that are not durable yet; the lock is held during a flush.
  let batch: Mutex<Batch>
  /// The part of the batch that look-ups see; the lock is held for moments.
  let pending = Mutex(Pending())
  /// Objects found damaged, to be removed before the next object is put.
  let damaged = Mutex<Set<ObjectID>>([])
  /// True when the index has records that a remote's policy holds back.
  let withholds = Mutex(false)
  /// The number of times that the index was made again.
  let rebuilds = Mutex(0)

  struct Pending: Sendable {
    var outcomes: [Digest: StoredOutcome] = [:]
    var records: [Digest: StageRecord] = [:]
    var contents: [Digest: StoredFile] = [:]
  }

  /// Opens a project's store, made when missing.
  ///
  /// The index follows the repository: records that came in by other ways, such as a fetch, are added to it; one that
  /// is missing or damaged is made again.
  /// - Parameters:
  ///   - project: the project that the store belongs to.
  ///   - report: called with a sentence when something had to be repaired, such as a damaged index.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/foreignFormat(found:)`` when the repository is not a store of
  ///   this version's format.
  package init(project: Project, report: @escaping @Sendable (String) -> Void = { _ in }) throws(StoreError) {
    try FileSystem.makeFolder(project.cache)
    repository = try GitRepository(path: project.store)
    let lock = try ProcessLock(repository)
    FileSystem.removeAbandoned(in: repository.path + "/objects/pack")
    PackConsolidation(repository: repository).removeAbandoned()

    let (index, replaced) = try StoreIndex.open(project.index)
    if let replaced { report("the index was \(replaced); it is made again from \(repository.path)") }
    self.index = index
    folder = try ContentFolder(root: project.content, index: index)
    self.report = report
    batch = Mutex(Batch(repository: repository))

    do throws(StoreError) { try importSegments(lock) } catch {
      guard error.isIndexDamage else { throw error }
      try rebuild(error, lock)
    }
  }

  /// The path of the repository.
  package var path: String { repository.path }

  // MARK: Outcomes

  /// The outcome of the stage with this key; `nil` when it did not run, or its output is not in the repository. Sees
  /// what this process added but did not flush.
  package func lookup(_ key: Digest) throws(StoreError) -> StoredOutcome? {
    if let outcome = pending.withLock({ $0.outcomes[key] }) { return outcome }
    let stored = try recovering { () throws(StoreError) in try index.outcome(key) }
    return stored.flatMap { isPresent($0) ? $0 : nil }
  }

  /// The outcomes of many keys in one transaction; a key of a stage that did not run is left out.
  package func lookup(_ keys: [Digest]) throws(StoreError) -> [Digest: StoredOutcome] {
    let stored = try recovering { () throws(StoreError) in try index.outcomes(keys) }.filter { isPresent($1) }
    return pending.withLock { pending in
      if pending.outcomes.isEmpty { return stored }
      let fresh = keys.compactMap { key in pending.outcomes[key].map { (key, $0) } }
      return stored.merging(fresh, uniquingKeysWith: { $1 })
    }
  }

  /// True when the repository has an outcome's files. The index has the bytes of small ones itself, and would find them
  /// when a version cannot have them any more.
  private func isPresent(_ outcome: StoredOutcome) -> Bool {
    if outcome.output.files.allSatisfy({ repository.contains($0.object) }) { return true }
    // Another process may have written them since.
    repository.refresh()
    guard let lost = outcome.output.files.first(where: { !repository.contains($0.object) }) else { return true }
    report("the output \(lost.name) of \(outcome.stage) is not in \(repository.path) any more; the stage runs again")
    return false
  }

  /// The whole record of a key; `nil` when there is none.
  package func record(for key: Digest) throws(StoreError) -> StageRecord? {
    if let record = pending.withLock({ $0.records[key] }) { return record }
    return try recovering { () throws(StoreError) in try index.record(key) }
  }

  /// The records of those keys whose stages called others while they ran.
  package func recordsWithCalls(_ keys: [Digest]) throws(StoreError) -> [Digest: StageRecord] {
    let stored = try recovering { () throws(StoreError) in try index.recordsWithCalls(keys) }
    return pending.withLock { pending in
      let fresh = keys.compactMap { key in pending.records[key].map { (key, $0) } }.filter { !$1.calls.isEmpty }
      return stored.merging(fresh, uniquingKeysWith: { $1 })
    }
  }

  /// At most `limit` records of a stage, newest first.
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

  // MARK: The index

  /// Runs `body`; when the index turns out to be damaged, makes it again and runs `body` a second time.
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
  ///
  /// The names of segments are digests of their records. An index that knows one which the repository does not have was
  /// made for another repository, or for a later state of this one, such as before a backup was restored: all its rows
  /// are made again.
  func importSegments(_ lock: borrowing ProcessLock) throws(StoreError) {
    var known = try index.segments()
    var present: [(source: RecordSource, name: String, entry: Tree.Entry)] = []
    for source in try recordSources() {
      guard let tip = try repository.target(of: source.reference) else { continue }
      for entry in try recordsTree(of: tip).entries where entry.name.hasSuffix(RecordSegment.suffix) {
        present.append((source, source.mark + entry.name, entry))
      }
    }

    if !known.isSubset(of: present.map(\.name)) {
      report("the index is of another store, or of a later state of this one: it is made again from \(repository.path)")
      try index.forgetRecords()
      known = []
    }
    for (source, name, entry) in present where !known.contains(name) {
      try importSegment(entry, as: name, from: source)
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
    let records = lines.compactMap { record, json in record.map { RecordSegment.Line(record: $0, json: json) } }
    try add(records, toIndexAs: name, from: source)
  }

  /// Adds the rows of a segment that is durable.
  /// - Parameter name: the segment's, with the source's mark.
  func add(
    _ lines: [RecordSegment.Line], toIndexAs name: String, from source: RecordSource
  ) throws(StoreError) {
    switch source {
    case .own: try index.add(additions(lines), contents: [], segment: name)
    case .pulled(let remote): try index.add(additions(lines), contents: [], segment: name, remote: remote)
    case .withheld(let remote):
      let contents = lines.flatMap(\.record.output.files)
      try index.withhold(lines.map(\.record), contents: contents, segment: name, remote: remote)
    }
  }

  private func additions(_ lines: [RecordSegment.Line]) -> [StoreIndex.Addition] {
    lines.map { line in
      let inline = line.record.output.inlineObject.flatMap { try? repository.bytes($0, .blob) }
      return StoreIndex.Addition(record: line.record, json: line.json, inline: inline)
    }
  }

  // MARK: Objects

  /// The tree of a commit of the records' reference, or of another reference with a flat folder.
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
