public import Core
internal import FileFormats

/// The source of an entry of the metadata.
///
/// Source of the marks: MetaCLIP 2, reference code of the metadata's merge.
public enum ConceptSource: String, Codable, Sendable, Hashable, CaseIterable {
  /// "0" to "99".
  case digits = ""
  /// A lexicon: WordNet, or names and keywords that people have vetted.
  case lexicon = "w"
  /// A frequent word of running text.
  case unigram = "u"
  /// Two words that are next to each other more often than by chance.
  case bigram = "b"
  /// A title of a page that is viewed often.
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
  /// The string that texts are matched with.
  public var text: String
  /// The source that gave it first.
  public var source: ConceptSource
  /// The number that its source is ordered by: a count, a PMI, views; `nil` for digits and lexicons.
  public var score: Double?

  /// An entry with these values.
  public init(_ text: String, source: ConceptSource, score: Double? = nil) {
    self.text = text
    self.source = source
    self.score = score
  }
}

/// One dictionary of visual concepts for each language.
///
/// A file for each language, `en.jsonl`, with entries in the order in which they were merged:
/// `{"entry":"dog","source":"w"}`, `{"entry":"new york","source":"b","score":8.2}`. `languages.csv` has the number of
/// entries from each source, so that opening reads no entries. Source: MetaCLIP 2, §3.1.
public struct ConceptMetadata: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "metadata/2" }

  /// The artifact's files.
  public let content: ArtifactContent
  private let files: LanguageFiles
  private let totals: LanguageTotals

  static let columns = ["entries"] + ConceptSource.allCases.map(\.label)

  /// Opens metadata without reading entries.
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

  /// The number of a language's entries; 0 for a language that it does not have.
  public func entryCount(of language: String) -> Int { totals[language][0] }

  /// A language's entries in the order in which they were merged; none for a language that it does not have.
  public func entries(of language: String) throws -> [Concept] {
    var entries: [Concept] = []
    entries.reserveCapacity(entryCount(of: language))
    try forEachEntry(of: language) { entries.append($0) }
    return entries
  }

  /// Calls `body` with each entry of a language in the order in which they were merged.
  /// - Throws: ``OperationError`` with the line at fault, or when their number is not that of `languages.csv`; the
  ///   errors of `body`.
  public func forEachEntry(of language: String, _ body: (Concept) throws -> Void) throws {
    var count = 0
    try files.forEach(language) { cursor in
      let entry = try Concept(&cursor)
      count += 1
      try body(entry)
    }
    guard count == entryCount(of: language) else {
      throw OperationError(
        operation: "read metadata", subject: "\(language).jsonl",
        cause: "it has \(count) entries, \(LanguageTotals.name) says \(entryCount(of: language))")
    }
  }

  /// A row for each language: its code, and the number of its entries, in all and from each source.
  public func summary() throws -> Table {
    Table(
      columns: [.init("language")] + Self.columns.map { .init($0) },
      rows: languages.map { [.text($0)] + totals[$0].map { .integer($0) } })
  }

  /// The same with the name and the script of each language; the script is empty where it is unknown.
  /// - Parameter scripts: the names and scripts.
  public func summary(scripts: Languages) throws -> Table {
    Table(
      columns: [.init("language"), .init("name"), .init("script")] + Self.columns.map { .init($0) },
      rows: languages.map { language in
        [.text(language), .text(scripts.name(language)), scripts[language].map { .text($0.script) } ?? .empty]
          + totals[language].map { .integer($0) }
      })
  }

  /// A row for each language and source, for a chart of bars coloured by source.
  /// - Parameter limit: the number of languages, those with the most entries first; all when `nil`.
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

extension Concept {
  /// Reads the object `{"entry":…,"source":…,"score":…}`.
  fileprivate init(_ cursor: inout JSONCursor) throws {
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
    self.init(text, source: source, score: score)
  }

  /// Writes the same object, without a line feed.
  fileprivate func append(to line: inout JSONLine) {
    line.raw(#"{"entry":"#)
    line.string(text)
    line.raw(#","source":"#)
    line.string(source.rawValue)
    if let score {
      line.raw(#","score":"#)
      line.number(score)
    }
    line.raw("}")
  }
}

/// Writes ``ConceptMetadata`` a language at a time.
public final class ConceptMetadataWriter {
  private let folder: String
  private let writer: LanguageFilesWriter
  private var totals = LanguageTotals(columns: ConceptMetadata.columns)

  /// A writer without a language.
  /// - Parameter folder: the folder that the files are written to, such as ``StageContext/scratch``.
  public init(folder: String) {
    self.folder = folder
    writer = LanguageFilesWriter(folder: folder)
  }

  /// Writes a language.
  /// - Parameters:
  ///   - entries: entries with distinct texts; their order is part of the value.
  ///   - language: a code that was not written before.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be written.
  public func write(_ entries: [Concept], of language: String) throws {
    add(try Self.write(entries, of: language, folder: folder))
  }

  /// Completes the files.
  /// - Throws: ``OperationError`` when there is no language.
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
  /// - Parameters:
  ///   - entries: entries with distinct texts; their order is part of the value.
  ///   - language: its code.
  ///   - folder: the folder that the file is written to, such as ``StageContext/scratch``.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be written.
  package static func write(_ entries: some Sequence<Concept>, of language: String, folder: String) throws -> File {
    let file = try LanguageFileWriter(folder: folder, language: language)
    var counts: [ConceptSource: Int] = [:]
    for entry in entries {
      counts[entry.source, default: 0] += 1
      try file.write { entry.append(to: &$0) }
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
