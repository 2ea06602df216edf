internal import Core
internal import Synchronization

/// Reads the records of a remote, and says of each whether it passes.
struct RecordExamination {
  private typealias Segment = (name: String, id: ObjectID)

  private let store: ArtifactStore
  private let repository: GitRepository
  private let remote: String
  private var check: ContentCheck
  /// Objects of the outputs of all records that decode.
  private var outputs: Set<ObjectID> = []
  private var count = 0

  /// New records without a fault, in their order.
  private(set) var passed: [RecordSegment.Line] = []
  /// The outcome but for ``Admission/admitted`` and ``Admission/withheld``, which the remote's policy decides.
  private(set) var admission = Admission()

  /// Records between two calls of the progress.
  private static let progressInterval = 500

  init(store: ArtifactStore, remote: String) {
    self.store = store
    self.remote = remote
    repository = store.repository
    check = ContentCheck(repository: repository)
  }

  /// Examines all records of a remote's commit.
  /// - Parameter progress: called with the number of records examined.
  mutating func examine(recordsOf tip: ObjectID, _ progress: (Int) -> Void) throws(StoreError) {
    for segment in segments(of: tip) {
      guard let bytes = read(segment) else { continue }
      let lines = RecordSegment.decodeLines(bytes)
      for file in lines.lazy.compactMap(\.record).flatMap(\.output.files) { outputs.insert(file.object) }

      // One look into the index for the whole segment.
      let keys = lines.compactMap { $0.record?.key }
      let present = try store.recovering { () throws(StoreError) in try store.index.outcomes(keys) }
      for (number, (record, json)) in lines.enumerated() {
        count += 1
        if count.isMultiple(of: Self.progressInterval) { progress(count) }
        guard let record else {
          refuse("record", "line \(number + 1) of \(segment.name)", reason: "it does not decode")
          continue
        }
        try examine(.init(record: record, json: json), present[record.key])
      }
    }
    progress(count)
  }

  /// - Parameter present: this store's outcome of the record's key.
  private mutating func examine(_ line: RecordSegment.Line, _ present: StoredOutcome?) throws(StoreError) {
    let record = line.record
    if try isKnown(record, present) {
      admission.known += 1
    } else if let fault = try fault(of: record) {
      refuse("record", record.stage, key: record.key, reason: fault)
    } else {
      if let present, present.output.digest != record.output.digest { admission.differing += 1 }
      passed.append(line)
    }
  }

  /// The reason why a record does not pass; `nil` when it does. Contradictions are cheap to find, so they come first.
  private mutating func fault(of record: StageRecord) throws(StoreError) -> String? {
    if let fault = record.fault { return fault }
    return try store.contentFault(of: record.output, &check)
  }

  /// True when a record is not new: the same key and output, computed here or pulled before.
  private func isKnown(_ record: StageRecord, _ present: StoredOutcome?) throws(StoreError) -> Bool {
    if let present, present.output.digest == record.output.digest { return true }
    guard store.withholds.withLock({ $0 }) else { return false }
    return try store.index.withheld(record.key).contains {
      $0.remote == remote && $0.digest == record.output.digest
    }
  }

  /// The segments in the tree of a remote's commit; every other entry is refused.
  private mutating func segments(of tip: ObjectID) -> [Segment] {
    guard let tree = store.rawTree(ofCommit: tip) else {
      refuse("records", "\(tip)", reason: "it is not a commit with a folder of records")
      return []
    }

    var segments: [Segment] = []
    for entry in tree.entries {
      let base = entry.text.prefix(64)
      let suffix = entry.text.dropFirst(64)
      if let fault = entry.fault {
        refuse("records", entry.text, reason: fault)
      } else if Digest(hexadecimal: String(base)) == nil {
        refuse("records", entry.text, reason: "its name is not that of records")
      } else if suffix == RecordSegment.suffix, entry.isFile {
        if let fault = fault(ofSegment: entry.id) {
          refuse("records", entry.text, reason: fault)
        } else {
          segments.append((entry.text, entry.id))
        }
      } else if suffix != RecordSegment.objectsSuffix || !entry.isFolder {
        // The folder of objects is not looked at: this store makes its own from the records that passed.
        refuse("records", entry.text, reason: "this version does not know its kind")
      }
    }
    return segments
  }

  /// The reason why an object cannot be a segment, found without reading it; `nil` when it can.
  private func fault(ofSegment id: ObjectID) -> String? {
    switch repository.header(of: id) {
    case nil: "the object \(id) is missing"
    case (.blob, let count)? where count <= RecordSegment.byteLimit: nil
    case (_, let count)?: "it is not a file of records, or with \(count) bytes too long for one"
    }
  }

  /// The bytes of a segment; `nil`, and a refusal, when they cannot be read or are not what its name says.
  private mutating func read(_ segment: Segment) -> [UInt8]? {
    let bytes: [UInt8]
    do throws(StoreError) { bytes = try repository.bytes(segment.id, .blob) } catch {
      refuse("records", segment.name, reason: "\(error)")
      return nil
    }
    guard Digest(of: bytes).hexadecimal + RecordSegment.suffix == segment.name else {
      refuse("records", segment.name, reason: "its bytes do not hash to its name")
      return nil
    }
    return bytes
  }

  private mutating func refuse(_ kind: String, _ name: String, key: Digest? = nil, reason: String) {
    admission.refused.append(Refusal(kind: kind, name: name, key: key, reason: reason))
  }

  /// True when everything that a remote's commit names was examined: nothing was refused, and its folders of objects
  /// are flat and name nothing but the outputs of its records.
  func hasSeenAll(of tip: ObjectID) -> Bool {
    guard admission.refused.isEmpty, let tree = store.rawTree(ofCommit: tip) else { return false }
    return tree.entries.filter(\.isFolder).allSatisfy { entry in
      guard let objects = store.rawTree(entry.id) else { return false }
      return objects.entries.allSatisfy {
        $0.fault == nil && $0.text == $0.id.hexadecimal && outputs.contains($0.id)
      }
    }
  }
}
