package import Core
internal import FileFormats

/// Writes one language of a ``Corpus`` document by document, so that it may be larger than memory.
///
/// Several languages can be written at the same time, each by its own writer; ``Corpus/init(files:)`` puts them together.
package final class CorpusWriter {
  /// How many documents have been written.
  package private(set) var count = 0
  private let file: ArtifactFileWriter
  private var line = JSONLine()

  /// - Parameters:
  ///   - language: its code.
  ///   - folder: such as ``StageContext/scratch``.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be created.
  package init(language: String, folder: String) throws {
    guard !language.isEmpty,
      language.utf8.allSatisfy({ $0 < 128 && $0 > 32 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") })
    else {
      throw OperationError(operation: "write", subject: folder, cause: "“\(language)” is no code of a language")
    }
    file = try ArtifactFileWriter(path: "\(folder)/\(language).jsonl", name: "\(language).jsonl")
  }

  /// Writes a part of a language, for ``append(part:)`` of the language's writer.
  /// - Parameter path: a file that is removed again when the part has been taken over.
  package init(part path: String) throws { file = try ArtifactFileWriter(path: path, name: "part") }

  /// Adds a document.
  package func write(_ document: Corpus.Document) throws {
    line.removeAll()
    line.raw(#"{"id":"#)
    line.string(document.id)
    line.raw(#","text":"#)
    line.string(document.text)
    line.raw("}\n")
    try file.write(line.bytes)
    count += 1
  }

  /// Adds the documents of a part that is finished.
  package func append(part: ContentFile, count added: Int) throws {
    try FileBytes.each(part.path(), size: 1 << 18) { try file.write($0) }
    count += added
  }

  /// Completes the file.
  package func finish() throws -> ContentFile { try file.finish() }
}

extension Corpus {
  /// Puts languages together.
  /// - Parameter files: from ``CorpusWriter/finish()``, at least one.
  /// - Throws: ``OperationError`` when there is none.
  package init(files: [ContentFile]) throws {
    guard !files.isEmpty else {
      throw OperationError(operation: "write", subject: "a corpus", cause: "there is no language in it")
    }
    try self.init(content: ArtifactContent(files: files))
  }
}
