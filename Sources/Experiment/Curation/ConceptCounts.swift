public import ArtifactTypes
public import Core
internal import FileFormats

/// The number of texts that match each entry of the metadata, by language.
///
/// `languages.csv` has a row for each language; `en.jsonl` the entries that some text matches, in the order of their
/// UTF-8 bytes: `{"text":"dog","count":12}`. Entries that no text matches are only counted.
public struct ConceptCounts: FileArtifact {
  /// The name and version of the file format.
  public static var format: String { "concept-counts/1" }

  /// A language's totals.
  public struct Language: Hashable, Sendable {
    /// The code of the language, or of its group of the index.
    public var code: String
    /// The number of entries in the language's metadata.
    public var entries: Int
    /// The number of texts in this language.
    public var texts: Int
    /// The number of these texts that match at least one entry.
    public var matchedTexts: Int

    /// The totals of a language.
    public init(code: String, entries: Int, texts: Int, matchedTexts: Int) {
      self.code = code
      self.entries = entries
      self.texts = texts
      self.matchedTexts = matchedTexts
    }
  }

  /// The artifact's files.
  public let content: ArtifactContent
  /// The languages with metadata or texts, in the order of their codes.
  public let languages: [Language]
  private let files: LanguageFiles

  /// Reads the languages' totals; their entries are read when they are asked for.
  /// - Throws: ``OperationError`` when `languages.csv` is missing or damaged.
  public init(content: ArtifactContent) throws {
    func fault(_ cause: String) -> OperationError {
      OperationError(operation: "open concept counts", subject: "languages.csv", cause: cause)
    }
    guard let table = content["languages.csv"] else { throw fault("the file is missing") }

    let lines = String(decoding: try table.bytes(), as: UTF8.self).split(separator: "\n").dropFirst()
    languages = try lines.map { line in
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == 4, let entries = Int(cells[1]), let texts = Int(cells[2]), let matched = Int(cells[3]) else {
        throw fault("“\(line)” is not language,entries,texts,matched_texts")
      }
      return Language(code: String(cells[0]), entries: entries, texts: texts, matchedTexts: matched)
    }

    self.content = content
    files = LanguageFiles(content)
  }

  /// The entries of a language that some text matches, with their counts, in the order of their UTF-8 bytes.
  /// - Throws: ``OperationError`` when the language's file is damaged; a language without one has no such entries.
  public func counts(of language: String) throws -> [CountedText] { try files.counted(language) }

  /// The counts of all entries of a language in ascending order, with 0 for each entry that no text matches.
  /// - Throws: ``OperationError`` when the language's file is damaged.
  public func distribution(of language: String) throws -> [Int] {
    let counts = try counts(of: language).map(\.count).sorted()
    let entries = languages.first { $0.code == language }?.entries ?? counts.count
    return [Int](repeating: 0, count: max(0, entries - counts.count)) + counts
  }

  /// A table with the texts, matched texts and matched entries of each language.
  /// - Throws: ``OperationError`` when a language's file is damaged.
  public func summary() throws -> Table {
    var table = Table(
      columns: [
        .init("language"), .init("entries"), .init("matched entries"), .init("texts"), .init("matched texts"),
        .init("share matched", style: .percent(1)),
      ])
    for language in languages {
      table.append([
        .text(language.code), .integer(language.entries), .integer(try files.count(language.code)),
        .integer(language.texts), .integer(language.matchedTexts),
        language.texts == 0 ? .empty : .number(Double(language.matchedTexts) / Double(language.texts)),
      ])
    }
    return table
  }

  /// Writes counts.
  /// - Parameters:
  ///   - counts: each language's totals and the entries that some text matches, in the order of their UTF-8 bytes.
  ///   - folder: an existing folder, such as ``StageContext/scratch``.
  /// - Throws: ``OperationError`` when a file cannot be written.
  public static func write(_ counts: [(language: Language, matched: [CountedText])], folder: String) throws
    -> ConceptCounts
  {
    let writer = LanguageFilesWriter(folder: folder)
    let table = try ArtifactFileWriter(path: folder + "/languages.csv", name: "languages.csv")
    try table.write(Array("language,entries,texts,matched_texts\n".utf8))
    for (language, matched) in counts.sorted(by: {
      $0.language.code.utf8.lexicographicallyPrecedes($1.language.code.utf8)
    }) {
      try table.write(Array("\(language.code),\(language.entries),\(language.texts),\(language.matchedTexts)\n".utf8))
      if !matched.isEmpty { try writer.write(language.code, counted: matched) }
    }
    writer.add(try table.finish())
    return try ConceptCounts(content: writer.finish())
  }
}
