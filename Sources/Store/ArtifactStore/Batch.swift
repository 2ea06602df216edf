internal import Core

/// What was put and added since the last flush. It is used under the lock of ``ArtifactStore`` `batch`.
final class Batch {
  private let repository: GitRepository
  private var writer: PackWriter?
  /// Records with their lines, in the order they were added.
  private(set) var additions: [StoreIndex.Addition] = []
  /// The lines of ``additions``.
  private(set) var lines: [UInt8] = []
  /// Objects of the records' outputs, and whether each is a tree.
  private(set) var outputs: [ObjectID: Bool] = [:]
  private(set) var contents: [StoredFile] = []
  /// How long the recorded stages ran: what losing the batch would cost, in seconds.
  private(set) var cost = 0.0
  private var began = 0.0
  /// When the last flush ended, in seconds since 1970, and how long it took.
  private var flushed = 0.0
  private var flushSeconds = 0.0
  /// Counts the batches that were given up: what was put before is gone.
  private(set) var generation = 0

  init(repository: GitRepository) { self.repository = repository }

  var isEmpty: Bool { writer == nil && additions.isEmpty && contents.isEmpty }

  var hasObjects: Bool { (writer?.count ?? 0) > 0 }

  /// Whether waiting longer would risk more than it saves.
  ///
  /// A fifth of a second of computing, a second of waiting, 64 MiB, or 4,096 records: a flush takes about 10 ms. Where flushes take
  /// longer, on a slow disk, they come so seldom that they take at most a fifth of the time.
  var isDue: Bool {
    if additions.count < 4096, FileSystem.now - flushed < 4 * flushSeconds { return false }
    return cost >= 0.2 || additions.count >= 4096 || (writer?.byteCount ?? 0) >= 64 << 20
      || !additions.isEmpty && FileSystem.now - began >= 1
  }

  func contains(_ id: ObjectID) -> Bool { writer?.contains(id) ?? false }

  func read(_ id: ObjectID) throws(StoreError) -> (kind: ObjectKind, bytes: [UInt8])? { try writer?.read(id) }

  /// Adds an object's entry. A pack that gets too long is finished and another one begun.
  func append(_ id: ObjectID, entry: UnsafeRawBufferPointer) throws(StoreError) {
    if let writer, writer.byteCount + entry.count > PackWriter.limit { try finishPack() }
    let writer =
      if let present = self.writer { present } else { try PackWriter(folder: repository.path + "/objects/pack") }
    self.writer = writer
    try writer.append(id, entry: entry)
  }

  /// Adds an object unless the store has it.
  /// - Parameter always: adds it also then, because a consolidation in another process may be about to drop it.
  func append(_ kind: ObjectKind, _ bytes: [UInt8], always: Bool = false) throws(StoreError) -> ObjectID {
    let (id, entry) = bytes.withUnsafeBytes { bytes in
      let id = ObjectID(kind, bytes)
      return (id, contains(id) || !always && repository.contains(id) ? nil : PackEntry.encode(kind, bytes))
    }
    if let entry { try append(id, entry: entry) }
    return id
  }

  /// Adds an object's entry.
  func append(_ id: ObjectID, entry: [UInt8]) throws(StoreError) {
    let result = entry.withUnsafeBytes { entry in
      Result { () throws(StoreError) in try append(id, entry: entry) }
    }
    try result.get()
  }

  func note(_ file: StoredFile) { contents.append(file) }

  func add(_ record: StageRecord, line: [UInt8], inline: [UInt8]?) {
    if additions.isEmpty { began = FileSystem.now }
    additions.append(.init(record: record, json: line.dropLast(), inline: inline))
    lines.append(contentsOf: line)
    for file in record.output.files { outputs[file.object] = file.chunked }
    cost += record.seconds
  }

  /// Makes the objects durable.
  func finishPack() throws(StoreError) {
    guard let writer else { return }
    if writer.count > 0 { try writer.finish() }
    self.writer = nil
    repository.refresh()
  }

  /// Takes down how long a flush took.
  /// - Parameter start: in seconds since 1970.
  func noteFlush(since start: Double) {
    flushed = FileSystem.now
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

  /// Gives up what is not durable.
  func abandon() {
    clear()
    generation += 1
  }
}
