import ArtifactStore

/// Bytes as the objects that a store reads: a folder (a chunk list is one), a commit, an output as the index keeps it.
enum ChunkInput {
  /// - Returns: what is wrong with how they are read; `nil` when nothing is.
  static func fault(of bytes: [UInt8]) -> String? { tree(bytes) ?? commit(bytes) ?? output(bytes) }

  private static func tree(_ bytes: [UInt8]) -> String? {
    guard let tree = bytes.withUnsafeBytes({ Tree(parsing: $0) }) else { return nil }
    let written = tree.bytes
    guard let again = written.withUnsafeBytes({ Tree(parsing: $0) }) else {
      return "a folder that was written cannot be read"
    }
    return again.bytes == written && again.entries.count == tree.entries.count ? nil : "a folder changed on its way"
  }

  private static func commit(_ bytes: [UInt8]) -> String? {
    guard let commit = Commit(parsing: bytes) else { return nil }
    let written = commit.bytes
    guard let again = Commit(parsing: written) else { return "a commit that was written cannot be read" }
    if written.contains(0) { return "a commit has a NUL" }
    let isSame = again.tree == commit.tree && again.parents == commit.parents && again.time == commit.time
    return isSame && again.bytes == written ? nil : "a commit changed on its way"
  }

  private static func output(_ bytes: [UInt8]) -> String? {
    guard let content = bytes.withUnsafeBytes({ OutputEncoding.decode($0) }) else { return nil }
    _ = content.fault
    let written = OutputEncoding.encode(content)
    guard let again = written.withUnsafeBytes({ OutputEncoding.decode($0) }) else {
      return "an output that was written cannot be read"
    }
    // Bytes that are no UTF-8 take more room once they are replaced, so that a name can be too long to be kept.
    let isShort = (content.files.map(\.name) + [content.format]).allSatisfy { $0.utf8.count <= 65535 }
    return !isShort || again == content ? nil : "an output changed on its way"
  }
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput") public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    if let fault = ChunkInput.fault(of: Array(UnsafeBufferPointer(start: start, count: count))) { fatalError(fault) }
    return 0
  }
#endif
