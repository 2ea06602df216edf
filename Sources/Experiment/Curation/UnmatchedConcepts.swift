public import ArtifactTypes
public import Core
internal import Counting

/// The entries of a language's metadata that no text matches, by source, with the first of them as examples.
public struct UnmatchedConcepts: Stage {
  /// The entries by language.
  public var metadata: ConceptMetadata
  /// The entries' counts, from ``CountConcepts`` with an index of the metadata.
  public var counts: ConceptCounts
  /// The language's code in the metadata.
  public var language: String
  /// The most examples of each source.
  public var examples = 8

  /// A stage for the unmatched entries of a language.
  public init(metadata: ConceptMetadata, counts: ConceptCounts, language: String, examples: Int = 8) {
    self.metadata = metadata
    self.counts = counts
    self.language = language
    self.examples = examples
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Makes a row for each source of the language's entries.
  /// - Throws: ``OperationError`` when the metadata has no such language.
  public func run(_ context: StageContext) async throws -> Table {
    guard metadata.languages.contains(language) else {
      throw OperationError(
        operation: "look for unmatched entries", subject: language,
        cause: "the metadata has no such language; it has \(metadata.languages.joined(separator: ", "))")
    }

    var matched = TextTable()
    for counted in try counts.counts(of: ConceptIndex.prefix(language)) { matched.insert(counted.text) }

    var found: [ConceptSource: (entries: Int, unmatched: Int, examples: [String])] = [:]
    for entry in try metadata.entries(of: language) {
      var text = entry.text
      let isMatched = text.withUTF8 { matched.find(UnsafeRawBufferPointer($0)) != nil }
      found[entry.source, default: (0, 0, [])].entries += 1
      if isMatched { continue }
      found[entry.source, default: (0, 0, [])].unmatched += 1
      if found[entry.source]?.examples.count ?? 0 < examples { found[entry.source]?.examples.append(entry.text) }
    }

    return Table(
      columns: [
        .init("source"), .init("entries"), .init("never matched"), .init("share", style: .percent(1)),
        .init("for instance"),
      ],
      rows: ConceptSource.allCases.compactMap { source in
        guard let part = found[source] else { return nil }
        return [
          .text(source.label), .integer(part.entries), .integer(part.unmatched),
          .number(Double(part.unmatched) / Double(part.entries)), .text(part.examples.joined(separator: ", ")),
        ]
      })
  }
}
