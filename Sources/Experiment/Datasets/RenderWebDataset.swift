public import ArtifactTypes
public import Core
internal import Counting
internal import FileFormats
internal import Imaging

/// Brings the pictures of WebDataset shards to one size; ``ReadWebDataset`` reads their texts and gives the same ids.
///
/// Of equal ids the first counts. Pictures that cannot be decoded are counted and noted.
public struct RenderWebDataset: Stage {
  /// A folder of shards, packed or not.
  public var folder: InputFolder
  /// Only the pictures that these pairs name.
  public var pairs: Pairs?
  /// Width and height in pixels of the square that each is fitted into.
  public var size = 32
  /// As ``ReadWebDataset/keysAreLocal``.
  public var keysAreLocal = false
  /// As ``ReadWebDataset/allowsEarlyEnd``.
  public var allowsEarlyEnd = false

  public init(_ folder: InputFolder, pairs: Pairs? = nil, size: Int = 32) {
    self.folder = folder
    self.pairs = pairs
    self.size = size
  }

  /// - Parameter path: a folder; its files with the endings ``ReadWebDataset/suffixes`` are read.
  public init(folder path: String, pairs: Pairs? = nil, size: Int = 32) {
    self.init(InputFolder(path, suffixes: ReadWebDataset.suffixes), pairs: pairs, size: size)
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [Vips.version, Vips.drawing] }

  /// A picture that waits to be decoded.
  private struct Encoded: Sendable {
    let id: String
    let place: String
    let bytes: [UInt8]
  }

  public func run(_ context: StageContext) async throws -> PictureSet {
    let vips = try Vips()
    let files = try folder.files()
    let progress = ReadingProgress(context, byteCounts: try files.map { try InputDescriptor(path: $0.path).byteCount })
    var wanted: Set<String>?
    if let pairs {
      var names: Set<String> = []
      try pairs.forEach({ names.insert($0.image) })
      wanted = names
    }
    // The number of pictures stands in front of their pixels and is known at the end: they wait in a file.
    let waiting = try ArtifactFileWriter(path: context.file("waiting"), name: "waiting")
    var state = State(ids: [], seen: [], faults: FaultCounts(examples: 5))
    for (number, file) in files.enumerated() {
      var batch: [Encoded] = []
      do {
        let reader = try WebDatasetReader(path: file.path, wanted: WebDatasetReader.pictures.union(["json"]))
        var byteCount = 0
        while let sample = try reader.next() {
          if let picture = encoded(sample, file.relativePath, wanted, &state) {
            byteCount += picture.bytes.count
            batch.append(picture)
          }
          guard batch.count >= 64 * context.threads || byteCount > 64 << 20 else { continue }
          try await decode(batch, vips, waiting, &state, context)
          progress.set(reader.packedPosition, of: number)
          (batch, byteCount) = ([], 0)
        }
      } catch let error as OperationError where error.endsEarly && allowsEarlyEnd {
        context.note("\(file.relativePath) \(error.cause)")
      }
      try await decode(batch, vips, waiting, &state, context)
    }
    try state.faults.check(kept: state.ids.count, operation: "read WebDataset", subject: folder.path)
    state.faults.note(in: context)
    let pixels = try MappedBytes(waiting.finish())
    let writer = try PictureSetWriter(folder: context.scratch, count: state.ids.count, width: size, height: size)
    for (position, id) in state.ids.enumerated() {
      try Task.checkCancellation()
      try writer.write(
        id: id, pixels: Array(pixels.bytes[(position * size * size * 4)..<((position + 1) * size * size * 4)]))
    }
    return try writer.finish()
  }

  private struct State {
    var ids: [String]
    var seen: Set<String>
    var faults: FaultCounts
  }

  /// The picture of a sample, when it has one that is wanted and was not there before.
  private func encoded(
    _ sample: WebDatasetReader.Sample, _ shard: String, _ wanted: Set<String>?, _ state: inout State
  ) -> Encoded? {
    let place = "\(shard):\(sample.number)"
    let names = sample.files["json"].flatMap { json in json.withUnsafeBytes { PairNames.read($0) } }
    let id = names?.image ?? names?.id ?? sample.name(in: shard, isLocal: keysAreLocal)
    if let wanted, !wanted.contains(id) { return nil }
    let ending = sample.files.keys.filter { WebDatasetReader.pictures.contains($0) }.min()
    guard let ending, let bytes = sample.files[ending] else {
      let isTooLarge = sample.tooLarge.contains { WebDatasetReader.pictures.contains($0) }
      state.faults.add(isTooLarge ? "pictures are too large" : "samples have no picture", place)
      return nil
    }
    guard !id.utf8.contains(10) else {
      state.faults.add("pictures have an id of several lines", place)
      return nil
    }
    guard state.seen.insert(id).inserted else { return nil }
    return Encoded(id: id, place: place, bytes: bytes)
  }

  private func decode(
    _ batch: [Encoded], _ vips: Vips, _ waiting: ArtifactFileWriter, _ state: inout State, _ context: StageContext
  ) async throws {
    let size = size
    let decoded = try await concurrentMap(count: batch.count, threads: context.threads) { index in
      batch[index].bytes.withUnsafeBytes { bytes in
        Result { () throws(OperationError) in try PictureFiles.decode(bytes, batch[index].id, false, vips, size) }
      }
    }
    for (picture, result) in zip(batch, decoded) {
      switch result {
      case .success(let pixels):
        try waiting.write(pixels)
        state.ids.append(picture.id)
      case .failure(let error): state.faults.add(PictureFiles.kind(of: error), "\(picture.place) (\(error.cause))")
      }
    }
  }
}
