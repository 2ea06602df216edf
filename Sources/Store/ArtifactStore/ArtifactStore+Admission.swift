internal import Core
internal import Synchronization

/// Taking in what a remote sent. It lies in references of its own until everything about it was checked; what does not pass is
/// refused by name, and the rest goes on.
extension ArtifactStore {
  /// A record that passed, with its line.
  typealias Line = (record: StageRecord, line: ArraySlice<UInt8>)

  /// Checks the records of a reference and adds those that pass, marked with where they came from.
  ///
  /// Every record must decode and not contradict itself (its key is the digest of its components), and all bytes of its outputs are
  /// read and hashed once. What this store computed itself stays whatever a remote says.
  /// - Parameters:
  ///   - reference: where a fetch has put them.
  ///   - remote: its name.
  ///   - isAdmitted: whether the remote's policy lets look-ups find a record.
  ///   - progress: is called with the number of records checked.
  /// - Throws: ``StoreError/Cause/notFound`` when there is no such reference.
  package func admitRecords(
    from reference: String, remote: String, isAdmitted: (StageRecord) -> Bool, progress: (Int) -> Void = { _ in }
  ) throws(StoreError) -> Admission {
    try flush()
    repository.refresh()
    var admission = Admission()
    guard let tip = try repository.target(of: reference) else {
      throw StoreError(operation: "take in the stage records of", subject: remote, cause: .notFound)
    }
    if try repository.target(of: Self.tracking(remote)) == tip { return admission }
    var admitted: [Line] = []
    var withheld: [Line] = []
    var check = ContentCheck(repository: repository)
    var count = 0
    var outputs: Set<ObjectID> = []
    for segment in try segments(of: tip, refused: &admission.refused) {
      let bytes: [UInt8]
      do throws(StoreError) { bytes = try repository.bytes(segment.id, .blob) } catch {
        admission.refused.append(Refusal(kind: "records", name: segment.name, reason: "\(error)"))
        continue
      }
      guard Digest(of: bytes).hexadecimal + RecordSegment.suffix == segment.name else {
        admission.refused.append(
          Refusal(kind: "records", name: segment.name, reason: "its bytes do not hash to its name"))
        continue
      }
      let lines = RecordSegment.decodeLines(bytes)
      for file in lines.lazy.compactMap(\.record).flatMap(\.output.files) { outputs.insert(file.object) }
      let known = try recovering { () throws(StoreError) in try index.outcomes(lines.compactMap { $0.record?.key }) }
      for (number, (record, line)) in lines.enumerated() {
        count += 1
        if count.isMultiple(of: 500) { progress(count) }
        guard let record else {
          let name = "line \(number + 1) of \(segment.name)"
          admission.refused.append(Refusal(kind: "record", name: name, reason: "it does not decode"))
          continue
        }
        if try isKnown(record, known[record.key], from: remote) {
          admission.known += 1
          continue
        }
        if let fault = try fault(of: record, &check) {
          admission.refused.append(Refusal(kind: "record", name: record.stage, key: record.key, reason: fault))
          continue
        }
        if let own = known[record.key], own.output.digest != record.output.digest { admission.differing += 1 }
        if isAdmitted(record) { admitted.append((record, line)) } else { withheld.append((record, line)) }
      }
    }
    progress(count)
    admission.admitted = admitted.count
    admission.withheld = withheld.count
    try add(admitted, to: .pulled(remote))
    try add(withheld, to: .withheld(remote))
    try batch.withLock { (_) throws(StoreError) in
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      // The next fetch need not send what is here; but what was not looked at shall not be kept by a reference.
      if admission.refused.isEmpty, namesOnly(outputs, tip) {
        try repository.set(Self.tracking(remote), to: tip, message: "pull")
      } else {
        try repository.remove(Self.tracking(remote))
      }
    }
    return admission
  }

