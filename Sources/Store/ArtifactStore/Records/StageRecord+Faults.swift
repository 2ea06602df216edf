package import Core

extension StageRecord {
  /// The key of these components, as `StageKey` of the engine computes it; a test holds the two together.
  package static func key(of components: [KeyComponent]) -> Digest {
    CanonicalValue.list(
      [.integer(Int64(CanonicalValue.formatVersion))]
        + components.map { .list([.text($0.kind.rawValue), .text($0.name), .digest($0.digest)]) }
    ).digest
  }

  /// A contradiction in the record; `nil` when there is none. The bytes of its output are another question.
  ///
  /// The key is the digest of the components, and its first component that of the stage's name and the output's format:
  /// a record cannot claim another stage, another format or other inputs than its key stands for.
  package var fault: String? {
    guard Self.key(of: components) == key else { return "its key is not the digest of its components" }
    guard let first = components.first, first.kind == .stage,
      first.digest == CanonicalValue.list([.text(stage), .text(output.format)]).digest
    else { return "its key is of another stage, or of another format than \(output.format)" }
    guard started.magnitude < 1e11, (0..<1e11).contains(cost.seconds) else { return "its times are no times" }
    // Their names become those of artifacts in the versions of a notebook.
    for call in calls {
      if let fault = ArtifactNames.fault(call.name ?? call.stage) { return "it called a stage of a bad name: \(fault)" }
    }
    return output.fault
  }
}

extension StoredContent {
  /// A contradiction in the description of a content; `nil` when there is none.
  package var fault: String? {
    guard !files.isEmpty else { return "its output has no file" }
    for file in files {
      do throws(StoreError) { _ = try ArtifactNames.components(ofPath: file.name) } catch {
        guard case .invalidName(let reason) = error.cause else { return "\(error)" }
        return reason
      }
      if file.byteCount < 0 { return "its file \(file.name) has a negative size" }
      if !file.chunked, file.byteCount > Chunking.limit { return "its file \(file.name) is too long for one object" }
    }
    for (file, next) in zip(files, files.dropFirst()) where !file.name.utf8.lexicographicallyPrecedes(next.name.utf8) {
      return "its files are not in the order of their names, or two have one name"
    }

    // As ``ArtifactContent/digest``: of one file the file's own.
    let expected =
      files.count == 1
      ? files[0].digest
      : CanonicalValue.list(files.map { .list([.text($0.name), .integer($0.byteCount), .digest($0.digest)]) }).digest
    return digest == expected ? nil : "its output's digest is not that of its files"
  }
}
