internal import ArtifactTypes
public import Core
internal import Counting

/// What balancing really kept of a language's commonest and rarest entries: texts counted before and after it.
public struct KeptConcepts: Stage {
  public var before: ConceptCounts
  /// From ``CountConcepts`` with the curated pairs and the same index.
  public var after: ConceptCounts
  public var language: String
  /// How many entries of each end.
  public var limit = 8

  public init(before: ConceptCounts, after: ConceptCounts, language: String, limit: Int = 8) {
    self.before = before
    self.after = after
    self.language = language
    self.limit = limit
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
