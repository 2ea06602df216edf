public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads pairs from JSON Lines, plain or packed: `{"id","image","texts":[{"text","field","language"?}]}`, a record a line.
///
/// Each file becomes a shard; files are read side by side. Records that cannot be used are left out, counted by kind and noted with the
/// first five of each: no JSON, values of another type, no UTF-8, without id, image or texts, a line of more than 16 MiB, an id that
/// was there before (the first in the order of files and lines stays). Optional fields may be `null`; fields that are not of a pair are
/// passed over.
public struct ReadPairs: Stage {
  /// A folder of files, read in the order of their names.
  public var folder: InputFolder?
  /// One file.
  public var file: InputFile?
  /// What ``WritePairs`` has written.
  public var files: PairFiles?
  /// Whether a file that ends early is noted, and what is whole of it taken, instead of an error.
  public var allowsEarlyEnd = false

  /// Endings of the names of files with pairs.
  public static let suffixes = [".jsonl", ".jsonl.gz", ".jsonl.bz2", ".jsonl.xz", ".jsonl.zst"]

  /// - Parameter folder: such as `InputFolder("data/pairs", suffixes: ReadPairs.suffixes)`.
  public init(_ folder: InputFolder) { self.folder = folder }

  /// - Parameter path: a folder; its files with the endings ``suffixes`` are read.
  public init(folder path: String) { folder = InputFolder(path, suffixes: Self.suffixes) }

  public init(file: InputFile) { self.file = file }

  public init(files: PairFiles) { self.files = files }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> Pairs {
    var inputs = try folder?.files().map { PairShards.Input(name: $0.relativePath, path: $0.path) } ?? []
    if let file {
      inputs.append(PairShards.Input(name: String(file.path.split(separator: "/").last ?? ""), path: file.path))
    }
    inputs += try files?.content.files.map { PairShards.Input(name: $0.name, path: try $0.path()) } ?? []
    let subject = folder?.path ?? file?.path ?? files?.content.files.first?.name ?? "nothing"
    return try await PairShards(
      inputs: inputs, operation: "read pairs", subject: subject, allowsEarlyEnd: allowsEarlyEnd
    )
    .collect(context, Self.read)
  }

  private static func read(_ input: PairShards.Input, _ sink: PairSink) throws {
    let reader = try LineReader(path: input.path)
    while let line = try reader.next() {
      if line.number & 0xFFF == 0 { try sink.report(position: reader.packedPosition) }
      if line.isTooLong {
        sink.addFault("lines are longer than \(reader.limit >> 20) MiB", number: line.number)
        continue
      }
      var bytes = line.bytes
      // A byte order mark, which RFC 8259 lets a reader pass over.
      if line.number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
        bytes = UnsafeRawBufferPointer(rebasing: bytes[3...])
      }
      if bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
      let outcome = PairRecord.read(bytes)
      if !line.isTerminated, case .fault(_, let reason, true) = outcome {
        throw OperationError(
          operation: "read pairs", subject: input.path,
          cause: "it ends early, within line \(line.number) (\(reason)): get it again, or allow an early end",
          endsEarly: true)
      }
      try sink.add(outcome, number: line.number)
    }
  }
}
