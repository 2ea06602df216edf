package import Core
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#endif

extension ArtifactStore {
  /// Stores content: objects go into the batch's pack, equal ones only once.
  ///
  /// A file of at most 1 MiB is one blob; a longer one becomes a folder of chunks, see ``Chunking``. Memory stays below
  /// 32 MiB a call, however long the files are.
  /// - Parameters:
  ///   - content: every byte is read once and checked against its file's digest.
  ///   - format: the artifact format's name and version.
  ///   - scratch: a folder whose files the store may take (by a hard link, then read-only) instead of copying them
  ///     later.
  /// - Throws: ``StoreError``, with ``StoreError/Cause/changedWhileStored(declared:found:)`` for bytes that are not
  ///   what was declared.
  package func put(
    _ content: ArtifactContent, format: String, scratch: String? = nil
  ) throws(StoreError) -> StoredContent {
    try removeDamaged()
    let generation = batch.withLock { $0.generation }
    var files: [StoredFile] = []
    for file in content.files {
      _ = try ArtifactNames.components(ofPath: file.name)
      files.append(try put(file, scratch: scratch, generation: generation))
    }
    return StoredContent(format: format, digest: content.digest, files: files)
  }

  private func put(_ file: ContentFile, scratch: String?, generation: Int) throws(StoreError) -> StoredFile {
    switch file.location {
    case .memory(let bytes):
      try Self.check(bytes, of: file)
      if let stored = try known(file) { return stored }
      if bytes.count <= Chunking.limit { return try putShort(bytes, file, generation: generation) }
      return try putLong(file, generation: generation, read: Self.reader(of: bytes))

    case .path(let path):
      let isScratch = scratch.map { path.hasPrefix($0 + "/") } ?? false
      return try put(file, at: path, isScratch: isScratch, generation: generation)

    // A file of another store, or of this one under another name.
    case .stored(let source):
      if let stored = try known(file) { return stored }
      let path: String
      do { path = try source.path(of: file) } catch let error as StoreError { throw error } catch {
        throw StoreError(operation: "store", subject: file.name, cause: .system(code: 0, reason: "\(error)"))
      }
      return try put(file, at: path, isScratch: false, generation: generation)
    }
  }

  private func put(
    _ file: ContentFile, at path: String, isScratch: Bool, generation: Int
  ) throws(StoreError) -> StoredFile {
    let descriptor = try Descriptor(path, O_RDONLY)
    let before = try descriptor.status()
    let stored: StoredFile
    if file.byteCount <= Chunking.limit {
      let bytes = try Self.readShort(descriptor, limit: Chunking.limit)
      try Self.check(bytes, of: file)
      stored = if let known = try known(file) { known } else { try putShort(bytes, file, generation: generation) }
    } else if let known = try known(file) {
      let found: Digest
      do { found = try FileBytes.digest(path).digest } catch { throw FileSystem.error("read", path, code: EIO) }
      guard found == file.digest else { throw Self.changed(file, found) }
      stored = known
    } else {
      posix_fadvise(descriptor.number, 0, 0, POSIX_FADV_SEQUENTIAL)
      // The descriptor outlives the reading; its number can be captured, it itself cannot.
      let number = descriptor.number
      stored = try putLong(file, generation: generation) { (buffer) throws(StoreError) in
        try Self.read(into: buffer, from: number, path)
      }
    }

    guard try descriptor.status() == before else { throw Self.changed(file, file.digest) }
    if isScratch, file.byteCount > Self.inlineLimit { folder.adopt(path, file.digest, status: before) }
    return stored
  }

  // MARK: Reading

  private static func read(
    into buffer: UnsafeMutableRawBufferPointer, from number: Int32, _ path: String
  ) throws(StoreError) -> Int {
    let count = SystemCall.read(into: buffer, from: number)
    guard count >= 0 else { throw FileSystem.error("read", path) }
    return count
  }

  /// A whole file; of one that is longer than `limit`, one byte more than that.
  private static func readShort(_ descriptor: borrowing Descriptor, limit: Int) throws(StoreError) -> [UInt8] {
    let expected = Int(min(Int64(limit), max(0, try descriptor.status().size))) + 1
    let number = descriptor.number
    let path = descriptor.path
    var result = Result<Int, StoreError>.success(0)
    let bytes = [UInt8](unsafeUninitializedCapacity: expected) { buffer, count in
      result = Result { () throws(StoreError) in
        try read(into: UnsafeMutableRawBufferPointer(buffer), from: number, path)
      }
      count = (try? result.get()) ?? 0
    }
    _ = try result.get()
    return bytes
  }