  /// Decides again which of a remote's records look-ups find: its policy changed, or more is attested.
  /// - Returns: how many came to be found, and how many are found no longer.
  @discardableResult
  package func reconsider(remote: String, isAdmitted: (StageRecord) -> Bool) throws(StoreError) -> (
    admitted: Int, withheld: Int
  ) {
    let pulled = try lines(of: .pulled(remote))
    let held = try lines(of: .withheld(remote))
    let rising = held.filter { isAdmitted($0.record) }
    let falling = pulled.filter { !isAdmitted($0.record) }
    guard !rising.isEmpty || !falling.isEmpty else { return (0, 0) }
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      let lock = try ProcessLock(repository)
      do throws(StoreError) {
        // The index first: after a kill at any instant it is made again. At every instant each record is in one of the two.
        try index.forgetRecords()
        if !falling.isEmpty { try replace(held + falling, in: .withheld(remote), batch) }
        try replace(pulled.filter { isAdmitted($0.record) } + rising, in: .pulled(remote), batch)
        try replace(held.filter { !isAdmitted($0.record) } + falling, in: .withheld(remote), batch)
        batch.clear()
        try importSegments(lock)
      } catch {
        abandon(batch)
        throw error
      }
    }
    return (rising.count, falling.count)
  }

  /// Forgets the records of a remote and what is known of it.
  package func forget(remote: String) throws(StoreError) {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      let lock = try ProcessLock(repository)
      for prefix in [
        "refs/colophon/incoming/\(remote)/", "refs/colophon/outgoing/\(remote)/", "refs/remotes/\(remote)/",
      ] {
        for reference in try repository.references(under: prefix) { try repository.remove(reference) }
      }
      for reference in [
        RecordSource.pulled(remote).reference, RecordSource.withheld(remote).reference, Self.tracking(remote),
      ] {
        try repository.remove(reference)
      }
      try index.forgetRecords()
      try importSegments(lock)
    }
  }

  /// Where the last pull found the remote's records.
  static func tracking(_ remote: String) -> String { "refs/colophon/remotes/\(remote)" }

  /// The segments in the tree of a foreign commit.
  private func segments(of tip: ObjectID, refused: inout [Refusal]) throws(StoreError) -> [(name: String, id: ObjectID)]
  {
    func refuse(_ name: String, _ reason: String) {
      refused.append(Refusal(kind: "records", name: name, reason: reason))
    }
    guard let tree = foreignTree(ofCommit: tip) else {
      refuse("\(tip)", "it is no commit with a folder of records")
      return []
    }
    var segments: [(String, ObjectID)] = []
    for entry in tree.entries {
      let base = entry.text.prefix(64)
      let suffix = entry.text.dropFirst(64)
      if let fault = entry.fault {
        refuse(entry.text, fault)
      } else if Digest(hexadecimal: String(base)) == nil {
        refuse(entry.text, "records are not named so")
      } else if suffix == RecordSegment.suffix, entry.mode == "100644" {
        switch repository.header(of: entry.id) {
        case nil: refuse(entry.text, "the object \(entry.id) is missing")
        case (.blob, let count)? where count <= RecordSegment.byteLimit: segments.append((entry.text, entry.id))
        case (_, let count)?: refuse(entry.text, "it is no file of records, or with \(count) bytes too long for one")
        }
      } else if suffix != RecordSegment.objectsSuffix || entry.mode != "40000" {
        // The folder of objects is not looked at: this store makes its own from the records that passed.
        refuse(entry.text, "it is of no kind that this version knows")
      }
    }
    return segments
  }

  /// Whether the folders of objects in a commit of records are flat and name nothing but these.
  private func namesOnly(_ outputs: Set<ObjectID>, _ tip: ObjectID) -> Bool {
    guard let tree = foreignTree(ofCommit: tip) else { return false }
    return tree.entries.filter { $0.mode == "40000" }.allSatisfy { entry in
      foreignTree(entry.id)?.entries.allSatisfy {
        $0.fault == nil && $0.text == $0.id.hexadecimal && outputs.contains($0.id)
      }
        ?? false
    }
  }

  /// The tree of a foreign commit, both of bounded size; `nil` when it is none.
  func foreignTree(ofCommit id: ObjectID) -> ForeignTree? {
    guard let header = repository.header(of: id), header.kind == .commit, header.byteCount <= 1 << 20,
      let bytes = try? repository.bytes(id, .commit), let commit = Commit(parsing: bytes)
    else { return nil }
    return foreignTree(commit.tree)
  }

  /// A foreign tree of at most 64 MiB, a million names; `nil` when it is none.
  func foreignTree(_ id: ObjectID) -> ForeignTree? {
    guard let header = repository.header(of: id), header.kind == .tree, header.byteCount <= 64 << 20,
      let bytes = try? repository.bytes(id, .tree)
    else { return nil }
    return bytes.withUnsafeBytes { ForeignTree(parsing: $0) }
  }

  /// Whether there is nothing new in a record: the same key and output, computed here or pulled before.
  private func isKnown(_ record: StageRecord, _ present: StoredOutcome?, from remote: String) throws(StoreError) -> Bool
  {
    if let present, present.output.digest == record.output.digest { return true }
    guard withholds.withLock({ $0 }) else { return false }
    return try index.withheld(record.key).contains { $0.remote == remote && $0.digest == record.output.digest }
  }

  private func fault(of record: StageRecord, _ check: inout ContentCheck) throws(StoreError) -> String? {
    if let fault = record.fault { return fault }
    return try contentFault(of: record.output, &check)
  }

  /// What is wrong with an output's objects; contents that this store has under the same objects were checked before.
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

  private func add(_ lines: [Line], to source: RecordSource) throws(StoreError) {
    guard !lines.isEmpty else { return }
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      do throws(StoreError) {
        for part in Self.split(lines) {
          let name = try writeSegment(part.bytes, part.outputs, replacing: [], batch, to: source)
          batch.clear()
          try add(part.lines, toIndexAs: source.mark + name, from: source)
        }
        if case .withheld = source { withholds.withLock { $0 = true } }
        try mergeSegments(batch, of: source)
      } catch {
        abandon(batch)
        throw error
      }
    }
  }

  /// Makes the records of a reference these and no others. The caller holds the lock.
  func replace(_ lines: [Line], in source: RecordSource, _ batch: Batch) throws(StoreError) {
    let old = try repository.target(of: source.reference)
    let present = if let old { try recordsTree(of: old).entries.map(\.name) } else { [String]() }
    guard !lines.isEmpty else { return try repository.remove(source.reference) }
    var replaced = Set(present)
    for part in Self.split(lines) {
      _ = try writeSegment(part.bytes, part.outputs, replacing: replaced, batch, to: source)
      batch.clear()
      replaced = []
    }
  }

  /// The records of a reference, as they are in the repository.
  func lines(of source: RecordSource) throws(StoreError) -> [Line] {
    guard let tip = try repository.target(of: source.reference) else { return [] }
    var lines: [Line] = []
    for entry in try recordsTree(of: tip).entries where entry.name.hasSuffix(RecordSegment.suffix) {
      for (record, line) in RecordSegment.decodeLines(try repository.bytes(entry.id, .blob)) {
        if let record { lines.append((record, line)) }
      }
    }
    return lines
  }

  /// Parts of at most half of what a segment may be long, each with its bytes and the objects of its outputs.
  static func split(_ lines: [Line]) -> [(lines: [Line], bytes: [UInt8], outputs: [ObjectID: Bool])] {
    var parts: [(lines: [Line], bytes: [UInt8], outputs: [ObjectID: Bool])] = []
    for (record, line) in lines {
      if parts.last.map({ $0.bytes.count + line.count > RecordSegment.byteLimit / 2 }) ?? true {
        parts.append(([], [], [:]))
      }
      let last = parts.count - 1
      parts[last].lines.append((record, line))
      parts[last].bytes += line
      parts[last].bytes.append(UInt8(ascii: "\n"))
      for file in record.output.files { parts[last].outputs[file.object] = file.chunked }
    }
    return parts
  }
}
