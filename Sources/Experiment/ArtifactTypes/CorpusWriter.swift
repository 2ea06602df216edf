package import Core
internal import FileFormats

/// Writes one language of a ``Corpus`` a document at a time, so that it may be larger than memory.
///
/// Several languages can be written at the same time, each by its own writer; ``Corpus/init(files:)`` unites them.
package final class CorpusWriter {
  /// The number of documents so far.
  package private(set) var count = 0
  private let file: ArtifactFileWriter
  private var line = JSONLine()

  /// Makes the file of a language.
  /// - Parameters:
  ///   - language: its code.
  ///   - folder: the folder that the file is written to, such as ``StageContext/scratch``.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be made.
  package init(language: String, folder: String) throws {
    file = try LanguageFileWriter.file(of: language, folder: folder)
  }

  /// Makes a file with a part of a language, for ``append(part:count:)`` of the language's writer.
  /// - Parameter path: a file that the caller removes after that.
  package init(part path: String) throws { file = try ArtifactFileWriter(path: path, name: "part") }

  /// Adds a document.
  package func write(_ document: Corpus.Document) throws {
    line.removeAll()
    document.append(to: &line)
    line.raw("\n")
    try file.write(line.bytes)
    count += 1
  }

  /// Adds the documents of a part.
  /// - Parameters:
  ///   - part: the file from ``finish()`` of the part's writer.
  ///   - added: the number of its documents.
  package func append(part: ContentFile, count added: Int) throws {
    try FileBytes.each(part.path(), size: 1 << 18) { try file.write($0) }
    count += added
  }

  /// Completes the file.
  package func finish() throws -> ContentFile { try file.finish() }
}

extension Corpus {
  /// Unites languages.
  /// - Parameter files: the files from ``CorpusWriter/finish()``, at least one.
  /// - Throws: ``OperationError`` when there is none.
  package init(files: [ContentFile]) throws {
    guard !files.isEmpty else { throw LanguageFilesWriter.empty("a corpus") }
    try self.init(content: ArtifactContent(files: files))
  }
}
