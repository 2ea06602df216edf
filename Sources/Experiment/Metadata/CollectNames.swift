public import ArtifactTypes
public import Core
internal import Counting

/// Collects the names and keywords of pictures as a lexicon in each language.
///
/// They play the part of WordNet where there is none: short strings that people have vetted and that name something
/// visible. A name's count is the number of pictures that have it.
public struct CollectNames: Stage {
  /// Pairs with names, such as those of emoji.
  public var pairs: Pairs
  /// The fields whose texts count.
  public var fields = ["name", "keyword"]

  /// Collects the texts of some fields.
  /// - Parameters:
  ///   - pairs: pairs with names.
  ///   - fields: the fields whose texts count.
  public init(pairs: Pairs, fields: [String] = ["name", "keyword"]) {
    self.pairs = pairs
    self.fields = fields
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Collects the texts; a list for each language, in the order of their bytes. Texts without a language do not count.
  /// - Throws: ``OperationError`` when no text is left.
  public func run(_ context: StageContext) async throws -> ConceptLists {
    var tables: [String: (texts: TextTable, counts: [Int])] = [:]
    let wanted = Set(fields)
    var read = 0
    try pairs.forEach({ pair in
      try Task.checkCancellation()
      read += 1
      if read.isMultiple(of: 256) { context.progress(read, of: 0, "pairs") }
      for text in pair.texts where wanted.contains(text.field) {
        guard let language = text.language else { continue }
        let (number, isNew) = tables[language, default: (TextTable(), [])].texts.insert(text.text)
        if isNew { tables[language]?.counts.append(0) }
        tables[language]?.counts[number] += 1
      }
    })
    guard !tables.isEmpty else {
      throw OperationError(
        operation: "collect names", subject: "\(read) pairs",
        cause: "no text with a language has one of the fields \(fields.joined(separator: ", "))")
    }

    let lists = tables.mapValues { table in
      table.counts.indices.map { CountedText(table.texts[$0], count: table.counts[$0]) }.sorted {
        $0.text.precedes($1.text)
      }
    }
    return try ConceptLists.write(lists, folder: context.scratch)
  }
}
