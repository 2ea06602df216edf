internal import Core

/// Removing results that are still named, when they are more than the limit.
extension CollectionPlanner {
  /// Decides which results and versions are removed, until the rest is within the limit or only the kept is left.
  ///
  /// Copies on disk are removed first, because they cost nothing to make again; then results, the cheapest to compute
  /// again for their size first, with the old versions that named them; then the oldest versions.
  mutating func evict(downTo limit: Int64) throws(StoreError) {
    let candidates = try gatherCandidates()
    for version in versions { hold(version.objects) }
    for candidate in candidates { hold(candidate.objects) }
    // The records themselves count as they are now, though they get shorter.
    size = cost(of: kept.found.union(holders.keys).union(try recordObjects()))

    let copies = store.folder.all()
    if size + copies.reduce(0, { $0 + $1.byteCount }) > limit { work.contents = copies }
    guard size > limit else { return }

    evictResults(inOrderOfWorth(candidates), downTo: limit)
    cutOldestVersions(downTo: limit)
    noteCuts()
  }

  /// The records of all sources, those of one key together.
  private mutating func gatherCandidates() throws(StoreError) -> [Candidate] {
    var candidates: [Digest: Candidate] = [:]
    for source in try store.recordSources() {
      let sourceLines = try store.lines(of: source)
      lines[source] = sourceLines
      for record in sourceLines.map(\.record) {
        var candidate = candidates[record.key] ?? Candidate(key: record.key, stage: record.stage, seconds: 0)
        candidate.seconds = max(candidate.seconds, record.cost.seconds)
        candidate.objects.formUnion(objects(of: record))
        for object in candidate.objects where work.graph.objects[object] == nil { missing[object] = record.stage }
        candidates[record.key] = candidate
      }
    }
    return Array(candidates.values)
  }

  /// The objects of a record's output: files, lists of chunks, chunks.
  private mutating func objects(of record: StageRecord) -> Set<ObjectID> {
    var objects: Set<ObjectID> = []
    for file in record.output.files {
      objects.insert(file.object)
      guard file.chunked else { continue }
      if let tree = try? store.tree(file.object) {
        objects.formUnion(tree.entries.map(\.id))
      } else {
        missing[file.object] = record.stage
      }
    }
    return objects
  }

  /// The objects that make up the records of all sources.
  private func recordObjects() throws(StoreError) -> Set<ObjectID> {
    var objects: Set<ObjectID> = []
    for source in lines.keys {
      guard let tip = try repository.target(of: source.reference) else { continue }
      let commit = try store.commit(tip)
      objects.formUnion([tip, commit.tree])
      objects.formUnion(try store.tree(commit.tree).entries.map(\.id))
    }
    return objects
  }

  /// Counts one more holder of each object that is not among the kept.
  private mutating func hold(_ objects: Set<ObjectID>) {
    for object in objects where !kept.found.contains(object) { holders[object, default: 0] += 1 }
  }

  /// Counts one holder less; an object without holders is removed.
  private mutating func release(_ object: ObjectID) {
    guard let count = holders[object], count > 0 else { return }
    holders[object] = count - 1
    if count == 1 { size -= cost(of: object) }
  }

  // MARK: Results

  /// The candidates that free something, those with the fewest seconds of computing per byte first.
  private func inOrderOfWorth(_ candidates: [Candidate]) -> [Candidate] {
    var freeing: [Candidate] = []
    for var candidate in candidates {
      candidate.byteCount = Int(cost(of: candidate.objects.filter { holders[$0] != nil }))
      if candidate.byteCount > 0 { freeing.append(candidate) }
    }
    return freeing.sorted {
      let (left, right) = ($0.seconds / Double($0.byteCount), $1.seconds / Double($1.byteCount))
      return left != right ? left < right : $0.key < $1.key
    }
  }

  private mutating func evictResults(_ candidates: [Candidate], downTo limit: Int64) {
    var versionsNaming: [ObjectID: [Int]] = [:]
    for (position, version) in versions.enumerated() {
      for object in version.objects where holders[object] != nil {
        versionsNaming[object, default: []].append(position)
      }
    }
    var recordsNaming: [ObjectID: Int] = [:]
    for candidate in candidates {
      for object in candidate.objects where holders[object] != nil { recordsNaming[object, default: 0] += 1 }
    }

    for candidate in candidates where size > limit {
      work.plan.evictions.append(
        .init(
          stage: candidate.stage, key: candidate.key, byteCount: Int64(candidate.byteCount),
          seconds: candidate.seconds))
      for object in candidate.objects where holders[object] != nil {
        release(object)
        recordsNaming[object, default: 1] -= 1
        // Evicting frees nothing while an old version names the object: such versions are removed with the last record.
        if recordsNaming[object] == 0 { for version in versionsNaming[object] ?? [] { cut(version) } }
      }
    }
  }

