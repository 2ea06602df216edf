package import Core

/// An artifact's content in the store: its files' digests and the git objects that have their bytes.
package struct StoredContent: Codable, Hashable, Sendable {
  /// The artifact format's name and version.
  package var format: String
  /// The content's digest, as ``ArtifactContent/digest``.
  package var digest: Digest
  /// In the order of their names' UTF-8 bytes; at least one.
  package var files: [StoredFile]

  /// Content of files that the store has.
  package init(format: String, digest: Digest, files: [StoredFile]) {
    self.format = format
    self.digest = digest
    self.files = files
  }

  /// Total size in bytes; the sizes that a forged record claims are capped at the greatest integer.
  package var byteCount: Int64 { Int64(clamping: files.reduce(Int128(0)) { $0 + Int128($1.byteCount) }) }

  /// The content as locks and reports identify it.
  package var summary: OutputSummary { OutputSummary(format: format, digest: digest, byteCount: byteCount) }

  /// The object of an output that the index keeps, too: one file of at most ``ArtifactStore/inlineLimit`` bytes.
  var inlineObject: ObjectID? {
    guard files.count == 1, files[0].byteCount <= ArtifactStore.inlineLimit, !files[0].chunked else { return nil }
    return files[0].object
  }
}

/// One stored file.
package struct StoredFile: Codable, Hashable, Sendable {
  /// The file's path in its artifact, relative, with slashes.
  package var name: String
  /// SHA-256 of the bytes.
  package var digest: Digest
  /// The file's size.
  package var byteCount: Int64
  /// A blob, or a tree of ordered chunks when ``chunked``.
  package var object: ObjectID
  /// True when the bytes are split into a folder of chunks.
  package var chunked: Bool

  /// A file whose bytes the store has in an object.
  package init(name: String, digest: Digest, byteCount: Int64, object: ObjectID, chunked: Bool) {
    self.name = name
    self.digest = digest
    self.byteCount = byteCount
    self.object = object
    self.chunked = chunked
  }
}

/// The result that a look-up by key finds.
package struct StoredOutcome: Hashable, Sendable {
  /// The key of the stage with its inputs.
  package var key: Digest
  /// The stage's name.
  package var stage: String
  /// The stage's output.
  package var output: StoredContent
  /// The bytes of an output that is one file of at most ``ArtifactStore/inlineLimit`` bytes, not yet checked against
  /// its digest.
  package var inline: [UInt8]?
  /// The time at which the stage finished, in seconds since 1970 UTC.
  package var finished: Double
  /// The time that it ran, in seconds.
  package var seconds: Double

  /// The outcome of a stage, as its record states it.
  package init(
    key: Digest, stage: String, output: StoredContent, inline: [UInt8]? = nil, finished: Double, seconds: Double
  ) {
    self.key = key
    self.stage = stage
    self.output = output
    self.inline = inline
    self.finished = finished
    self.seconds = seconds
  }
}
