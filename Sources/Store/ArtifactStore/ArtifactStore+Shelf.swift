internal import Core
internal import Synchronization

/// A folder of small files under a reference of its own, each named by its SHA-256: attestations travel in one.
extension ArtifactStore {
  /// The reference of the attestations.
  package static let attestations = "refs/colophon/attestations"
  private static let shelfMessage = "Attestations\n"
  private static let fileSuffix = ".json"

  /// The files of a shelf, in the order of their names; none when there is no such reference.
  package func files(on shelf: String = ArtifactStore.attestations) throws(StoreError) -> [[UInt8]] {
    guard let tip = try repository.target(of: shelf) else { return [] }
    return try recordsTree(of: tip).entries.filter { !$0.isTree }.map { (entry) throws(StoreError) in
      try repository.bytes(entry.id, .blob)
    }
  }

  /// Adds files to the attestations.
  /// - Returns: how many were new.
  @discardableResult
  package func addAttestations(_ files: [[UInt8]]) throws(StoreError) -> Int {
    try batch.withLock { (batch) throws(StoreError) in
      try flush(batch)
      let lock = try ProcessLock(repository)
      defer { _ = lock }
      do throws(StoreError) {
        let tip = try repository.target(of: Self.attestations)
        var tree = if let tip { try recordsTree(of: tip) } else { Tree() }
        var present = Set(tree.entries.map(\.name))
        let before = present.count
        for bytes in files {
          let name = Digest(of: bytes).hexadecimal + Self.fileSuffix
          guard present.insert(name).inserted else { continue }
          tree.entries.append(.init(name: name, id: try batch.append(.blob, bytes, always: true), isTree: false))
        }
        guard present.count > before else { return 0 }
        let treeID = try batch.append(.tree, tree.bytes, always: true)
        let commit = Commit(tree: treeID, parents: [], time: Int64(FileSystem.now), message: Self.shelfMessage)
        let id = try batch.append(.commit, commit.bytes, always: true)
        try batch.finishPack()
        try repository.set(Self.attestations, to: id, message: "attestations")
        batch.clear()
        return present.count - before
      } catch {
        abandon(batch)
        throw error
      }
    }
  }

  /// Takes in the attestations of a remote that pass.
  /// - Parameters:
  ///   - reference: where a fetch has put them.
  ///   - limit: no file is longer.
  ///   - fault: why a file is refused; `nil` when it is not.
  package func admitAttestations(
    from reference: String, limit: Int, fault: ([UInt8]) -> String?
  ) throws(StoreError) -> (added: Int, refused: [Refusal]) {
    repository.refresh()
    guard let tip = try repository.target(of: reference) else { return (0, []) }
    var refused: [Refusal] = []
    var files: [[UInt8]] = []
    func refuse(_ name: String, _ reason: String) {
      refused.append(Refusal(kind: "attestation", name: name, reason: reason))
    }
    guard let tree = foreignTree(ofCommit: tip) else {
      refuse("\(tip)", "it is no commit with a folder")
      return (0, refused)
    }
    for entry in tree.entries {
      guard entry.fault == nil, entry.mode == "100644" else {
        refuse(entry.text, entry.fault ?? "it is a folder")
        continue
      }
      guard let header = repository.header(of: entry.id), header.kind == .blob, header.byteCount <= limit,
        let bytes = try? repository.bytes(entry.id, .blob)
      else {
        refuse(entry.text, "it is missing, no file, or longer than \(limit) bytes")
        continue
      }
      if Digest(of: bytes).hexadecimal + Self.fileSuffix != entry.text {
        refuse(entry.text, "its bytes do not hash to its name")
      } else if let fault = fault(bytes) {
        refuse(entry.text, fault)
      } else {
        files.append(bytes)
      }
    }
    return (try addAttestations(files), refused)
  }
}
