internal import Core
internal import FileFormats

/// Writes ``ConceptLists`` a candidate at a time, so that a list may be larger than memory; one language after another.
package final class ConceptListsWriter {
  private let folder: String
  private var language: String?
  private var file: LanguageFileWriter?
  private var files: [ContentFile] = []

  /// A writer without a list.
  /// - Parameter folder: the folder that the files are written to, such as ``StageContext/scratch``.
  package init(folder: String) { self.folder = folder }

  /// Adds a candidate at the end of a language's list. A list is complete when that of another language begins.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be written.
  package func write(_ candidate: CountedText, of language: String) throws {
    if language != self.language {
      try finishFile()
      precondition(!files.contains { $0.name == language + ".jsonl" }, "a language's list is complete")
      file = try LanguageFileWriter(folder: folder, language: language)
      self.language = language
    }
    try file?.write { candidate.append(to: &$0) }
  }

  /// Completes the lists.
  /// - Throws: ``OperationError`` when there is none.
  package func finish() throws -> ConceptLists {
    try finishFile()
    guard !files.isEmpty else { throw LanguageFilesWriter.empty(folder) }
    return try ConceptLists(content: ArtifactContent(files: files))
  }

  private func finishFile() throws {
    if let file { files.append(try file.finish()) }
    file = nil
  }
}
