public import Core
internal import FileFormats

/// Running text in many languages.
///
/// A file for each language, `en.jsonl`, a document a line: `{"id":"udhr","text":"All human beings …"}`.
public struct Corpus: FileArtifact {
  public static var format: String { "corpus/1" }

  /// One document.
  public struct Document: Hashable, Sendable {
    public var id: String
    public var text: String

    public init(id: String, text: String) {
      self.id = id
      self.text = text
    }
  }

  public let content: ArtifactContent
  private let files: LanguageFiles

  public init(content: ArtifactContent) throws {
    self.content = content
    files = LanguageFiles(content)
  }

  /// The codes of the languages, in order.
  public var languages: [String] { files.languages }

  /// Calls `body` with each document of a language, in order.
  public func forEach(in language: String, _ body: (Document) throws -> Void) throws {
    try files.forEach(language) { cursor in
      var document = Document(id: "", text: "")
      try cursor.beginObject()
      while let key = try cursor.nextKey() {
        switch key {
        case "id": document.id = try cursor.string()
        case "text": document.text = try cursor.string()
        default: try cursor.skip()
        }
      }
      try body(document)
    }
  }

  /// Documents and code points of each language.
  public func summary() throws -> Table {
    var table = Table(columns: [.init("language"), .init("documents"), .init("code points")])
    for language in languages {
      var documents = 0
      var points = 0
      try forEach(in: language) {
        documents += 1
        points += $0.text.unicodeScalars.count
      }
      table.append([.text(language), .integer(documents), .integer(points)])
    }
    return table
  }

  /// Writes a corpus.
  /// - Parameters:
  ///   - documents: by language; the order of the documents is part of the value.
  ///   - folder: such as ``StageContext/scratch``.
  public static func write(_ documents: [String: [Document]], folder: String) throws -> Corpus {
    let writer = LanguageFilesWriter(folder: folder)
    for (language, documents) in documents.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      try writer.write(language, documents) { document, line in
        line.raw(#"{"id":"#)
        line.string(document.id)
        line.raw(#","text":"#)
        line.string(document.text)
        line.raw("}")
      }
    }
    return try Corpus(content: writer.finish())
  }
}
