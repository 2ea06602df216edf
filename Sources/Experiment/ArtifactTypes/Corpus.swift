public import Core
internal import FileFormats

/// Running text in many languages.
///
/// A file for each language, `en.jsonl`, with a document on each line: `{"id":"udhr","text":"All human beings …"}`.
public struct Corpus: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "corpus/1" }

  /// One document.
  public struct Document: Hashable, Sendable {
    /// The name of the document in its language's text.
    public var id: String
    /// The document's text.
    public var text: String

    /// A document with these values.
    public init(id: String, text: String) {
      self.id = id
      self.text = text
    }

    /// Writes the object `{"id":…,"text":…}`, without a line feed.
    func append(to line: inout JSONLine) {
      line.raw(#"{"id":"#)
      line.string(id)
      line.raw(#","text":"#)
      line.string(text)
      line.raw("}")
    }
  }

  /// The artifact's files.
  public let content: ArtifactContent
  private let files: LanguageFiles

  /// Opens a corpus without reading it.
  public init(content: ArtifactContent) throws {
    self.content = content
    files = LanguageFiles(content)
  }

  /// The codes of the languages, in order.
  public var languages: [String] { files.languages }

  /// Calls `body` with each document of a language, in order.
  /// - Throws: ``OperationError`` with the line at fault; the errors of `body`.
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

  /// A row for each language: its code, and the numbers of its documents and of their code points.
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
  ///   - documents: the documents by language; their order is part of the value.
  ///   - folder: the folder that the files are written to, such as ``StageContext/scratch``.
  public static func write(_ documents: [String: [Document]], folder: String) throws -> Corpus {
    let writer = LanguageFilesWriter(folder: folder)
    for (language, documents) in documents.sorted(by: { $0.key.precedes($1.key) }) {
      try writer.write(language, documents) { $0.append(to: &$1) }
    }
    return try Corpus(content: writer.finish())
  }
}
