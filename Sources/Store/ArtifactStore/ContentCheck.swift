internal import Core

/// Checks that objects hold what a description says, with bounded memory however much they claim.
///
/// Sizes are looked at before bytes are read: no object longer than a chunk is ever unpacked, and a list of chunks may not have more
/// of them, nor be longer altogether, than the file that it is said to be.
struct ContentCheck {
  private let repository: GitRepository
  /// Files that were checked, by what was found out about them.
  private var checked: [Key: String?] = [:]
  /// Objects that were read, what they have altogether, and how much was read of them.
  private var objects: Set<ObjectID> = []
  private var distinctBytes: Int64 = 0
  private var readBytes: Int64 = 0

  /// What is read may not be more than 2 GiB and 1,024 times what there is: versions share chunks, a list that names one chunk again
  /// and again is made to keep whoever checks it busy.
  private static let allowance: Int64 = 2 << 30
  private static let factor: Int64 = 1024

  private struct Key: Hashable {
    var digest: Digest
    var byteCount: Int64
    var object: ObjectID
    var chunked: Bool
  }

  init(repository: GitRepository) { self.repository = repository }

  /// What is wrong with a content's objects; `nil` when every byte is what the description says.
  mutating func fault(of content: StoredContent) -> String? {
    for file in content.files {
      let key = Key(digest: file.digest, byteCount: file.byteCount, object: file.object, chunked: file.chunked)
      let fault: String?
      if let known = checked[key] {
        fault = known
      } else {
        fault = examine(file)
        checked[key] = fault
      }
      if let fault { return "\(file.name): \(fault)" }
    }
    return nil
  }

  private mutating func examine(_ file: StoredFile) -> String? {
    var hash = DigestBuilder()
    if file.chunked {
      let chunks: [ObjectID]
      switch list(file) {
      case .success(let found): chunks = found
      case .failure(let fault): return fault.reason
      }
      if let fault = note(chunks, file.byteCount) { return fault }
      for chunk in chunks {
        if let fault = read(chunk, into: &hash) { return fault }
      }
    } else {
      guard let header = repository.header(of: file.object) else { return "the object \(file.object) is missing" }
      guard header.kind == .blob else { return "the object \(file.object) is no file" }
      guard header.byteCount == file.byteCount else { return "it has \(header.byteCount) bytes, not \(file.byteCount)" }
      if let fault = read(file.object, into: &hash) { return fault }
    }
    return hash.digest == file.digest ? nil : "its bytes do not hash to \(file.digest.short)"
  }

  /// Counts what is about to be read.
  private mutating func note(_ chunks: [ObjectID], _ byteCount: Int64) -> String? {
    for chunk in chunks where objects.insert(chunk).inserted {
      distinctBytes += Int64(repository.header(of: chunk)?.byteCount ?? 0)
    }
    guard readBytes + byteCount <= Self.allowance + Self.factor * distinctBytes else {
      return "its list of chunks names the same ones too often: \(byteCount) bytes from \(distinctBytes)"
    }
    readBytes += byteCount
    return nil
  }

  private struct Fault: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// The chunks of a long file, whose sizes fit.
  private func list(_ file: StoredFile) -> Result<[ObjectID], Fault> {
    // No chunk but the last is shorter than the minimum.
    let most = Int(file.byteCount / Int64(Chunking.minimum)) + 1
    guard let header = repository.header(of: file.object) else {
      return .failure(Fault("its chunk list \(file.object) is missing"))
    }
    guard header.kind == .tree else { return .failure(Fault("its chunk list \(file.object) is no folder")) }
    // `100644 ` and eight digits, NUL, the object's name.
    guard header.byteCount <= most * 40 else {
      return .failure(Fault("its chunk list is longer than \(file.byteCount) bytes need"))
    }
    guard let bytes = try? repository.bytes(file.object, .tree),
      let tree = bytes.withUnsafeBytes({ ForeignTree(parsing: $0) })
    else { return .failure(Fault("its chunk list cannot be read")) }
    var total: Int64 = 0
    for (position, entry) in tree.entries.enumerated() {
      if let fault = entry.fault { return .failure(Fault("in its chunk list \(fault)")) }
      guard entry.mode == "100644", entry.text == Chunking.name(position) else {
        return .failure(Fault("its chunk list has \(entry.text.debugDescription) where chunk \(position) should be"))
      }
      guard let chunk = repository.header(of: entry.id) else { return .failure(Fault("chunk \(position) is missing")) }
      guard chunk.kind == .blob, chunk.byteCount <= Chunking.limit else {
        return .failure(Fault("chunk \(position) is no file or has \(chunk.byteCount) bytes, more than a chunk may"))
      }
      total += Int64(chunk.byteCount)
      guard total <= file.byteCount else {
        return .failure(Fault("its chunks are longer than \(file.byteCount) bytes"))
      }
    }
    guard total == file.byteCount else {
      return .failure(Fault("its chunks have \(total) bytes, not \(file.byteCount)"))
    }
    return .success(tree.entries.map(\.id))
  }

  private func read(_ id: ObjectID, into hash: inout DigestBuilder) -> String? {
    var builder = hash
    do throws(StoreError) {
      try repository.withObject(id, .blob) { (bytes) throws(StoreError) in builder.update(bytes) }
    } catch {
      return "\(error)"
    }
    hash = builder
    return nil
  }
}