  /// A function that fills buffers with the bytes, from the first to the last.
  private static func reader(of bytes: [UInt8]) -> (UnsafeMutableRawBufferPointer) -> Int {
    var position = 0
    return { buffer in
      let count = min(buffer.count, bytes.count - position)
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: buffer[0..<count])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
      }
      position += count
      return count
    }
  }

  private static func check(_ bytes: [UInt8], of file: ContentFile) throws(StoreError) {
    let found = Digest(of: bytes)
    guard found == file.digest, bytes.count == Int(file.byteCount) else { throw changed(file, found) }
  }

  private static func changed(_ file: ContentFile, _ found: Digest) -> StoreError {
    StoreError(operation: "store", subject: file.name, cause: .changedWhileStored(declared: file.digest, found: found))
  }

  // MARK: Writing

  /// Puts a short file's bytes, whose digest is right.
  private func putShort(_ bytes: [UInt8], _ file: ContentFile, generation: Int) throws(StoreError) -> StoredFile {
    // Encoded before the batch's lock is taken: threads that put at the same time compress at the same time.
    let (id, entry) = bytes.withUnsafeBytes { bytes in
      let id = ObjectID(.blob, bytes)
      return (id, isKnown(id) ? nil : PackEntry.encode(.blob, bytes))
    }
    return try finish(file, id, chunked: false, generation: generation) { (batch) throws(StoreError) in
      if let entry { try batch.append(id, entry: entry) }
    }
  }

  private func putLong(
    _ file: ContentFile, generation: Int,
    read: @escaping (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
  ) throws(StoreError) -> StoredFile {
    let ingest = LongIngest(read: read) { self.isKnown($0) }
    try ingest.run { (id, entry) throws(StoreError) in
      try withBatch(generation, file.name) { (batch) throws(StoreError) in try batch.append(id, entry: entry) }
    }
    guard ingest.digest == file.digest, ingest.byteCount == file.byteCount else {
      throw Self.changed(file, ingest.digest)
    }

    // The list comes after its chunks: a batch never has one without them.
    let entries = ingest.chunks.enumerated().map { position, chunk in
      Tree.Entry(name: Chunking.name(position), id: chunk, isTree: false)
    }
    let tree = Tree(entries).bytes
    let id = tree.withUnsafeBytes { ObjectID(.tree, $0) }
    return try finish(file, id, chunked: true, generation: generation) { (batch) throws(StoreError) in
      _ = try batch.append(.tree, tree)
    }
  }

  /// Notes where a file's bytes are, once `body` has added the last object.
  private func finish(
    _ file: ContentFile, _ object: ObjectID, chunked: Bool, generation: Int,
    adding body: (Batch) throws(StoreError) -> Void
  ) throws(StoreError) -> StoredFile {
    let stored = StoredFile(
      name: file.name, digest: file.digest, byteCount: file.byteCount, object: object, chunked: chunked)
    try withBatch(generation, stored.name) { (batch) throws(StoreError) in
      try body(batch)
      batch.note(stored)
      pending.withLock { $0.contents[stored.digest] = stored }
    }
    return stored
  }

  /// Runs `body` on the batch; a failure fails the whole batch.
  /// - Parameters:
  ///   - generation: the batch's when the content's first object was put.
  ///   - subject: the name for an error.
  private func withBatch(
    _ generation: Int, _ subject: String, perform body: (Batch) throws(StoreError) -> Void
  ) throws(StoreError) {
    try batch.withLock { (batch) throws(StoreError) in
      guard batch.generation == generation else {
        throw StoreError(
          operation: "store", subject: subject,
          cause: .damaged(object: nil, digest: nil, reason: "an earlier write failed"))
      }
      do throws(StoreError) { try body(batch) } catch {
        abandon(batch)
        throw error
      }
    }
  }

  // MARK: Known files

  /// The place of the file's bytes when all their objects are here; `nil` when they are not.
  private func known(_ file: ContentFile) throws(StoreError) -> StoredFile? {
    guard var stored = try locate(file.digest), stored.byteCount == file.byteCount else { return nil }
    stored.name = file.name
    if pending.withLock({ $0.contents[file.digest] != nil }) { return stored }
    guard isKnown(stored.object) else { return nil }
    if stored.chunked {
      guard let tree = try? tree(stored.object), tree.entries.allSatisfy({ isKnown($0.id) }) else { return nil }
    }
    return stored
  }

  /// The place of the bytes with this digest; the name is ignored.
  func locate(_ digest: Digest) throws(StoreError) -> StoredFile? {
    if let stored = pending.withLock({ $0.contents[digest] }) { return stored }
    return try recovering { () throws(StoreError) in try index.content(digest) }
  }

  private func isKnown(_ id: ObjectID) -> Bool { repository.contains(id) }
}
