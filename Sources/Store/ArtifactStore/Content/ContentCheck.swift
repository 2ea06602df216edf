internal import Core

/// The reason why something that came from elsewhere is not accepted, as a clause.
struct Fault: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// Checks that objects have what a description says, with bounded memory however much they claim.
///
/// Sizes are looked at before bytes are read: no object longer than a chunk is ever unpacked, and a list of chunks may
/// not have more of them, nor be longer altogether, than the file that it is said to be.
struct ContentCheck {
  private let repository: GitRepository
  /// Files that were checked, with their fault.
  private var checked: [Key: String?] = [:]
  /// Objects that were read.
  private var objects: Set<ObjectID> = []
  /// The size of ``objects``, each counted once.
  private var distinctBytes: Int64 = 0
  /// The bytes that were read, those of an object as often as it was read.
  private var readBytes: Int64 = 0

  /// Bytes that may be read whatever the objects' size: 2 GiB.
  private static let allowance: Int64 = 2 << 30
  /// Times that each byte may be read beyond ``allowance``: versions share chunks, but a list that names one chunk
  /// again and again is made to keep the reader busy.
  private static let factor: Int64 = 1024
  /// The bytes of one entry in a list of chunks: `100644`, a space, eight digits, NUL, 20 bytes of the object's name,
  /// and four to spare.
  private static let entryLength = 40

  private struct Key: Hashable {
    var digest: Digest
    var byteCount: Int64
    var object: ObjectID
    var chunked: Bool
  }

  init(repository: GitRepository) { self.repository = repository }

  /// The fault of a content's objects; `nil` when every byte is what the description says.
  mutating func fault(of content: StoredContent) -> String? {
    for file in content.files {
      let key = Key(digest: file.digest, byteCount: file.byteCount, object: file.object, chunked: file.chunked)
      let fault: String?
      if let known = checked[key] {
        fault = known
      } else {
        fault = self.fault(of: file)
        checked[key] = fault
      }
      if let fault { return "\(file.name): \(fault)" }
    }
    return nil
  }

  private mutating func fault(of file: StoredFile) -> String? {
    do throws(Fault) {
      try examine(file)
      return nil
    } catch {
      return error.reason
    }
  }

  private mutating func examine(_ file: StoredFile) throws(Fault) {
    var hash = DigestBuilder()
    if file.chunked {
      let chunks = try chunks(of: file)
      try note(chunks, file.byteCount)
      for chunk in chunks { try read(chunk, into: &hash) }
    } else {
      // The size first: a blob that is longer than it should be is not unpacked.
      guard let header = repository.header(of: file.object) else {
        throw Fault("the object \(file.object) is missing")
      }
      guard header.kind == .blob else { throw Fault("the object \(file.object) is not a file") }
      guard header.byteCount == file.byteCount else {
        throw Fault("it has \(header.byteCount) bytes, not \(file.byteCount)")
      }
      try read(file.object, into: &hash)
    }
    guard hash.digest == file.digest else { throw Fault("its bytes do not hash to \(file.digest.short)") }
  }

  /// Counts what is about to be read.
  private mutating func note(_ chunks: [ObjectID], _ byteCount: Int64) throws(Fault) {
    for chunk in chunks where objects.insert(chunk).inserted {
      distinctBytes += Int64(repository.header(of: chunk)?.byteCount ?? 0)
    }
    guard readBytes + byteCount <= Self.allowance + Self.factor * distinctBytes else {
      throw Fault("its list of chunks names the same ones too often: \(byteCount) bytes from \(distinctBytes)")
    }
    readBytes += byteCount
  }

  /// The chunks of a long file, whose sizes add up to the file's.
  private func chunks(of file: StoredFile) throws(Fault) -> [ObjectID] {
    let entries = try chunkList(of: file)

    // Sizes come from headers, so that a list that claims too much is refused before a byte is unpacked.
    var total: Int64 = 0
    for (position, entry) in entries.enumerated() {
      if let fault = entry.fault { throw Fault("in its chunk list \(fault)") }
      guard entry.isFile, entry.text == Chunking.name(position) else {
        throw Fault("its chunk list has \(entry.text.debugDescription) where chunk \(position) should be")
      }
      guard let chunk = repository.header(of: entry.id) else { throw Fault("chunk \(position) is missing") }
      guard chunk.kind == .blob, chunk.byteCount <= Chunking.limit else {
        throw Fault("chunk \(position) is not a file or has \(chunk.byteCount) bytes, more than a chunk may")
      }
      total += Int64(chunk.byteCount)
      guard total <= file.byteCount else { throw Fault("its chunks are longer than \(file.byteCount) bytes") }
    }

    guard total == file.byteCount else {
      throw Fault("its chunks have \(total) bytes, not \(file.byteCount)")
    }
    return entries.map(\.id)
  }

  /// The entries of a long file's list of chunks, which is not longer than the file's size allows.
  private func chunkList(of file: StoredFile) throws(Fault) -> [RawTree.Entry] {
    guard let header = repository.header(of: file.object) else {
      throw Fault("its chunk list \(file.object) is missing")
    }
    guard header.kind == .tree else { throw Fault("its chunk list \(file.object) is not a folder") }

    // Every chunk but the last has at least the minimum.
    let most = Int(file.byteCount / Int64(Chunking.minimum)) + 1
    guard header.byteCount <= most * Self.entryLength else {
      throw Fault("its chunk list is longer than \(file.byteCount) bytes need")
    }
    guard let bytes = try? repository.bytes(file.object, .tree),
      let tree = bytes.withUnsafeBytes({ RawTree(parsing: $0) })
    else { throw Fault("its chunk list cannot be read") }
    return tree.entries
  }

  private func read(_ id: ObjectID, into hash: inout DigestBuilder) throws(Fault) {
    var builder = hash
    do throws(StoreError) {
      try repository.withObject(id, .blob) { (bytes) throws(StoreError) in builder.update(bytes) }
    } catch {
      throw Fault("\(error)")
    }
    hash = builder
  }
}
