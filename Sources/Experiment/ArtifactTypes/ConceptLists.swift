public import Core

/// Candidates for metadata in each language: a lexicon, or titles with their views.
///
/// A file for each language, `en.jsonl`: `{"text":"dog","count":12}`.
public struct ConceptLists: FileArtifact {
  public static var format: String { "concept-lists/1" }

  public let content: ArtifactContent
  private let files: LanguageFiles

  public init(content: ArtifactContent) throws {
    self.content = content
    files = LanguageFiles(content)
  }

  /// The codes of the languages, in order.
  public var languages: [String] { files.languages }

  /// A language's candidates with what was counted of them; none for a language that is not there.
  public func texts(of language: String) throws -> [CountedText] { try files.counted(language) }

  /// Calls `body` with each candidate of a language, in order.
  public func forEachText(of language: String, _ body: (CountedText) throws -> Void) throws {
    try files.forEachNgram(language) { candidate in
      try body(CountedText(candidate.text, count: candidate.count))
      return true
    }
  }

  /// How many candidates a language has.
  public func count(of language: String) throws -> Int { try files.count(language) }

  /// How many candidates each language has.
  public func summary() throws -> Table {
    Table(
      columns: [.init("language"), .init("candidates")],
      rows: try languages.map { [.text($0), .integer(try files.count($0))] })
  }

  /// Writes lists of candidates.
  /// - Parameters:
  ///   - lists: by language; the order of a list is part of the value.
  ///   - folder: such as ``StageContext/scratch``.
  public static func write(_ lists: [String: [CountedText]], folder: String) throws -> ConceptLists {
    let writer = LanguageFilesWriter(folder: folder)
    for (language, list) in lists.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      try writer.write(language, counted: list)
    }
    return try ConceptLists(content: writer.finish())
  }
}
