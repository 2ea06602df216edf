public import Core

/// Candidates for the metadata of each language: a lexicon, or titles with their views.
///
/// A file for each language, `en.jsonl`: `{"text":"dog","count":12}`.
public struct ConceptLists: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "concept-lists/1" }

  /// The artifact's files.
  public let content: ArtifactContent
  private let files: LanguageFiles

  /// Opens lists without reading them.
  public init(content: ArtifactContent) throws {
    self.content = content
    files = LanguageFiles(content)
  }

  /// The codes of the languages, in order.
  public var languages: [String] { files.languages }

  /// A language's candidates in order, each with its count; none for a language without a list.
  public func texts(of language: String) throws -> [CountedText] { try files.counted(language) }

  /// Calls `body` with each candidate of a language, in order.
  public func forEachText(of language: String, _ body: (CountedText) throws -> Void) throws {
    try files.forEachNgram(language) { candidate in
      try body(CountedText(candidate.text, count: candidate.count))
      return true
    }
  }

  /// The number of a language's candidates.
  public func count(of language: String) throws -> Int { try files.count(language) }

  /// A row for each language: its code and the number of its candidates.
  public func summary() throws -> Table {
    Table(
      columns: [.init("language"), .init("candidates")],
      rows: try languages.map { [.text($0), .integer(try files.count($0))] })
  }

  /// Writes lists of candidates.
  /// - Parameters:
  ///   - lists: the candidates by language; the order of a list is part of the value.
  ///   - folder: the folder that the files are written to, such as ``StageContext/scratch``.
  public static func write(_ lists: [String: [CountedText]], folder: String) throws -> ConceptLists {
    let writer = LanguageFilesWriter(folder: folder)
    for (language, list) in lists.sorted(by: { $0.key.precedes($1.key) }) {
      try writer.write(language, counted: list)
    }
    return try ConceptLists(content: writer.finish())
  }
}
