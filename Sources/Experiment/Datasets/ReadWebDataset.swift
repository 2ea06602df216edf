public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads the texts of WebDataset shards, as ``WriteWebDataset`` or other tools write them; ``RenderWebDataset`` reads the pictures.
///
/// A pair for each sample with texts: from `KEY.json` with `texts` in the shape of ``Pairs``, or with `caption` or `text`; otherwise from
/// `KEY.txt`, as field `caption`. A pair's id is the JSON's `id`, or else the sample's key; the picture's id the JSON's `image`, or else
/// the pair's. Shards are read side by side; what cannot be used is counted as ``ReadPairs`` does, and named by shard and sample.
public struct ReadWebDataset: Stage {
  /// A folder of shards, packed or not.
  public var folder: InputFolder
  /// Whether keys are unique within a shard alone: they become `SHARD/KEY` then, the shard's name without its endings.
  public var keysAreLocal = false
  /// Whether a shard that ends early is noted, and what is whole of it taken, instead of an error.
  public var allowsEarlyEnd = false

  /// Endings of the names of shards.
  public static let suffixes = WebDatasetReader.suffixes

  public init(_ folder: InputFolder) { self.folder = folder }

  /// - Parameter path: a folder; its files with the endings ``suffixes`` are read.
  public init(folder path: String) { folder = InputFolder(path, suffixes: Self.suffixes) }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
    guard sample.tooLarge.isEmpty else { return PairRecord.missing("samples have texts that are too large") }
    let outcome = sample.files["json"].map { json in json.withUnsafeBytes { PairRecord.read($0, key: key) } }
    // JSON may hold other things than texts.
    let hasTexts = if case .fault("records have no “texts”", _, _) = outcome { false } else { outcome != nil }
    guard !hasTexts, let plain = sample.files["txt"] else {
      return outcome ?? PairRecord.missing("samples have neither .json nor .txt")
    }
    guard let text = String(validating: plain, as: UTF8.self)?.stripped else {
      return PairRecord.missing("records are no UTF-8")
    }
    let names = sample.files["json"].flatMap { json in json.withUnsafeBytes { PairNames.read($0) } }
    let id = names?.id ?? key
    return text.isEmpty
      ? PairRecord.missing("records have empty texts alone")
      : .pair(Pair(id: id, image: names?.image ?? id, texts: [PairText(text, field: "caption")]), emptyTexts: 0)
  }
}
