public import ArtifactTypes
public import Core
internal import Counting
internal import Imaging

/// How the files of ``WritePairs`` are packed.
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

/// Writes pairs as JSON Lines for others to read, packed or not, so many a file.
///
/// Equal pairs give equal files.
public struct WritePairs: Stage {
  public var pairs: Pairs
  public var compression = PairCompression.gzip
  /// Pairs of each file but the last, at least 1.
  public var shardSize = 1_000_000

  public init(_ pairs: Pairs, compression: PairCompression = .gzip, shardSize: Int = 1_000_000) {
    self.pairs = pairs
    self.compression = compression
    self.shardSize = shardSize
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [PackingWriter.version] }

  public func run(_ context: StageContext) async throws -> PairFiles {
    guard shardSize > 0 else {
      throw OperationError(operation: "write pairs", subject: "shardSize \(shardSize)", cause: "it is at least 1")
    }
    let opened = try pairs.open()
    let cuts = try await PairCuts(opened, size: shardSize, threads: context.threads)
    let compression = compression
    let files = try await concurrentMap(
      count: cuts.count, threads: context.threads, progress: { context.progress($0, of: cuts.count, "files") },
      { shard in
        let name = Pairs.shardName(shard) + compression.suffix
        let file = try PackingWriter(path: context.file(name), name: name, compression: compression)
        try cuts.forEachLine(shard) { line in
          try file.write(line)
          try withUnsafeBytes(of: UInt8(10)) { try file.write($0) }
        }
        return try file.finish()
      })
    return try PairFiles(content: ArtifactContent(files: files))
  }
}

/// Pairs cut into parts of one size, to be read by several threads.
struct PairCuts: Sendable {
  private let pairs: OpenPairs
  private let size: Int
  /// How many pairs stand before each piece, and in all.
  private let starts: [Int]

  /// - Parameter size: pairs of each part but the last.
  init(_ pairs: OpenPairs, size: Int, threads: Int) async throws {
    self.pairs = pairs
    self.size = size
    let counts = try await concurrentMap(count: pairs.pieces.count, threads: threads) { piece in
      try Task.checkCancellation()
      var count = 0
      pairs.forEachLine(in: pairs.pieces[piece]) { _ in count += 1 }
      return count
    }
    starts = counts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
  }

  /// How many parts there are; one, and an empty one, where there are no pairs.
  var count: Int { max(1, ((starts.last ?? 0) + size - 1) / size) }

  /// Calls `body` with the pairs of a part.
  func forEach(_ part: Int, _ body: (Pair) throws -> Void) throws {
    try forEachPiece(of: part) { piece, isWanted in
      try pairs.forEach(in: piece) { pair in
        if isWanted() { try body(pair) }
      }
    }
  }

  /// Calls `body` with the lines of a part, without their line feeds.
  func forEachLine(_ part: Int, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    try forEachPiece(of: part) { piece, isWanted in
      try pairs.forEachLine(in: piece) { line in
        if isWanted() { try body(line) }
      }
    }
  }

  /// Calls `body` with each piece that has pairs of a part, and with what says, asked once for each pair, whether it is one of them.
  private func forEachPiece(of part: Int, _ body: (OpenPairs.Piece, () -> Bool) throws -> Void) throws {
    let wanted = (part * size)..<((part + 1) * size)
    for (piece, start) in starts.dropLast().enumerated()
    where start < wanted.upperBound && starts[piece + 1] > wanted.lowerBound {
      try Task.checkCancellation()
      var position = start
      try body(pairs.pieces[piece]) {
        defer { position += 1 }
        return wanted.contains(position)
      }
    }
  }
}
