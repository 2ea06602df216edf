internal import Core
internal import FileFormats

/// Writes ``ConceptLists`` candidate by candidate, so that a list may be larger than memory; languages one after the other.
package final class ConceptListsWriter {
  private let folder: String
  private var language: String?
  private var file: ArtifactFileWriter?
  private var files: [ContentFile] = []
  private var line = JSONLine()

  /// - Parameter folder: such as ``StageContext/scratch``.
  package init(folder: String) { self.folder = folder }

  /// Adds a candidate at the end of a language's list. A language whose list another one has followed is complete.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be written.
  package func write(_ candidate: CountedText, of language: String) throws {
    if language != self.language {
      try finishFile()
      guard !language.isEmpty,
        language.utf8.allSatisfy({ $0 < 128 && $0 > 32 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") })
      else {
        throw OperationError(operation: "write", subject: folder, cause: "“\(language)” is no code of a language")
      }
      precondition(!files.contains { $0.name == language + ".jsonl" }, "a language's list is complete")
      file = try ArtifactFileWriter(path: "\(folder)/\(language).jsonl", name: "\(language).jsonl")
      self.language = language
    }
    line.removeAll()
    line.raw(#"{"text":"#)
    line.string(candidate.text)
    line.raw(#","count":"#)
    line.integer(candidate.count)
    line.raw("}\n")
    try file?.write(line.bytes)
  }

  /// Completes the lists.
  /// - Throws: ``OperationError`` when there is none.
  package func finish() throws -> ConceptLists {
    try finishFile()
    guard !files.isEmpty else {
      throw OperationError(operation: "write", subject: folder, cause: "there is no language in it")
    }
    return try ConceptLists(content: ArtifactContent(files: files))
  }

  private func finishFile() throws {
    if let file { files.append(try file.finish()) }
    file = nil
  }
}
