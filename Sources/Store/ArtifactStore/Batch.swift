internal import Core

/// The objects and records since the last flush. It is used under the lock of ``ArtifactStore`` `batch`.
final class Batch {
  /// Seconds of computing that may be lost in a crash: a flush takes about a twentieth of it.
  private static let costLimit = 0.2
  /// Records that wait for a flush at most, however slow the disk is.
  private static let countLimit = 4096
  /// Bytes of objects that wait for a flush: 64 MiB.
  private static let byteLimit = 64 << 20
  /// Seconds that the first record waits for a flush.
  private static let ageLimit = 1.0

  private let repository: GitRepository
  private var writer: PackWriter?
  /// Records with their lines, in the order they were added.
  private(set) var additions: [StoreIndex.Addition] = []
  /// The lines of ``additions``, each with its line break.
  private(set) var lines: [UInt8] = []
  /// Objects of the records' outputs, and whether each is a tree.
  private(set) var outputs: [ObjectID: Bool] = [:]
  private(set) var contents: [StoredFile] = []
  /// Seconds that the recorded stages ran: the price of losing the batch.
  private(set) var cost = 0.0
  private var began = 0.0
  /// The time at which the last flush ended, by ``FileSystem/uptime``.
  private var flushed = -Double.infinity
  /// The length of the last flush, in seconds.
  private var flushSeconds = 0.0
  /// The number of batches that were dropped: what was put before is gone.
  private(set) var generation = 0

  init(repository: GitRepository) { self.repository = repository }

  var isEmpty: Bool { writer == nil && additions.isEmpty && contents.isEmpty }

  /// True when waiting longer would risk more than it saves.
  ///
  /// A fifth of a second of computing, a second of waiting, 64 MiB, or 4,096 records: a flush takes about 10 ms. On a
  /// slow disk, where flushes take longer, they come so seldom that they take at most a fifth of the time.
  var isDue: Bool {
    if additions.count < Self.countLimit, FileSystem.uptime - flushed < 4 * flushSeconds { return false }
    return cost >= Self.costLimit || additions.count >= Self.countLimit
      || (writer?.byteCount ?? 0) >= Self.byteLimit
      || !additions.isEmpty && FileSystem.uptime - began >= Self.ageLimit
  }

  func contains(_ id: ObjectID) -> Bool { writer?.contains(id) ?? false }

  /// An object that is not durable yet; `nil` when the batch does not have it.
  func read(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? { try writer?.read(id) }

  // MARK: Objects

  /// Adds an object's entry. A pack that gets too long is finished and another one begun.
  func append(_ id: ObjectID, entry: UnsafeRawBufferPointer) throws(StoreError) {
    if let writer, writer.byteCount + entry.count > PackWriter.limit { try finishPack() }
    let writer =
      if let present = self.writer { present } else { try PackWriter(folder: repository.path + "/objects/pack") }
    self.writer = writer
    try writer.append(id, entry: entry)
  }

  /// Adds an object's entry.
  func append(_ id: ObjectID, entry: [UInt8]) throws(StoreError) {
    try entry.withUnsafeBufferPointer { (entry) throws(StoreError) in
      try append(id, entry: UnsafeRawBufferPointer(entry))
    }
  }

  /// Adds an object unless the store has it.
  /// - Parameter always: adds it also then, because a consolidation in another process may be about to drop it.
  /// - Returns: the object's name.
  func append(_ kind: ObjectKind, _ bytes: [UInt8], always: Bool = false) throws(StoreError) -> ObjectID {
    let (id, entry) = bytes.withUnsafeBytes { bytes in
      let id = ObjectID(kind, bytes)
      let isPresent = contains(id) || !always && repository.contains(id)
      return (id, isPresent ? nil : PackEntry.encode(kind, bytes))
    }
    if let entry { try append(id, entry: entry) }
    return id
  }

  /// Adds a folder and a commit of it at the present time.
  /// - Parameters:
  ///   - tree: the bytes of the folder's tree.
  ///   - parents: the commits before it. Records have none: what they once were is of no use.
  /// - Returns: the commit's name.
  func appendCommit(tree: [UInt8], parents: [ObjectID] = [], message: String) throws(StoreError) -> ObjectID {
    let tree = try append(.tree, tree, always: true)
    let commit = Commit(tree: tree, parents: parents, time: Int64(FileSystem.now), message: message)
    return try append(.commit, commit.bytes, always: true)
  }

  /// Makes the objects durable.
  func finishPack() throws(StoreError) {
    guard let writer else { return }
    if writer.count > 0 { try writer.finish() }
    self.writer = nil
    repository.refresh()
  }

  // MARK: Records

  /// Notes where a file's bytes are, for the index.
  func note(_ file: StoredFile) { contents.append(file) }

  /// Adds a record.
  /// - Parameters:
  ///   - line: the record's line, with its line break.
  ///   - inline: the bytes of a small output, for the index.
  func add(_ record: StageRecord, line: [UInt8], inline: [UInt8]?) {
    if additions.isEmpty { began = FileSystem.uptime }
    additions.append(.init(record: record, json: line.dropLast(), inline: inline))
    lines.append(contentsOf: line)
    for file in record.output.files { outputs[file.object] = file.chunked }
    cost += record.cost.seconds
  }

  // MARK: Ends

  /// Notes the length of a flush that ends now.
  /// - Parameter start: by ``FileSystem/uptime``.
  func noteFlush(since start: Double) {
    flushed = FileSystem.uptime
    flushSeconds = max(0, flushed - start)
  }

  /// Forgets what is durable now.
  func clear() {
    writer = nil
    additions = []
    lines = []
    outputs = [:]
    contents = []
    cost = 0
  }

  /// Drops what is not durable.
  func abandon() {
    clear()
    generation += 1
  }
}
