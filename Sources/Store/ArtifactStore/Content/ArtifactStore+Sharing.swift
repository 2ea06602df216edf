/// The parts that two contents have in common in the repository.
extension ArtifactStore {
  /// The bytes of a content's files that are in objects which another content has too: whole files, and chunks of long
  /// ones.
  ///
  /// Reads the sizes of the fewer of both, those that are shared and those that are not.
  /// - Returns: the shared bytes, and all bytes of the new content.
  /// - Throws: ``StoreError`` when an object is missing.
  package func sharedBytes(old: StoredContent, new: StoredContent) throws(StoreError) -> (shared: Int64, all: Int64) {
    var known: Set<ObjectID> = []
    for file in old.files {
      known.insert(file.object)
      if file.chunked { for entry in try tree(file.object).entries { known.insert(entry.id) } }
    }

    var shared: Int64 = 0
    for file in new.files {
      if known.contains(file.object) {
        shared += file.byteCount
      } else if file.chunked {
        shared += try sharedBytes(ofChunksIn: file, with: known)
      }
    }
    return (shared, new.byteCount)
  }

  private func sharedBytes(ofChunksIn file: StoredFile, with known: Set<ObjectID>) throws(StoreError) -> Int64 {
    let chunks = try tree(file.object).entries.map(\.id)
    let common = chunks.filter { known.contains($0) }
    if common.count * 2 <= chunks.count { return try size(of: common) }
    return file.byteCount - (try size(of: chunks.filter { !known.contains($0) }))
  }

  private func size(of chunks: [ObjectID]) throws(StoreError) -> Int64 {
    var size: Int64 = 0
    for chunk in chunks {
      size += try repository.withObject(chunk, .blob) { (bytes) throws(StoreError) in Int64(bytes.count) }
    }
    return size
  }
}
