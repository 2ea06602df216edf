/// An output as records, locks and reports identify it: without its bytes.
public struct OutputSummary: Codable, Sendable, Hashable {
  /// The name and version of the artifact's format, such as `pairs/1`.
  public var format: String
  /// The content's digest, as ``ArtifactContent/digest``.
  public var digest: Digest
  /// The total size of its files in bytes.
  public var byteCount: Int64

  /// A summary of known values.
  public init(format: String, digest: Digest, byteCount: Int64) {
    self.format = format
    self.digest = digest
    self.byteCount = byteCount
  }

  /// The summary of a content that is an artifact of this format.
  public init(of content: ArtifactContent, format: String) {
    self.init(format: format, digest: content.digest, byteCount: content.byteCount)
  }
}
