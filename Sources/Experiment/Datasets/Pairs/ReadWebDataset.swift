public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the texts of WebDataset shards, as ``WriteWebDataset`` or other tools write them; ``RenderWebDataset`` reads
/// the pictures.
///
/// A pair for each sample with texts: from `KEY.json` with `texts` in the shape of ``Pairs``, or with `caption` or
/// `text`; otherwise from `KEY.txt`, as field `caption`. A pair's id is the JSON's `id`, or else the sample's key;
/// the picture's id the JSON's `image`, or else the pair's. A sample's key is the path up to the first dot of the name.
/// Shards are read at the same time; samples that cannot be used are counted as ``ReadPairs`` does, and named by shard
/// and sample.
public struct ReadWebDataset: Stage {
  /// A folder of shards, compressed or not.
  public var folder: InputFolder
  /// True when keys are unique only within a shard: they become `SHARD/KEY` then, the shard's name without its endings.
  public var keysAreLocal = false
  /// True to note a shard that ends early and take its whole samples; otherwise it is an error.
  public var allowsEarlyEnd = false

  /// Endings of the names of shards.
  public static let suffixes = WebDatasetReader.suffixes

  /// Reads the shards of a folder.
  public init(_ folder: InputFolder) { self.folder = folder }

  /// Reads the shards of a folder that have the endings ``suffixes``.
  /// - Parameter path: the folder.
  public init(folder path: String) { folder = InputFolder(path, suffixes: Self.suffixes) }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the pairs in the order of shards and samples.
  /// - Throws: ``OperationError`` when a shard cannot be read or ends early, or no sample can be used.
  public func run(_ context: StageContext) async throws -> Pairs {
    let keysAreLocal = keysAreLocal
    let inputs = try folder.files().map { PairShards.Input(name: $0.relativePath, path: $0.path) }
    return try await PairShards(
      inputs: inputs, operation: "read WebDataset", subject: folder.path, allowsEarlyEnd: allowsEarlyEnd
    ).collect(context) { input, sink in
      let reader = try WebDatasetReader(path: input.path, wanted: ["json", "txt"])
      while let sample = try reader.next() {
        try sink.report(position: reader.packedPosition)
        let key = sample.name(in: input.name, isLocal: keysAreLocal)
        try sink.add(Self.outcome(sample, key: key), number: sample.number)
      }
    }
  }

  private static func outcome(_ sample: WebDatasetReader.Sample, key: String) -> PairRecord.Outcome {
    guard !sample.isRepeated else { return PairRecord.missing(WebDatasetReader.repeatedFiles) }
    guard sample.tooLarge.isEmpty else { return PairRecord.missing("samples have texts that are too large") }
    let outcome = sample.files["json"].map { json in json.withUnsafeBytes { PairRecord.read($0, key: key) } }
    // JSON without texts may hold other things about the sample.
    let hasTexts = if case .fault(PairRecord.noTexts, _, _) = outcome { false } else { outcome != nil }
    guard !hasTexts, let plain = sample.files["txt"] else {
      return outcome ?? PairRecord.missing("samples have neither .json nor .txt")
    }

    guard let text = String(validating: plain, as: UTF8.self)?.stripped else {
      return PairRecord.missing(PairRecord.noUTF8)
    }
    guard !text.isEmpty else { return PairRecord.missing(PairRecord.onlyEmptyTexts) }
    let names = sample.files["json"].flatMap { json in json.withUnsafeBytes { PairNames.read($0) } }
    let id = names?.id ?? key
    return .pair(Pair(id: id, image: names?.image ?? id, texts: [PairText(text, field: "caption")]), emptyTexts: 0)
  }
}
