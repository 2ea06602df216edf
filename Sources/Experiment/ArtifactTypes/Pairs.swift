public import Core
internal import FileFormats

/// Pictures with their texts, for the training and the evaluation of a model of both.
///
/// One JSON object on each line, in an order that is part of the value:
/// `{"id":"1f600","image":"1f600","texts":[{"text":"grinning face","field":"name","language":"en"}]}`. Optional:
/// `group` of a pair, `confidence` of a text. One file, `pairs.jsonl`, or several shards that are read one after the
/// other, `pairs-00000.jsonl`, `pairs-00001.jsonl`, …. The pictures themselves are in a ``PictureSet``.
public struct Pairs: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "pairs/1" }

  /// The artifact's files.
  public let content: ArtifactContent

  /// Opens pairs without reading them.
  public init(content: ArtifactContent) throws { self.content = content }

  /// Unites shards.
  /// - Parameter shards: at least one file from ``PairsWriter/finishShard()``; their names give the order.
  package init(shards: [ContentFile]) { content = ArtifactContent(files: shards) }

  /// The name of a shard's file: `pairs-00017.jsonl`.
  /// - Parameter number: the shard's position, from 0.
  package static func shardName(_ number: Int) -> String {
    let digits = String(number)
    return "pairs-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits + ".jsonl"
  }

  /// The number of pairs.
  public func count() throws -> Int { try content.files.reduce(0) { $0 + (try MappedBytes($1).lineCount) } }

  /// Calls `body` with every pair in order, in bounded memory.
  /// - Throws: ``OperationError`` with the line that is not a pair; the errors of `body`.
  public func forEach(_ body: (Pair) throws -> Void) throws {
    for shard in content.files {
      let bytes = try MappedBytes(shard)
      for piece in bytes.pieces() {
        try Self.forEach(in: piece, of: bytes, name: shard.name) { pair, _ in try body(pair) }
        bytes.giveBack(piece)
      }
    }
  }

  /// All pairs in memory, for small sets.
  /// - Throws: ``OperationError`` with the line that is not a pair.
  public func all() throws -> [Pair] {
    var pairs: [Pair] = []
    try forEach { pairs.append($0) }
    return pairs
  }

  /// Writes the texts that a condition holds for, with their pairs; a pair without such a text is dropped.
  /// - Parameters:
  ///   - path: the file to write, from ``StageContext/file(_:)``.
  ///   - isIncluded: the condition.
  /// - Throws: ``OperationError``; the errors of `isIncluded`.
  public func filter(into path: String, _ isIncluded: (PairText) throws -> Bool) throws -> Pairs {
    try map(into: path) { pair in
      var pair = pair
      try pair.texts.removeAll { try !isIncluded($0) }
      return pair.texts.isEmpty ? nil : pair
    }
  }

  /// Writes the pairs that a condition holds for.
  /// - Parameters:
  ///   - path: the file to write, from ``StageContext/file(_:)``.
  ///   - isIncluded: the condition.
  /// - Throws: ``OperationError``; the errors of `isIncluded`.
  public func filterPairs(into path: String, _ isIncluded: (Pair) throws -> Bool) throws -> Pairs {
    try map(into: path) { try isIncluded($0) ? $0 : nil }
  }

  /// Writes every pair as `transform` changes it; pairs for which it returns `nil` are dropped.
  /// - Parameters:
  ///   - path: the file to write, from ``StageContext/file(_:)``.
  ///   - transform: returns the changed pair.
  /// - Throws: ``OperationError``; the errors of `transform`.
  public func map(into path: String, _ transform: (Pair) throws -> Pair?) throws -> Pairs {
    let writer = try PairsWriter(path: path)
    try forEach { pair in
      if let changed = try transform(pair) { try writer.write(changed) }
    }
    return try writer.finish()
  }

  /// Opens all shards, for readers on several threads.
  /// - Throws: ``OperationError`` when a file cannot be read.
  package func open() throws -> OpenPairs { try OpenPairs(content.files) }

  fileprivate static func forEach(
    in range: Range<Int>, of bytes: MappedBytes, name: String, _ body: (Pair, UnsafeRawBufferPointer) throws -> Void
  ) throws {
    try bytes.forEachLine(in: range) { line in
      let pair: Pair
      do {
        pair = try Pair(line: line)
      } catch let fault as JSONCursor.Fault {
        let offset = line.baseAddress.map { start in bytes.bytes.baseAddress.map { start - $0 } ?? 0 } ?? 0
        throw OperationError(
          operation: "read pairs", subject: "\(name), line \(bytes.line(at: offset))", cause: fault.description)
      }
      try body(pair, line)
    }
  }
}

