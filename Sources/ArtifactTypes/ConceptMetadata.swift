public import Provenance

/// Where an entry of the metadata comes from.
///
/// Source of the marks: MetaCLIP 2, reference code of the metadata's merge.
public enum ConceptSource: String, Codable, Sendable, Hashable, CaseIterable {
  /// "0" to "99".
  case digits = ""
  /// A lexicon: WordNet, or names and keywords that people have vetted.
  case lexicon = "w"
  /// A frequent word of running text.
  case unigram = "u"
  /// Two words that stand together more often than by chance.
  case bigram = "b"
  /// A title that is often looked at.
  case title = "t"

  /// The source in a word, for tables.
  public var label: String {
    switch self {
    case .digits: "digits"
    case .lexicon: "lexicon"
    case .unigram: "unigrams"
    case .bigram: "bigrams"
    case .title: "titles"
    }
  }
}

/// An entry of the metadata: a string that stands for a visual concept.
public struct Concept: Hashable, Sendable {
  public var text: String
  public var source: ConceptSource
  /// What its source ordered it by: a count, a PMI, views; `nil` for digits and lexicons.
  public var score: Double?

  public init(_ text: String, source: ConceptSource, score: Double? = nil) {
    self.text = text
    self.source = source
    self.score = score
  }
}

/// One dictionary of visual concepts for each language.
///
/// A file for each language, `en.jsonl`, entries in the order in which they were merged:
/// `{"entry":"dog","source":"w"}`, `{"entry":"new york","source":"b","score":8.2}`. Source: MetaCLIP 2, §3.1.
public struct ConceptMetadata: FileArtifact {
  public static var format: String { "metadata/1" }

  public let content: ArtifactContent
  private let files: LanguageFiles

  public init(content: ArtifactContent) throws {
    self.content = content
    files = LanguageFiles(content)
  }

  /// The codes of the languages, in order.
  public var languages: [String] { files.languages }

  /// A language's entries in the order in which they were merged; none for a language that is not there.
  public func entries(of language: String) throws -> [Concept] {
    var entries: [Concept] = []
    try files.forEach(language) { cursor in
      var text: String?
      var source = ConceptSource.digits
      var score: Double?
      try cursor.beginObject()
      while let key = try cursor.nextKey() {
        switch key {
        case "entry": text = try cursor.string()
        case "score": score = try cursor.number()
        case "source":
          let mark = try cursor.string()
          guard let known = ConceptSource(rawValue: mark) else { throw JSONCursor.Fault(description: "no source “\(mark)”") }
          source = known
        default: try cursor.skip()
        }
      }
      guard let text else { throw JSONCursor.Fault(description: "an entry needs “entry”") }
      entries.append(Concept(text, source: source, score: score))
    }
    return entries
  }

  /// Entries of each language by source.
  public func summary() throws -> Table {
    var table = Table(
      columns: [.init("language"), .init("entries")] + ConceptSource.allCases.map { .init($0.label) })
    for language in languages {
      let entries = try entries(of: language)
      var counts: [ConceptSource: Int] = [:]
      for entry in entries { counts[entry.source, default: 0] += 1 }
      table.append([.text(language), .integer(entries.count)] + ConceptSource.allCases.map { .integer(counts[$0] ?? 0) })
    }
    return table
  }
}

/// Writes ``ConceptMetadata`` a language at a time.
public final class ConceptMetadataWriter {
  private let writer: LanguageFilesWriter

  /// - Parameter folder: such as ``StageContext/scratch``.
  public init(folder: String) { writer = LanguageFilesWriter(folder: folder) }

  /// - Parameters:
  ///   - entries: their texts are distinct; the order is part of the value.
  ///   - language: a code that was not written before.
  public func write(_ entries: [Concept], of language: String) throws {
    try writer.write(language, entries) { entry, line in
      line.raw(#"{"entry":"#)
      line.string(entry.text)
      line.raw(#","source":"#)
      line.string(entry.source.rawValue)
      if let score = entry.score {
        line.raw(#","score":"#)
        line.number(score)
      }
      line.raw("}")
    }
  }

  /// Completes the files.
  public func finish() throws -> ConceptMetadata { try ConceptMetadata(content: writer.finish()) }
}
