public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Writes pairs and their pictures as WebDataset shards of a given number of samples.
///
/// A sample's key is the pair's position in nine digits, unique in all shards; its id is in the JSON. A picture that
/// several pairs share is in each of their samples; pairs whose picture is not there are left out and noted. Equal
/// inputs give equal files with the same version of libvips.
public struct WriteWebDataset: Stage {
  /// The pairs to write.
  public var pairs: Pairs
  /// The pairs' pictures; they are written as PNG.
  public var pictures: PictureSet
  /// Samples of each shard but the last, those left out counted; at least 1.
  public var shardSize = 10_000

  /// Writes pairs and their pictures.
  /// - Parameters:
  ///   - pairs: the pairs to write.
  ///   - pictures: the pairs' pictures.
  ///   - shardSize: samples of each shard but the last, at least 1.
  public init(pairs: Pairs, pictures: PictureSet, shardSize: Int = 10_000) {
    self.pairs = pairs
    self.pictures = pictures
    self.shardSize = shardSize
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips.
  public static var environment: [EnvironmentFacet] { [Vips.version] }

  /// Writes the shards; one, and an empty one, where there are no pairs.
  /// - Throws: ``OperationError`` when ``shardSize`` is less than 1 or a shard cannot be written.
  public func run(_ context: StageContext) async throws -> WebDatasetFiles {
    guard shardSize > 0 else {
      throw OperationError(operation: "write WebDataset", subject: "shardSize \(shardSize)", cause: "it is at least 1")
    }
    let vips = try Vips()
    let pictures = try pictures.open()
    let cuts = try await PairCuts(pairs.open(), size: shardSize, threads: context.threads)

    let shardSize = shardSize
    let shards = try await concurrentMap(
      count: cuts.count, threads: context.threads, progress: { context.progress($0, of: cuts.count, "shards") },
      { shard in
        let name = Self.digits(shard, 5) + ".tar"
        let archive = try TarWriter(path: context.file(name), name: name)
        var faults = FaultCounts(examples: 5)
        var line = JSONLine()
        // Pairs that are left out count too, so that a key does not depend on the pictures.
        var position = shard * shardSize
        try cuts.forEach(shard) { pair in
          try Task.checkCancellation()
          defer { position += 1 }
          guard let picture = pictures.position(of: pair.image) else {
            faults.add("pairs have no picture", pair.id)
            return
          }
          let key = Self.digits(position, 9)
          let png = try pictures.withPixels(at: picture) { pixels in
            try vips.png(pixels, width: pictures.width, height: pictures.height)
          }
          try png.withUnsafeBytes { try archive.add("\(key).png", $0) }
          line.removeAll()
          pair.append(to: &line)
          try line.bytes.withUnsafeBytes { try archive.add("\(key).json", $0) }
        }
        return (file: try archive.finish(), faults: faults)
      })

    var faults = FaultCounts(examples: 5)
    for shard in shards { faults.merge(shard.faults) }
    faults.note(in: context)
    return try WebDatasetFiles(content: ArtifactContent(files: shards.map(\.file)))
  }

  /// A number with zeros before it up to a number of digits.
  private static func digits(_ number: Int, _ count: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, count - text.count)) + text
  }
}