/// The mapped shards of ``Pairs``, cut into pieces that threads can read at the same time.
package struct OpenPairs: Sendable {
  /// About a megabyte of whole lines of one shard.
  package struct Piece: Sendable {
    /// The position of the shard in ``OpenPairs/names``.
    package let shard: Int
    fileprivate let range: Range<Int>
  }

  /// The pieces in the order of the pairs. They depend only on the bytes: results that are merged in their order do not
  /// depend on threads.
  package let pieces: [Piece]
  /// The names of the shards, in order.
  package let names: [String]
  private let shards: [MappedBytes]

  fileprivate init(_ files: [ContentFile]) throws {
    names = files.map(\.name)
    shards = try files.map { try MappedBytes($0) }
    pieces = shards.indices.flatMap { [shards] shard in shards[shard].pieces().map { Piece(shard: shard, range: $0) } }
  }

  /// Calls `body` with the pairs of a piece, in order.
  /// - Throws: ``OperationError`` with the line that is not a pair; the errors of `body`.
  package func forEach(in piece: Piece, _ body: (Pair) throws -> Void) throws {
    try forEachWithLine(in: piece) { pair, _ in try body(pair) }
  }

  /// The same with the line of each pair, without its line feed, for a writer that copies unchanged pairs.
  package func forEachWithLine(in piece: Piece, _ body: (Pair, UnsafeRawBufferPointer) throws -> Void) throws {
    defer { shards[piece.shard].giveBack(piece.range) }
    try Pairs.forEach(in: piece.range, of: shards[piece.shard], name: names[piece.shard], body)
  }

  /// Calls `body` with the bytes of each line of a piece, without the line feed.
  package func forEachLine(in piece: Piece, _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    defer { shards[piece.shard].giveBack(piece.range) }
    try shards[piece.shard].forEachLine(in: piece.range, body)
  }
}

extension Pairs {
  /// A row for each language and field, most texts first: both, and the numbers of pairs and texts.
  public func summary() throws -> Table {
    struct Key: Hashable { var language, field: String }
    var counts: [Key: (pairs: Int, texts: Int)] = [:]

    // A pair with several texts of one language and field counts once.
    try forEach { pair in
      var seen: Set<Key> = []
      for text in pair.texts {
        let key = Key(language: text.language ?? "unknown", field: text.field)
        counts[key, default: (0, 0)].texts += 1
        if seen.insert(key).inserted { counts[key, default: (0, 0)].pairs += 1 }
      }
    }

    let ordered = counts.sorted {
      ($1.value.texts, $0.key.language, $0.key.field) < ($0.value.texts, $1.key.language, $1.key.field)
    }
    return Table(
      columns: [.init("language"), .init("field"), .init("pairs"), .init("texts")],
      rows: ordered.map {
        [.text($0.key.language), .text($0.key.field), .integer($0.value.pairs), .integer($0.value.texts)]
      })
  }

  /// A row for each of the first pairs: the id, the number of texts, the first text and its language.
  /// - Parameter limit: the number of pairs.
  public func preview(_ limit: Int = 5) throws -> Table {
    struct Enough: Error {}
    var table = Table(columns: [.init("id"), .init("texts"), .init("first text"), .init("language")])
    do {
      try forEach { pair in
        guard table.rows.count < limit else { throw Enough() }
        table.append([
          .text(pair.id), .integer(pair.texts.count), .text(pair.texts.first?.text ?? ""),
          .text(pair.texts.first?.language ?? "unknown"),
        ])
      }
    } catch is Enough {}
    return table
  }
}

extension Pairs: Presentable {
  /// The number of pairs and the first of them.
  public var presentation: Presentation {
    do {
      return .blocks([.text("\(try count()) pairs, the first of them:"), .table(try preview())])
    } catch {
      return .text("pairs that cannot be read: \(error)")
    }
  }
}
