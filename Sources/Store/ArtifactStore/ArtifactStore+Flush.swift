internal import Core
internal import Synchronization

extension ArtifactStore {
  /// Adds a finished stage's record to the batch; its output must have been put.
  ///
  /// The batch is flushed by itself when losing it would cost more than a fifth of a second of computing; else by ``flush()``.
  /// - Throws: ``StoreError``, also when the output's objects are not in the store.
  package func add(_ record: StageRecord) throws(StoreError) {
    let line = try RecordSegment.line(record)
    try batch.withLock { (batch) throws(StoreError) in
      for file in record.output.files where !batch.contains(file.object) && !repository.contains(file.object) {
        throw StoreError(
          operation: "record the stage", subject: record.stage,
          cause: .damaged(
            object: file.object, digest: file.digest, reason: "its output \(file.name) was not put or is lost"))
      }
      let inline = try inlineBytes(of: record.output, batch)
      batch.add(record, line: line, inline: inline)
      pending.withLock {
        $0.records[record.key] = record
        $0.outcomes[record.key] = StoredOutcome(
          key: record.key, stage: record.stage, output: record.output, inline: inline, finished: record.finished,
          seconds: record.seconds)
      }
      if batch.isDue { try flush(batch) }
    }
    if withholds.withLock({ $0 }) { try compare(record) }
  }

  /// Makes everything durable that was put and added: one pack, the records' reference, the index's rows, in that order.
  ///
  /// A process that is killed between two of them leaves objects that nothing names, or records that the next process adds to the
  /// index.
  package func flush() throws(StoreError) {
    try batch.withLock { (batch) throws(StoreError) in try flush(batch) }
  }

  func flush(_ batch: Batch) throws(StoreError) {
    guard !batch.isEmpty else { return }
    let start = FileSystem.now
    defer { batch.noteFlush(since: start) }
    let lock = try ProcessLock(repository)
    do throws(StoreError) { try store(batch, lock) } catch {
      abandon(batch)
      throw error
    }
    batch.clear()
    pending.withLock { $0 = Pending() }
    do throws(StoreError) { try maintain(batch, lock) } catch {
      // Everything is durable already; only the tidying has to wait.
      report("\(error); the store works on with more files than it needs")
    }
  }

  /// Gives up what is not durable, so that nothing builds on it.
  func abandon(_ batch: Batch) {
    batch.abandon()
    pending.withLock { $0 = Pending() }
  }

  private func store(_ batch: Batch, _ lock: borrowing ProcessLock) throws(StoreError) {
    var segment: String?
    if !batch.additions.isEmpty {
      segment = try writeSegment(batch.lines, batch.outputs, replacing: [], batch)
    } else {
      try batch.finishPack()
    }
    let additions = batch.additions
    let contents = batch.contents
    do throws(StoreError) { try index.add(additions, contents: contents, segment: segment) } catch {
      guard error.isIndexDamage else { throw error }
      try rebuild(error, lock)
      try index.add(additions, contents: contents, segment: segment)
    }
  }

