package import Core
internal import FileFormats

/// Writes ``Pairs`` one at a time; the order of the calls is part of the value.
///
/// ```swift
/// let writer = try PairsWriter(path: context.file("pairs.jsonl"))
/// try writer.write(Pair(id: "1f436", image: "1f436", texts: [PairText("dog face", field: "name", language: "en")]))
/// return try writer.finish()
/// ```
public final class PairsWriter {
  /// The number of pairs so far.
  public private(set) var count = 0
  private let file: ArtifactFileWriter
  private var line = JSONLine()

  /// A writer without a pair.
  /// - Parameter path: the file to write, from ``StageContext/file(_:)``.
  /// - Throws: ``OperationError`` when the file cannot be created.
  public convenience init(path: String) throws { try self.init(path: path, name: "pairs.jsonl") }

  /// A writer of one shard.
  /// - Parameters:
  ///   - path: the file to write.
  ///   - name: the shard's name in the artifact, from ``Pairs/shardName(_:)``.
  /// - Throws: ``OperationError`` when the file cannot be created.
  package init(path: String, name: String) throws { file = try ArtifactFileWriter(path: path, name: name) }

  /// Adds a pair. Ids must be distinct, which is not checked here, since a set may be larger than memory.
  /// - Throws: ``OperationError`` when the file cannot be written.
  public func write(_ pair: Pair) throws {
    line.removeAll()
    pair.append(to: &line)
    try file.write(line.bytes)
    count += 1
  }

  /// Adds lines that ``Pair/append(to:)`` has written.
  /// - Parameters:
  ///   - lines: whole lines.
  ///   - added: their number.
  package func write(lines: [UInt8], count added: Int) throws {
    try file.write(lines)
    count += added
  }

  /// Completes the file.
  public func finish() throws -> Pairs { try Pairs(content: ArtifactContent(files: [file.finish()])) }

  /// Completes the file as one of several, for ``Pairs/init(shards:)``.
  package func finishShard() throws -> ContentFile { try file.finish() }
}
