public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads pairs from JSON Lines, compressed or not: `{"id","image","texts":[{"text","field","language"?}]}`, a record on
/// each line.
///
/// Each file becomes a shard; files are read at the same time. Records that cannot be used are left out, counted by
/// kind and noted with the first five of each: no JSON, values of another type, no UTF-8, without id, image or texts,
/// a line of more than 16 MiB, an id that was there before (the first in the order of files and lines stays).
/// Optional fields may be `null`; fields that are not of a pair are skipped.
public struct ReadPairs: Stage {
  /// A folder of files, read in the order of their names.
  public var folder: InputFolder?
  /// One file.
  public var file: InputFile?
  /// Files that ``WritePairs`` has written.
  public var files: PairFiles?
  /// True to note a file that ends early and take its whole records; otherwise it is an error.
  public var allowsEarlyEnd = false

  /// Endings of the names of files with pairs.
  public static let suffixes = [".jsonl", ".jsonl.gz", ".jsonl.bz2", ".jsonl.xz", ".jsonl.zst"]

  private static let operation = "read pairs"
  /// U+FEFF in UTF-8, which RFC 8259 lets a reader skip.
  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Reads the files of a folder.
  /// - Parameter folder: such as `InputFolder("data/pairs", suffixes: ReadPairs.suffixes)`.
  public init(_ folder: InputFolder) { self.folder = folder }

  /// Reads the files of a folder that have the endings ``suffixes``.
  /// - Parameter path: the folder.
  public init(folder path: String) { folder = InputFolder(path, suffixes: Self.suffixes) }

  /// Reads one file.
  public init(file: InputFile) { self.file = file }

  /// Reads files that ``WritePairs`` has written.
  public init(files: PairFiles) { self.files = files }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the pairs in the order of files and lines.
  /// - Throws: ``OperationError`` when a file cannot be read or ends early, or no record can be used.
  public func run(_ context: StageContext) async throws -> Pairs {
    var inputs = try folder?.files().map { PairShards.Input(name: $0.relativePath, path: $0.path) } ?? []
    if let file {
      inputs.append(PairShards.Input(name: String(file.path.split(separator: "/").last ?? ""), path: file.path))
    }
    inputs += try files?.content.files.map { PairShards.Input(name: $0.name, path: try $0.path()) } ?? []
    let subject = folder?.path ?? file?.path ?? files?.content.files.first?.name ?? "nothing"
    return try await PairShards(
      inputs: inputs, operation: Self.operation, subject: subject, allowsEarlyEnd: allowsEarlyEnd
    )
    .collect(context, Self.read)
  }

  private static func read(_ input: PairShards.Input, _ sink: PairSink) throws {
    let reader = try LineReader(path: input.path)
    while let line = try reader.next() {
      if line.number.isMultiple(of: 4096) { try sink.report(position: reader.compressedPosition) }
      if line.isTooLong {
        sink.addFault("lines are longer than \(reader.limit >> 20) MiB", number: line.number)
        continue
      }
      var bytes = line.bytes
      if line.number == 1, bytes.starts(with: byteOrderMark) {
        bytes = UnsafeRawBufferPointer(rebasing: bytes[byteOrderMark.count...])
      }
      if bytes.isBlankLine { continue }

      let outcome = PairRecord.read(bytes)
      // Half a record at the end of a file without a line feed is a file that was cut off.
      if !line.isTerminated, case .fault(_, let reason, true) = outcome {
        throw OperationError(
          operation: operation, subject: input.path,
          cause: "it ends early, within line \(line.number) (\(reason)): get it again, or allow an early end",
          endsEarly: true)
      }
      try sink.add(outcome, number: line.number)
    }
  }
}
