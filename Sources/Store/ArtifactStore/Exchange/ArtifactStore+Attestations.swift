internal import Core
internal import Synchronization

/// Signed statements: a folder of small files under a reference of its own, each named by its SHA-256.
extension ArtifactStore {
  /// The reference of the attestations.
  package static let attestations = "refs/colophon/attestations"
  private static let attestationsMessage = "Attestations\n"
  private static let attestationSuffix = ".json"

  /// The bytes of all attestations, in the order of their names; empty when there are none.
  package func attestationFiles() throws(StoreError) -> [[UInt8]] {
    guard let tip = try repository.target(of: Self.attestations) else { return [] }
    return try recordsTree(of: tip).entries.filter { !$0.isTree }.map { (entry) throws(StoreError) in
      try repository.bytes(entry.id, .blob)
    }
  }

  /// Adds files to the attestations, durably.
  /// - Returns: the number of files that were new.
  @discardableResult
  package func addAttestations(_ files: [[UInt8]]) throws(StoreError) -> Int {
    try changing { (batch, _) throws(StoreError) in
      let tip = try repository.target(of: Self.attestations)
      var tree = if let tip { try recordsTree(of: tip) } else { Tree() }
      var present = Set(tree.entries.map(\.name))
      let before = present.count
      for bytes in files {
        let name = Digest(of: bytes).hexadecimal + Self.attestationSuffix
        guard present.insert(name).inserted else { continue }
        tree.entries.append(.init(name: name, id: try batch.append(.blob, bytes, always: true), isTree: false))
      }
      guard present.count > before else { return 0 }

      // The objects are durable before the reference names them.
      let commit = try batch.appendCommit(tree: tree.bytes, message: Self.attestationsMessage)
      try batch.finishPack()
      try repository.set(Self.attestations, to: commit, message: "attestations")
      batch.clear()
      return present.count - before
    }
  }

  /// Takes in the attestations of a remote that pass.
  /// - Parameters:
  ///   - reference: the reference that a fetch has written, with the remote's attestations.
  ///   - limit: the greatest size of a file in bytes.
  ///   - fault: gives the reason why a file is refused; `nil` when it is not.
  /// - Returns: the number of files that were new, and the refusals in the order of the files' names.
  package func admitAttestations(
    from reference: String, limit: Int, fault: ([UInt8]) -> String?
  ) throws(StoreError) -> (added: Int, refused: [Refusal]) {
    repository.refresh()
    guard let tip = try repository.target(of: reference) else { return (0, []) }
    guard let tree = rawTree(ofCommit: tip) else {
      return (0, [Refusal(kind: "attestation", name: "\(tip)", reason: "it is not a commit with a folder")])
    }

    var refused: [Refusal] = []
    var files: [[UInt8]] = []
    for entry in tree.entries {
      // One bad file does not keep the others out.
      do throws(Fault) {
        let bytes = try attestation(entry, limit: limit)
        if let reason = fault(bytes) { throw Fault(reason) }
        files.append(bytes)
      } catch {
        refused.append(Refusal(kind: "attestation", name: entry.text, reason: error.reason))
      }
    }
    return (try addAttestations(files), refused)
  }

  /// The bytes of an entry, which hash to its name.
  private func attestation(_ entry: RawTree.Entry, limit: Int) throws(Fault) -> [UInt8] {
    if let reason = entry.fault { throw Fault(reason) }
    guard entry.isFile else { throw Fault("it is a folder") }
    guard let header = repository.header(of: entry.id), header.kind == .blob, header.byteCount <= limit,
      let bytes = try? repository.bytes(entry.id, .blob)
    else { throw Fault("it is missing, not a file, or longer than \(limit) bytes") }
    guard Digest(of: bytes).hexadecimal + Self.attestationSuffix == entry.text else {
      throw Fault("its bytes do not hash to its name")
    }
    return bytes
  }
}