  // MARK: Versions

  private mutating func cutOldestVersions(downTo limit: Int64) {
    for position in versions.indices.sorted(by: { versions[$0].time < versions[$1].time }) where size > limit {
      cut(position)
    }
  }

  /// Removes a version with all before it.
  private mutating func cut(_ position: Int) {
    let (branch, depth) = (versions[position].branch, versions[position].depth)
    for other in versions.indices
    where versions[other].branch == branch && versions[other].depth >= depth && !versions[other].isCut {
      versions[other].isCut = true
      for object in versions[other].objects { release(object) }
    }
  }

  /// Counts the versions that are removed, and finds those that stay and come right after them: there the history ends.
  private mutating func noteCuts() {
    var removed: [String: Set<ObjectID>] = [:]
    for version in versions where version.isCut {
      let prefix = version.branch.hasPrefix("refs/heads/") ? "refs/heads/" : "refs/remotes/"
      work.plan.cutVersions[String(version.branch.dropFirst(prefix.count)), default: 0] += 1
      removed[version.branch, default: []].insert(version.id)
    }

    for (branch, removed) in removed {
      var open = ((try? repository.target(of: branch)) ?? nil).map { [$0] } ?? []
      var seen: Set<ObjectID> = []
      while let id = open.popLast() {
        guard seen.insert(id).inserted, !removed.contains(id), let bytes = try? repository.bytes(id, .commit),
          let commit = Commit(parsing: bytes)
        else { continue }
        // Git's list has commits without any of their parents.
        if commit.parents.contains(where: removed.contains) { work.cuts.insert(id) } else { open += commit.parents }
      }
    }
  }

  // MARK: Records

  /// Makes the records' commits without the records that are removed, as objects that are not written yet.
  mutating func rewriteRecords(_ live: inout Set<ObjectID>) throws(StoreError) {
    let evicted = Set(work.plan.evictions.map(\.key))
    for (source, lines) in lines {
      guard let tip = try repository.target(of: source.reference) else { continue }
      let remaining = evicted.isEmpty ? lines : lines.filter { !evicted.contains($0.record.key) }
      if remaining.count == lines.count {
        var unchanged = Reachability(repository: repository)
        unchanged.mark(commit: tip, for: source.reference)
        missing.merge(unchanged.missing) { first, _ in first }
        live.formUnion(unchanged.found)
        continue
      }

      work.remaining[source] = remaining
      // The old commit's time, so that the plan does not depend on when it is made.
      let time = Commit(parsing: try repository.bytes(tip, .commit))?.time ?? 0
      let commit = remaining.isEmpty ? nil : writeRecords(remaining, time: time, into: &live)
      work.tips[source] = .some(commit)
    }
  }

  /// - Returns: the name of a commit with these records.
  private mutating func writeRecords(
    _ lines: [RecordSegment.Line], time: Int64, into live: inout Set<ObjectID>
  ) -> ObjectID {
    var tree = Tree()
    for part in SegmentDraft.split(lines) {
      let segment = write(.blob, part.bytes, into: &live)
      let objects = write(.tree, part.objects.bytes, into: &live)
      tree.entries += SegmentDraft.entries(base: part.base, segment: segment, objects: objects)
    }
    let treeID = write(.tree, tree.bytes, into: &live)
    let commit = Commit(tree: treeID, time: time, message: RecordSegment.message)
    return write(.commit, commit.bytes, into: &live)
  }

  /// Notes an object that stays, ready for a pack when the store does not have it.
  private mutating func write(
    _ kind: ObjectKind, _ bytes: [UInt8], into live: inout Set<ObjectID>
  ) -> ObjectID {
    let (id, entry) = bytes.withUnsafeBytes { (ObjectID(kind, $0), PackEntry.encode(kind, $0)) }
    if live.insert(id).inserted, work.graph.objects[id] == nil {
      work.written.append((id, entry))
      work.plan.addedBytes += Int64(entry.count) + Self.placeLength
    }
    return id
  }
}
