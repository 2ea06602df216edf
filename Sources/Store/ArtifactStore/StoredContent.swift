package import Core

/// An artifact's content in the store: what each file's bytes hash to and which git object holds them.
package struct StoredContent: Codable, Hashable, Sendable {
  /// The artifact format's name and version.
  package var format: String
  /// The content's digest, as ``ArtifactContent/digest``.
  package var digest: Digest
  /// In the order of their names' UTF-8 bytes; at least one.
  package var files: [StoredFile]

  package init(format: String, digest: Digest, files: [StoredFile]) {
    self.format = format
    self.digest = digest
    self.files = files
  }

  /// Total size in bytes; that of a record that lies stays within what an integer holds.
  package var byteCount: Int64 { Int64(clamping: files.reduce(Int128(0)) { $0 + Int128($1.byteCount) }) }
}

/// One stored file.
package struct StoredFile: Codable, Hashable, Sendable {
  package var name: String
  /// SHA-256 of the bytes.
  package var digest: Digest
  package var byteCount: Int64
  /// A blob, or a tree of ordered chunks when ``chunked``.
  package var object: ObjectID
  /// Whether the bytes are split into a folder of chunks.
  package var chunked: Bool

  package init(name: String, digest: Digest, byteCount: Int64, object: ObjectID, chunked: Bool) {
    self.name = name
    self.digest = digest
    self.byteCount = byteCount
    self.object = object
    self.chunked = chunked
  }
}

/// What a look-up by key finds.
package struct StoredOutcome: Hashable, Sendable {
  package var key: Digest
  package var stage: String
  package var output: StoredContent
  /// The bytes of an output that is one file of at most ``ArtifactStore/inlineLimit`` bytes, not yet checked against its digest.
  package var inline: [UInt8]?
  /// When the stage finished, in seconds since 1970 UTC.
  package var finished: Double
  /// How long it ran, in seconds.
  package var seconds: Double

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
