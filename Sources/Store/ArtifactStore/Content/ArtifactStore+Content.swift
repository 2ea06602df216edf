package import Core
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

/// Reading stored files; their bytes are checked against their digests.
extension ArtifactStore {
  /// The content of an outcome, read from the store when it is used.
  package func content(of outcome: StoredOutcome) -> ArtifactContent {
    content(of: outcome.output, inline: outcome.inline)
  }

  /// Stored content, read from the store when it is used.
  package func content(of stored: StoredContent) -> ArtifactContent { content(of: stored, inline: nil) }

  private func content(of stored: StoredContent, inline: [UInt8]?) -> ArtifactContent {
    ArtifactContent(
      files: stored.files.map {
        ContentFile(
          name: $0.name, digest: $0.digest, byteCount: $0.byteCount,
          location: .stored(StoredSource(store: self, file: $0, inline: inline)))
      })
  }

  /// The path of a read-only file with a stored file's bytes.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/damaged(object:digest:reason:)`` when the bytes are missing or
  ///   wrong.
  package func path(of file: StoredFile) throws(StoreError) -> String {
    if let path = try folder.find(file.digest, byteCount: file.byteCount) { return path }
    let path = try folder.write(file.digest) { (write) throws(StoreError) in
      try forEachPiece(of: file) { (bytes) throws(StoreError) in try write(bytes) }
    }
    guard let path else { throw findDamage(file) }
    return path
  }

  /// A stored file's bytes.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/damaged(object:digest:reason:)`` when the bytes are missing or
  ///   wrong.
  package func bytes(of file: StoredFile) throws(StoreError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(file.byteCount))
    try forEachPiece(of: file) { (piece) throws(StoreError) in bytes.append(contentsOf: piece) }
    guard Digest(of: bytes) == file.digest else { throw findDamage(file) }
    return bytes
  }

  /// Writes a stored file to a path of the user's; the file there is replaced when all is written and checked.
  func export(_ file: StoredFile, to target: String) throws(StoreError) {
    let parent = target.lastIndex(of: "/").map { String(target[..<$0]) } ?? "."
    let draft = (parent.isEmpty ? "/" : parent) + "/." + FileSystem.temporaryName("export")
    do throws(StoreError) {
      let output = try Descriptor(draft, O_WRONLY | O_CREAT | O_EXCL)
      var hash = DigestBuilder()
      var offset = 0
      try forEachPiece(of: file) { (bytes) throws(StoreError) in
        try output.write(bytes, at: offset)
        hash.update(bytes)
        offset += bytes.count
      }
      guard hash.digest == file.digest else { throw findDamage(file) }
      try FileSystem.rename(draft, to: target)
    } catch {
      FileSystem.remove(draft)
      throw error
    }
  }

  /// Reads a stored file and checks it.
  func check(_ file: StoredFile) throws(StoreError) {
    var hash = DigestBuilder()
    try forEachPiece(of: file) { (bytes) throws(StoreError) in hash.update(bytes) }
    guard hash.digest == file.digest else { throw findDamage(file) }
  }

  // MARK: Objects

  /// Calls `body` with a stored file's bytes in their order, not yet checked.
  private func forEachPiece(
    of file: StoredFile, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
  ) throws(StoreError) {
    let blobs = try file.chunked ? chunks(of: file) : [file.object]
    for blob in blobs { try withBlob(blob, of: file, body) }
  }

  /// The chunks of a file in their order.
  private func chunks(of file: StoredFile) throws(StoreError) -> [ObjectID] {
    let tree: Tree?
    if let pending = try readPending(file.object) {
      tree = pending.withUnsafeBytes { Tree(parsing: $0) }
    } else {
      do throws(StoreError) { tree = try self.tree(file.object) } catch { throw noted(error, file) }
    }
    guard let tree else { throw findDamage(file) }
    return tree.entries.map(\.id)
  }

  private func withBlob(
    _ id: ObjectID, of file: StoredFile, _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Void
  ) throws(StoreError) {
    if let pending = try readPending(id) {
      return try pending.withUnsafeBufferPointer { (bytes) throws(StoreError) in
        try body(UnsafeRawBufferPointer(bytes))
      }
    }
    do throws(StoreError) { try repository.withObject(id, .blob, perform: body) } catch { throw noted(error, file) }
  }

  /// The object's bytes when it is not durable yet.
  private func readPending(_ id: ObjectID) throws(StoreError) -> [UInt8]? {
    if repository.contains(id) { return nil }
    return try batch.withLock { (batch) throws(StoreError) in try batch.read(id)?.bytes }
  }

  // MARK: Damage

  /// Remembers a damaged object.
  /// - Returns: the error with the file that the object belongs to.
  private func noted(_ error: StoreError, _ file: StoredFile) -> StoreError {
    guard case .damaged(let object, _, let reason) = error.cause else { return error }
    if let object { _ = damaged.withLock { $0.insert(object) } }
    return StoreError(
      operation: "read", subject: file.name,
      cause: .damaged(object: object ?? file.object, digest: file.digest, reason: reason))
  }

  /// The error for a file whose bytes hash to something else, with the object that is to blame.
  private func findDamage(_ file: StoredFile) -> StoreError {
    var objects: [(ObjectID, ObjectKind)] = [(file.object, file.chunked ? .tree : .blob)]
    if file.chunked, let tree = try? tree(file.object) { objects += tree.entries.map { ($0.id, .blob) } }
    var blame = file.object
    for (id, kind) in objects {
      let found = try? repository.withObject(id, kind) { (bytes) throws(StoreError) in ObjectID(kind, bytes) }
      if found != id {
        _ = damaged.withLock { $0.insert(id) }
        blame = id
      }
    }
    return StoreError(
      operation: "read", subject: file.name,
      cause: .damaged(object: blame, digest: file.digest, reason: "its bytes are not what was stored"))
  }
}

/// The source of one stored file's bytes.
private struct StoredSource: ContentSource {
  let store: ArtifactStore
  let file: StoredFile
  /// The bytes from the index, not yet checked.
  let inline: [UInt8]?

  func path(of file: ContentFile) throws -> String { try store.path(of: self.file) }

  func bytes(of file: ContentFile) throws -> [UInt8] {
    // A row that is damaged costs a look into the repository.
    if let inline, Digest(of: inline) == file.digest { return inline }
    return try store.bytes(of: self.file)
  }
}

extension ArtifactStore: ContentSource {
  /// The path of a read-only file with the bytes of this digest.
  /// - Throws: ``StoreError``, also when the store does not have them.
  package func path(of file: ContentFile) throws -> String {
    if let path = try folder.find(file.digest, byteCount: file.byteCount) { return path }
    return try path(of: try located(file))
  }

  /// The bytes of this digest.
  /// - Throws: ``StoreError``, also when the store does not have them.
  package func bytes(of file: ContentFile) throws -> [UInt8] { try bytes(of: try located(file)) }

  private func located(_ file: ContentFile) throws(StoreError) -> StoredFile {
    guard var stored = try locate(file.digest) else {
      throw StoreError(
        operation: "read", subject: file.name,
        cause: .damaged(object: nil, digest: file.digest, reason: "it is not in the store"))
    }
    stored.name = file.name
    return stored
  }
}
