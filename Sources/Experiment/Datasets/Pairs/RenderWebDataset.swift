public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Scales the pictures of WebDataset shards to one size; ``ReadWebDataset`` reads their texts and gives the same ids.
///
/// Of equal ids the first counts. Pictures that cannot be decoded are counted and noted.
public struct RenderWebDataset: Stage {
  /// A folder of shards, compressed or not.
  public var folder: InputFolder
  /// The pairs whose pictures are read; all pictures when `nil`.
  public var pairs: Pairs?
  /// Width and height in pixels of the square that each is fitted into.
  public var size = 32
  /// True when keys are unique only within a shard, as for ``ReadWebDataset/keysAreLocal``.
  public var keysAreLocal = false
  /// True to note a shard that ends early, as for ``ReadWebDataset/allowsEarlyEnd``.
  public var allowsEarlyEnd = false

  /// Reads the shards of a folder.
  /// - Parameters:
  ///   - folder: the folder of shards.
  ///   - pairs: the pairs whose pictures are read; all pictures when `nil`.
  ///   - size: width and height in pixels.
  public init(_ folder: InputFolder, pairs: Pairs? = nil, size: Int = 32) {
    self.folder = folder
    self.pairs = pairs
    self.size = size
  }

  /// Reads the shards of a folder that have the endings ``ReadWebDataset/suffixes``.
  /// - Parameters:
  ///   - path: the folder.
  ///   - pairs: the pairs whose pictures are read; all pictures when `nil`.
  ///   - size: width and height in pixels.
  public init(folder path: String, pairs: Pairs? = nil, size: Int = 32) {
    self.init(InputFolder(path, suffixes: ReadWebDataset.suffixes), pairs: pairs, size: size)
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  /// The version of libvips, and the libraries and fonts by which drawings become pixels.
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  /// A picture that waits to be decoded.
  private struct Encoded: Sendable {
    let id: String
    /// The shard and sample, for messages.
    let source: String
    let bytes: [UInt8]
  }

  /// The pictures and faults of the shards that have been read.
  private struct State {
    /// The ids of the pictures that have been decoded.
    var ids: [String] = []
    /// The ids of all pictures, decoded or not.
    var seen: Set<String> = []
    var faults = FaultCounts(examples: 5)
  }

  /// The encoded pictures that are in memory at most: pictures for each thread, and bytes in all.
  private static let batchPerThread = 64
  private static let batchByteCount = 64 << 20

  /// Reads the pictures in the order of shards and samples.
  /// - Throws: ``OperationError`` when a shard cannot be read or ends early, or no picture can be used.
  public func run(_ context: StageContext) async throws -> PictureSet {
    let decoder = PictureDecoder(vips: try Vips(), size: size)
    let wanted = try pairs?.imageIDs()
    let files = try folder.files()
    let progress = ReadingProgress(context, byteCounts: try files.map { try InputDescriptor(path: $0.path).byteCount })

    // The number of pictures is before their pixels and is known at the end: they wait in a file.
    let waiting = try ArtifactFileWriter(path: context.file("waiting"), name: "waiting")
    var state = State()
    for (number, file) in files.enumerated() {
      var batch: [Encoded] = []
      do {
        let reader = try WebDatasetReader(path: file.path, wanted: WebDatasetReader.pictures.union(["json"]))
        var byteCount = 0
        while let sample = try reader.next() {
          if let picture = encoded(sample, in: file.relativePath, wanted: wanted, state: &state) {
            byteCount += picture.bytes.count
            batch.append(picture)
          }
          guard batch.count >= Self.batchPerThread * context.threads || byteCount > Self.batchByteCount else {
            continue
          }
          try await decode(batch, decoder, into: waiting, state: &state, context: context)
          progress.set(reader.packedPosition, of: number)
          (batch, byteCount) = ([], 0)
        }
      } catch let error as OperationError where error.endsEarly && allowsEarlyEnd {
        context.note("\(file.relativePath) \(error.cause)")
      }
      try await decode(batch, decoder, into: waiting, state: &state, context: context)
    }

    try state.faults.check(kept: state.ids.count, operation: "read WebDataset", subject: folder.path)
    state.faults.note(in: context)
    return try write(state.ids, pixels: MappedBytes(waiting.finish()), context)
  }

  /// Writes pictures whose pixels follow each other in a file.
  private func write(_ ids: [String], pixels: MappedBytes, _ context: StageContext) throws -> PictureSet {
    let writer = try PictureSetWriter(folder: context.scratch, count: ids.count, width: size, height: size)
    let byteCount = size * size * 4
    for (position, id) in ids.enumerated() {
      try Task.checkCancellation()
      try writer.write(id: id, pixels: Array(pixels.bytes[(position * byteCount)..<((position + 1) * byteCount)]))
    }
    return try writer.finish()
  }

  /// The picture of a sample, when it has one that is wanted and was not there before.
  private func encoded(
    _ sample: WebDatasetReader.Sample, in shard: String, wanted: Set<String>?, state: inout State
  ) -> Encoded? {
    let source = "\(shard):\(sample.number)"
    let names = sample.files["json"].flatMap { json in json.withUnsafeBytes { PairNames.read($0) } }
    let id = names?.image ?? names?.id ?? sample.name(in: shard, isLocal: keysAreLocal)
    if let wanted, !wanted.contains(id) { return nil }

    // Of several pictures the first by its ending: the order in the shard does not count.
    let ending = sample.files.keys.filter { WebDatasetReader.pictures.contains($0) }.min()
    guard let ending, let bytes = sample.files[ending] else {
      let isTooLarge = sample.tooLarge.contains { WebDatasetReader.pictures.contains($0) }
      let fault = WebDatasetReader.absence(sample.dotted, of: sample.key, at: source)
      state.faults.add(isTooLarge ? "pictures are too large" : fault.kind, fault.place)
      return nil
    }
    guard !sample.isRepeated else {
      state.faults.add(WebDatasetReader.repeatedFiles, source)
      return nil
    }
    guard !id.utf8.contains(.lineFeed) else {
      state.faults.add("pictures have an id of several lines", source)
      return nil
    }
    guard state.seen.insert(id).inserted else { return nil }
    return Encoded(id: id, source: source, bytes: bytes)
  }

  private func decode(
    _ batch: [Encoded], _ decoder: PictureDecoder, into waiting: ArtifactFileWriter, state: inout State,
    context: StageContext
  ) async throws {
    let decoded = try await concurrentMap(count: batch.count, threads: context.threads) { index in
      batch[index].bytes.withUnsafeBytes { bytes in
        Result { () throws(OperationError) in try decoder.decode(bytes, id: batch[index].id) }
      }
    }
    for (picture, result) in zip(batch, decoded) {
      switch result {
      case .success(let pixels):
        try waiting.write(pixels)
        state.ids.append(picture.id)
      case .failure(let error):
        state.faults.add(PictureDecoder.kind(of: error), "\(picture.source) (\(error.cause))")
      }
    }
  }
}