  /// Adds a segment to the records, makes the batch's objects durable, and moves the reference.
  /// - Parameters:
  ///   - replacing: segments whose records are in the new one.
  ///   - source: the reference that gets the segment.
  /// - Returns: the segment's name.
  func writeSegment(
    _ lines: [UInt8], _ outputs: [ObjectID: Bool], replacing: Set<String>, _ batch: Batch,
    to source: RecordSource = .own
  ) throws(StoreError) -> String {
    let base = Digest(of: lines).hexadecimal
    let blob = try batch.append(.blob, lines, always: true)
    let objects = outputs.map { Tree.Entry(name: $0.key.hexadecimal, id: $0.key, isTree: $0.value) }
    let objectsID = try batch.append(.tree, Tree(objects).bytes, always: true)
    for attempt in 1... {
      let tip = try repository.target(of: source.reference)
      var tree = if let tip { try recordsTree(of: tip) } else { Tree() }
      let mine: Set = [base + RecordSegment.suffix, base + RecordSegment.objectsSuffix]
      tree.entries.removeAll { replacing.contains($0.name) || mine.contains($0.name) }
      tree.entries.append(.init(name: base + RecordSegment.suffix, id: blob, isTree: false))
      tree.entries.append(.init(name: base + RecordSegment.objectsSuffix, id: objectsID, isTree: true))
      let treeID = try batch.append(.tree, tree.bytes, always: true)
      // Without a parent: what records once were is of no use.
      let commit = Commit(tree: treeID, parents: [], time: Int64(FileSystem.now), message: RecordSegment.message)
      let commitID = try batch.append(.commit, commit.bytes, always: true)
      try batch.finishPack()
      if commitID == tip { break }
      do throws(StoreError) {
        try repository.update(source.reference, from: tip, to: commitID, message: "records")
        break
      } catch {
        // Someone outside, such as a fetch, moved the reference meanwhile.
        guard case .conflict = error.cause, attempt < 8 else { throw error }
      }
    }
    return base + RecordSegment.suffix
  }

  /// Keeps segments and packs few.
  private func maintain(_ batch: Batch, _ lock: borrowing ProcessLock) throws(StoreError) {
    let consolidation = PackConsolidation(repository: repository)
    if consolidation.isDue { try consolidation.consolidate() }
    try mergeSegments(batch, of: .own)
  }

  func mergeSegments(_ batch: Batch, of source: RecordSource) throws(StoreError) {
    guard let tip = try repository.target(of: source.reference) else { return }
    let tree = try recordsTree(of: tip)
    let segments = tree.entries.filter { $0.name.hasSuffix(RecordSegment.suffix) }
    guard segments.count > RecordSegment.countLimit else { return }
    var short: [(name: String, bytes: [UInt8])] = []
    for segment in segments {
      // One that cannot be read stays, and is reported when the store is opened.
      guard let bytes = try? repository.bytes(segment.id, .blob), bytes.count < RecordSegment.mergeLimit else {
        continue
      }
      short.append((segment.name, bytes))
    }
    guard short.count > RecordSegment.countLimit / 2 else { return }
    var outputs: [ObjectID: Bool] = [:]
    var replaced: Set<String> = []
    for segment in short {
      let objects = String(segment.name.dropLast(RecordSegment.suffix.count)) + RecordSegment.objectsSuffix
      if let entry = tree[objects] {
        for object in try self.tree(entry.id).entries { outputs[object.id] = object.isTree }
      }
      replaced.formUnion([segment.name, objects])
    }
    do throws(StoreError) {
      let name = try writeSegment(
        RecordSegment.merge(short.map(\.bytes)), outputs, replacing: replaced, batch, to: source)
      batch.clear()
      try index.replaceSegments(
        short.map { source.mark + $0.name }.filter { $0 != source.mark + name }, with: source.mark + name)
    } catch {
      abandon(batch)
      throw error
    }
  }

  private func inlineBytes(of content: StoredContent, _ batch: Batch) throws(StoreError) -> [UInt8]? {
    guard content.files.count == 1, content.files[0].byteCount <= Self.inlineLimit, !content.files[0].chunked else {
      return nil
    }
    let id = content.files[0].object
    if let object = try batch.read(id) { return object.bytes }
    return try repository.bytes(id, .blob)
  }

  /// Rewrites packs in which something was found damaged, so that it can be put again.
  func removeDamaged() throws(StoreError) {
    let objects = damaged.withLock { $0 }
    if objects.isEmpty { return }
    try batch.withLock { (_) throws(StoreError) in
      let lock = try ProcessLock(repository)
      try removeDamaged(objects, lock)
    }
    damaged.withLock { $0.subtract(objects) }
  }

  private func removeDamaged(_ objects: Set<ObjectID>, _ lock: borrowing ProcessLock) throws(StoreError) {
    try PackConsolidation(repository: repository).removeDamaged(objects)
  }
}
