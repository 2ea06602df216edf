internal import Core
internal import Synchronization

extension ArtifactStore {
  /// Adds a finished stage's record to the batch; its output must have been put.
  ///
  /// The batch is flushed by itself when losing it would cost more than a fifth of a second of computing; else by
  /// ``flush()``.
  /// - Throws: ``StoreError``, also when the output's objects are not in the store.
  package func add(_ record: StageRecord) throws(StoreError) {
    let line = try RecordSegment.line(record)
    try batch.withLock { (batch) throws(StoreError) in
      for file in record.output.files where !batch.contains(file.object) && !repository.contains(file.object) {
        let reason = "its output \(file.name) was not put or is lost"
        throw StoreError(
          operation: "record the stage", subject: record.stage,
          cause: .damaged(object: file.object, digest: file.digest, reason: reason))
      }

      let inline = try inlineBytes(of: record.output, batch)
      batch.add(record, line: line, inline: inline)
      // Look-ups see the record before it is durable.
      pending.withLock {
        $0.records[record.key] = record
        $0.outcomes[record.key] = StoredOutcome(
          key: record.key, stage: record.stage, output: record.output, inline: inline, finished: record.finished,
          seconds: record.cost.seconds)
      }
      if batch.isDue { try flush(batch) }
    }
    if withholds.withLock({ $0 }) { try compare(record) }
  }

  private func inlineBytes(of content: StoredContent, _ batch: Batch) throws(StoreError) -> [UInt8]? {
    guard let id = content.inlineObject else { return nil }
    if let object = try batch.read(id) { return object.bytes }
    return try repository.bytes(id, .blob)
  }

  /// Makes everything durable that was put and added: one pack, the records' reference, the index's rows, in that
  /// order.
  ///
  /// A process that is killed between two of them leaves objects that nothing names, or records that the next process
  /// adds to the index.
  package func flush() throws(StoreError) {
    try batch.withLock { (batch) throws(StoreError) in try flush(batch) }
  }

  func flush(_ batch: Batch) throws(StoreError) {
    guard !batch.isEmpty else { return }
    let start = FileSystem.uptime
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

  /// Drops what is not durable, so that nothing builds on it.
  func abandon(_ batch: Batch) {
    batch.abandon()
    pending.withLock { $0 = Pending() }
  }

  private func store(_ batch: Batch, _ lock: borrowing ProcessLock) throws(StoreError) {
    var segment: String?
    if !batch.additions.isEmpty {
      segment = try writeSegment(SegmentDraft(bytes: batch.lines, outputs: batch.outputs), in: batch)
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

  // MARK: Segments

  /// Adds a segment to the records, makes the batch's objects durable, and moves the reference.
  /// - Parameters:
  ///   - replacing: names in the records' tree that the segment takes the place of.
  ///   - source: the reference that gets the segment.
  /// - Returns: the segment's name.
  func writeSegment(
    _ segment: SegmentDraft, replacing: Set<String> = [], to source: RecordSource = .own, in batch: Batch
  ) throws(StoreError) -> String {
    let blob = try batch.append(.blob, segment.bytes, always: true)
    let objects = try batch.append(.tree, segment.objects.bytes, always: true)
    let entries = SegmentDraft.entries(base: segment.base, segment: blob, objects: objects)
    let former = replacing.union(entries.map(\.name))

    for attempt in 1... {
      let tip = try repository.target(of: source.reference)
      var tree = if let tip { try recordsTree(of: tip) } else { Tree() }
      tree.entries.removeAll { former.contains($0.name) }
      tree.entries += entries
      let commit = try batch.appendCommit(tree: tree.bytes, message: RecordSegment.message)

      // The objects are durable before the reference names them.
      try batch.finishPack()
      if commit == tip { break }
      do throws(StoreError) {
        try repository.update(source.reference, from: tip, to: commit, message: "records")
        break
      } catch {
        // A git command, such as a fetch, moved the reference meanwhile.
        guard case .conflict = error.cause, attempt < 8 else { throw error }
      }
    }
    return entries[0].name
  }

  /// Keeps segments and packs few.
  private func maintain(_ batch: Batch, _ lock: borrowing ProcessLock) throws(StoreError) {
    let consolidation = PackConsolidation(repository: repository)
    if consolidation.isDue { try consolidation.consolidate() }
    try mergeSegments(batch, of: .own)
  }

  /// Merges the short segments of a reference when there are too many. The caller holds the ``ProcessLock``.
  func mergeSegments(_ batch: Batch, of source: RecordSource) throws(StoreError) {
    guard let tip = try repository.target(of: source.reference) else { return }
    let tree = try recordsTree(of: tip)
    let segments = tree.entries.filter { $0.name.hasSuffix(RecordSegment.suffix) }
    guard segments.count > RecordSegment.countLimit else { return }
    let short = shortSegments(segments)
    guard short.count > RecordSegment.countLimit / 2 else { return }

    // It names the objects of all segments that it takes the place of, also those of records that a later one replaces.
    var merged = SegmentDraft(bytes: RecordSegment.merge(short.map(\.bytes)))
    var replaced: Set<String> = []
    for segment in short {
      let base = String(segment.name.dropLast(RecordSegment.suffix.count))
      let objects = base + RecordSegment.objectsSuffix
      if let entry = tree[objects] {
        for object in try self.tree(entry.id).entries { merged.outputs[object.id] = object.isTree }
      }
      replaced.formUnion([segment.name, objects])
    }

    do throws(StoreError) {
      let name = source.mark + (try writeSegment(merged, replacing: replaced, to: source, in: batch))
      batch.clear()
      try index.replaceSegments(short.map { source.mark + $0.name }.filter { $0 != name }, with: name)
    } catch {
      abandon(batch)
      throw error
    }
  }

  /// The segments that are short enough for a merge. One that cannot be read stays, and is reported when the store is
  /// opened.
  private func shortSegments(_ segments: [Tree.Entry]) -> [(name: String, bytes: [UInt8])] {
    segments.compactMap { segment in
      guard let bytes = try? repository.bytes(segment.id, .blob), bytes.count < RecordSegment.mergeLimit else {
        return nil
      }
      return (segment.name, bytes)
    }
  }

  // MARK: Damage

  /// Rewrites packs in which something was found damaged, so that it can be put again.
  func removeDamaged() throws(StoreError) {
    let objects = damaged.withLock { $0 }
    if objects.isEmpty { return }
    try locked { (_, _) throws(StoreError) in
      try PackConsolidation(repository: repository).removeDamaged(objects)
    }
    damaged.withLock { $0.subtract(objects) }
  }
}
