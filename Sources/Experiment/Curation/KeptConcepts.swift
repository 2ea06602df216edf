internal import ArtifactTypes
public import Core
internal import Counting

/// The texts of a language's commonest and rarest entries, counted before and after balancing.
public struct KeptConcepts: Stage {
  /// The counts of the pool.
  public var before: ConceptCounts
  /// The counts of the curated pairs, from ``CountConcepts`` with the same index.
  public var after: ConceptCounts
  /// The language's code.
  public var language: String
  /// The most entries of each end.
  public var limit = 8

  /// A stage that compares the counts of a language.
  public init(before: ConceptCounts, after: ConceptCounts, language: String, limit: Int = 8) {
    self.before = before
    self.after = after
    self.language = language
    self.limit = limit
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Makes a row for each entry, by rank before balancing.
  /// - Throws: ``OperationError`` when no text of the pool matches an entry of the language.
  public func run(_ context: StageContext) async throws -> Table {
    var kept = TextTable()
    var left: [Int] = []
    for counted in try after.counts(of: language) where kept.insert(counted.text).isNew { left.append(counted.count) }

    let sorted = try before.counts(of: language).sorted {
      $0.count > $1.count || $0.count == $1.count && $0.text.precedes($1.text)
    }
    guard !sorted.isEmpty else {
      throw OperationError(
        operation: "look at kept entries", subject: language, cause: "no text matches an entry of this language")
    }

    let common = min(limit, sorted.count)
    let rare = min(limit, sorted.count - common)
    let chosen =
      sorted.prefix(common).enumerated().map { ($0 + 1, $1) } + sorted.enumerated().suffix(rare).map { ($0 + 1, $1) }

    return Table(
      columns: [
        .init("rank"), .init("entry"), .init("texts before"), .init("texts after"), .init("kept", style: .percent(1)),
      ],
      rows: chosen.map { rank, entry in
        var text = entry.text
        let number = text.withUTF8 { kept.find(UnsafeRawBufferPointer($0)) }
        let count = number.map { left[$0] } ?? 0
        return [
          .integer(rank), .text(entry.text), .integer(entry.count), .integer(count),
          .number(Double(count) / Double(entry.count)),
        ]
      })
  }
}
