public import Core
internal import FileFormats

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
/// `{"entry":"dog","source":"w"}`, `{"entry":"new york","source":"b","score":8.2}`. `languages.csv` tells how many entries each source
/// gave, so that opening reads no entries. Source: MetaCLIP 2, §3.1.
public struct ConceptMetadata: FileArtifact {
  public static var format: String { "metadata/2" }

  public let content: ArtifactContent
  private let files: LanguageFiles
  private let totals: LanguageTotals

  static let columns = ["entries"] + ConceptSource.allCases.map(\.label)

  /// - Throws: ``OperationError`` when `languages.csv` is missing or does not agree with the files.
  public init(content: ArtifactContent) throws {
    self.content = content
    files = LanguageFiles(content)
    totals = try LanguageTotals(content, of: "metadata", columns: Self.columns, languages: files.languages)
    for language in totals.languages where totals[language][0] != totals[language].dropFirst().reduce(0, +) {
      throw OperationError(
        operation: "open metadata", subject: LanguageTotals.name,
        cause: "the sources of \(language) do not add up to its \(totals[language][0]) entries")
    }
  }

  /// The codes of the languages, in order.
  public var languages: [String] { files.languages }

  /// How many entries a language has.
  public func entryCount(of language: String) -> Int { totals[language][0] }

  /// A language's entries in the order in which they were merged; none for a language that is not there.
  public func entries(of language: String) throws -> [Concept] {
    var entries: [Concept] = []
    entries.reserveCapacity(entryCount(of: language))
    try forEachEntry(of: language) { entries.append($0) }
    return entries
  }

  /// Calls `body` with each entry of a language in the order in which they were merged.
  /// - Throws: ``OperationError`` with the line at fault, or when there are more or fewer entries than `languages.csv` says;
  ///   what `body` throws.
  public func forEachEntry(of language: String, _ body: (Concept) throws -> Void) throws {
    var count = 0
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
          guard let known = ConceptSource(rawValue: mark) else {
            throw JSONCursor.Fault(description: "no source “\(mark)”")
          }
          source = known
        default: try cursor.skip()
        }
      }
      guard let text else { throw JSONCursor.Fault(description: "an entry needs “entry”") }
      count += 1
      try body(Concept(text, source: source, score: score))
    }
    guard count == entryCount(of: language) else {
      throw OperationError(
        operation: "read metadata", subject: "\(language).jsonl",
        cause: "it has \(count) entries, \(LanguageTotals.name) says \(entryCount(of: language))")
    }
  }

  /// Entries of each language by source.
  public func summary() throws -> Table {
    Table(
      columns: [.init("language")] + Self.columns.map { .init($0) },
      rows: languages.map { [.text($0)] + totals[$0].map { .integer($0) } })
  }

  /// Entries of each language by source, with the name of the language and its script, which is empty where it is unknown.
  public func summary(scripts: Languages) throws -> Table {
    Table(
      columns: [.init("language"), .init("name"), .init("script")] + Self.columns.map { .init($0) },
      rows: languages.map { language in
        [.text(language), .text(scripts.name(language)), scripts[language].map { .text($0.script) } ?? .empty]
          + totals[language].map { .integer($0) }
      })
  }

  /// A row for each language and source: for a chart of bars coloured by source.
  /// - Parameter limit: only so many languages, those with the most entries first; all when `nil`.
  public func sourcesByLanguage(limit: Int? = nil) throws -> Table {
    let ranked = languages.enumerated().sorted {
      (entryCount(of: $1.element), $0.offset) < (entryCount(of: $0.element), $1.offset)
    }
    return Table(
      columns: [.init("language"), .init("source"), .init("entries")],
      rows: ranked.prefix(max(0, limit ?? ranked.count)).flatMap { _, language in
        zip(Self.columns, totals[language]).dropFirst().map { [.text(language), .text($0), .integer($1)] }
      })
  }
}

/// Writes ``ConceptMetadata`` a language at a time.
public final class ConceptMetadataWriter {
  private let folder: String
  private let writer: LanguageFilesWriter
  private var totals = LanguageTotals(columns: ConceptMetadata.columns)

  /// - Parameter folder: such as ``StageContext/scratch``.
  public init(folder: String) {
    self.folder = folder
    writer = LanguageFilesWriter(folder: folder)
  }

  /// - Parameters:
  ///   - entries: their texts are distinct; the order is part of the value.
  ///   - language: a code that was not written before.
  public func write(_ entries: [Concept], of language: String) throws {
    add(try Self.write(entries, of: language, folder: folder))
  }

  /// Completes the files.
  public func finish() throws -> ConceptMetadata {
    writer.add(try totals.write(folder: folder))
    return try ConceptMetadata(content: writer.finish())
  }

  /// A language's complete file.
  package struct File: Sendable {
    let code: String
    let file: ContentFile
    let totals: [Int]
  }

  /// Writes a language for ``add(_:)``; several may be written at once.
  package static func write(_ entries: some Sequence<Concept>, of language: String, folder: String) throws -> File {
    let file = try LanguageFileWriter(folder: folder, language: language)
    var counts: [ConceptSource: Int] = [:]
    for entry in entries {
      counts[entry.source, default: 0] += 1
      try file.write { line in
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
    let sources = ConceptSource.allCases.map { counts[$0] ?? 0 }
    return File(code: language, file: try file.finish(), totals: [sources.reduce(0, +)] + sources)
  }

  /// Adds a language that was written.
  package func add(_ language: File) {
    writer.add(language.file)
    totals[language.code] = language.totals
  }
}
