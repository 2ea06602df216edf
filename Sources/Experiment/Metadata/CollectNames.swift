public import ArtifactTypes
public import Core
internal import Counting

/// The names and keywords of pictures as a lexicon in each language.
///
/// They play the part of WordNet where there is none: short strings that people have vetted and that stand for something one can
/// see. A name's count is the number of pictures that have it.
public struct CollectNames: Stage {
  public var pairs: Pairs
  /// Which texts count.
  public var fields = ["name", "keyword"]

  public init(pairs: Pairs, fields: [String] = ["name", "keyword"]) {
    self.pairs = pairs
    self.fields = fields
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

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
