public import ArtifactTypes
public import Core
internal import Counting
internal import Imaging

/// The compression of the files of ``WritePairs``.
public enum PairCompression: String, Codable, Sendable, CaseIterable {
  case none
  case gzip
  case zstd

  /// The end of the files' names.
  var suffix: String {
    switch self {
    case .none: ""
    case .gzip: ".gz"
    case .zstd: ".zst"
    }
  }
}

/// Writes pairs as JSON Lines for others to read, compressed or not, into files of a given number of pairs.
///
/// Equal pairs give equal files.
public struct WritePairs: Stage {
  /// The pairs to write.
  public var pairs: Pairs
  /// The compression of the files.
  public var compression = PairCompression.gzip
  /// Pairs of each file but the last, at least 1.
  public var shardSize = 1_000_000

  /// Writes pairs.
  /// - Parameters:
  ///   - pairs: the pairs to write.
  ///   - compression: the compression of the files.
  ///   - shardSize: pairs of each file but the last, at least 1.
  public init(_ pairs: Pairs, compression: PairCompression = .gzip, shardSize: Int = 1_000_000) {
    self.pairs = pairs
    self.compression = compression
    self.shardSize = shardSize
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libarchive and of the libraries that compress.
  public static var environment: [EnvironmentFacet] { [CompressedWriter.version] }

  /// Writes the files; one, and an empty one, where there are no pairs.
  /// - Throws: ``OperationError`` when ``shardSize`` is less than 1 or a file cannot be written.
  public func run(_ context: StageContext) async throws -> PairFiles {
    guard shardSize > 0 else {
      throw OperationError(operation: "write pairs", subject: "shardSize \(shardSize)", cause: "it is at least 1")
    }
    let cuts = try await PairCuts(pairs.open(), size: shardSize, threads: context.threads)

    let compression = compression
    let files = try await concurrentMap(
      count: cuts.count, threads: context.threads, progress: { context.progress($0, of: cuts.count, "files") },
      { shard in
        let name = Pairs.shardName(shard) + compression.suffix
        let file = try CompressedWriter(path: context.file(name), name: name, compression: compression)
        try cuts.forEachLine(shard) { line in
          try file.write(line)
          try withUnsafeBytes(of: UInt8.lineFeed) { try file.write($0) }
        }
        return try file.finish()
      })
    return try PairFiles(content: ArtifactContent(files: files))
  }
}
