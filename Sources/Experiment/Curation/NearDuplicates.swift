internal import ArtifactTypes
public import Core
internal import FileFormats

/// Pictures of a pool that look like pictures of an evaluation set.
///
/// One file, `duplicates.csv`: a header `pool,evaluation,distance` and a row for each pair, in the order of the ids'
/// UTF-8 bytes. An id with a comma or quotation mark is quoted. Source of the quoting: RFC 4180.
public struct NearDuplicates: FileArtifact {
  /// The name and version of the file format.
  public static var format: String { "near-duplicates/1" }

  /// A picture of the pool and one of the evaluation set.
  public struct Match: Hashable, Sendable {
    /// The id of the picture of the pool.
    public var pool: String
    /// The id of the picture of the evaluation set.
    public var evaluation: String
    /// The number of bits in which their hashes differ.
    public var distance: Int

    /// A pair of pictures.
    public init(pool: String, evaluation: String, distance: Int) {
      self.pool = pool
      self.evaluation = evaluation
      self.distance = distance
    }
  }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Near-duplicates in one file, which is read when they are asked for.
  /// - Throws: ``OperationError`` when the content is not one file.
  public init(content: ArtifactContent) throws {
    _ = try content.onlyFile
    self.content = content
  }

  /// All pairs, in the order of the file.
  /// - Throws: ``OperationError`` with the line that is damaged.
  public func matches() throws -> [Match] {
    let mapped = try MappedBytes(content.files[0])
    var matches: [Match] = []
    var number = 0
    try mapped.forEachLine { line in
      number += 1
      guard number > 1 else { return }
      let fields = Self.fields(line)
      guard fields.count == 3, let distance = Int(fields[2]) else {
        throw OperationError(
          operation: "read near-duplicates", subject: "\(content.files[0].name), line \(number)",
          cause: "“\(String(decoding: line, as: UTF8.self))” is not pool,evaluation,distance")
      }
      matches.append(Match(pool: fields[0], evaluation: fields[1], distance: distance))
    }
    return matches
  }

  /// The ids of the pictures of the pool that look like one of the evaluation set.
  /// - Throws: ``OperationError`` with the line that is damaged.
  public func poolPictures() throws -> Set<String> { Set(try matches().map(\.pool)) }

  /// A table with the number of pairs at each distance, and of the pictures of both sides in them.
  /// - Throws: ``OperationError`` with the line that is damaged.
  public func summary() throws -> Table {
    var table = Table(
      columns: [.init("distance"), .init("pairs"), .init("pictures of the pool"), .init("pictures of the evaluation")])
    let groups = Dictionary(grouping: try matches(), by: \.distance)
    for (distance, matches) in groups.sorted(by: { $0.key < $1.key }) {
      table.append([
        .integer(distance), .integer(matches.count), .integer(Set(matches.map(\.pool)).count),
        .integer(Set(matches.map(\.evaluation)).count),
      ])
    }
    return table
  }

  /// Writes matches, sorted.
  /// - Parameters:
  ///   - matches: the pairs in any order; ids have no line feeds.
  ///   - path: the file to write, from ``StageContext/file(_:)``.
  /// - Throws: ``OperationError`` when the file cannot be written.
  public static func write(_ matches: [Match], path: String) throws -> NearDuplicates {
    let file = try ArtifactFileWriter(path: path, name: "duplicates.csv")
    try file.write(Array("pool,evaluation,distance\n".utf8))
    let sorted = matches.sorted {
      $0.pool == $1.pool ? $0.evaluation.precedes($1.evaluation) : $0.pool.precedes($1.pool)
    }
    for match in sorted {
      try file.write(quoted(match.pool) + [44] + quoted(match.evaluation) + Array(",\(match.distance)\n".utf8))
    }
    return try NearDuplicates(content: ArtifactContent(files: [file.finish()]))
  }

  private static let quote = UInt8(ascii: "\"")

  /// The bytes of an id, in quotation marks where a reader of CSV needs them.
  private static func quoted(_ id: String) -> [UInt8] {
    let bytes = Array(id.utf8)
    guard bytes.contains(where: { $0 == quote || $0 == 44 || $0 == 13 }) else { return bytes }
    return [quote] + bytes.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
  }

  /// The fields of a line; an id never continues on the next one.
  private static func fields(_ line: UnsafeRawBufferPointer) -> [String] {
    var fields: [[UInt8]] = [[]]
    var isQuoted = false
    var wasQuote = false
    for byte in line {
      if byte == quote {
        // A second quotation mark inside a quoted field stands for itself.
        if wasQuote, !isQuoted { fields[fields.count - 1].append(quote) }
        isQuoted.toggle()
        wasQuote = true
        continue
      }
      wasQuote = false
      if byte == 44, !isQuoted { fields.append([]) } else { fields[fields.count - 1].append(byte) }
    }
    return fields.map { String(decoding: $0, as: UTF8.self) }
  }
}

extension NearDuplicates: Presentable {
  /// A sentence and the ``summary()``.
  public var presentation: Presentation {
    do {
      let matches = try matches()
      return .blocks([
        .text("\(Set(matches.map(\.pool)).count) pictures look like one of the evaluation set."), .table(try summary()),
      ])
    } catch {
      return .text("near-duplicates that cannot be read: \(error)")
    }
  }
}
