package import Core
package import FileFormats

/// An artifact's files of which each holds one language, one JSON object a line: `de.jsonl`, `en.jsonl`.
///
/// A language is read when it is asked for, and versions share the languages that did not change.
package struct LanguageFiles: Sendable {
  /// The languages' codes, in order.
  package let languages: [String]
  private let files: [String: ContentFile]

  /// - Parameter suffix: the end of the file names that count.
  package init(_ content: ArtifactContent, suffix: String = ".jsonl") {
    var files: [String: ContentFile] = [:]
    for file in content.files where file.name.hasSuffix(suffix) {
      files[String(file.name.dropLast(suffix.count))] = file
    }
    self.files = files
    languages = files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// A language's lines; `nil` for a language that is not there.
  package func lines(of language: String) throws -> LanguageLines? { try files[language].map { try LanguageLines($0) } }

  /// Calls `body` with a cursor at each line; nothing for a language that is not there.
  /// - Throws: ``OperationError`` with the line at fault; what `body` throws.
  package func forEach(_ language: String, _ body: (inout JSONCursor) throws -> Void) throws {
    guard let lines = try lines(of: language) else { return }
    for piece in lines.pieces() { try lines.forEach(in: piece) { cursor, _ in try body(&cursor) } }
  }

  /// How many lines a language has.
  package func count(_ language: String) throws -> Int {
    try files[language].map { try MappedBytes($0).lineCount } ?? 0
  }

  /// How many bytes a language's lines have.
  package func byteCount(_ language: String) -> Int { files[language].map { Int($0.byteCount) } ?? 0 }

  /// The digest of a language's file.
  package func digest(_ language: String) -> Digest? { files[language]?.digest }
}

/// Writes an artifact of ``LanguageFiles``, a language at a time.
package final class LanguageFilesWriter {
  private let folder: String
  private let suffix: String
  private var files: [ContentFile] = []

  /// - Parameter folder: such as ``StageContext/scratch``.
  package init(folder: String, suffix: String = ".jsonl") {
    self.folder = folder
    self.suffix = suffix
  }

  /// Writes one language's records.
  /// - Parameter append: puts a record on the line; the line feed is added.
  package func write<Record>(
    _ language: String, _ records: some Sequence<Record>, _ append: (Record, inout JSONLine) -> Void
  ) throws {
    let writer = try LanguageFileWriter(folder: folder, language: language, suffix: suffix)
    for record in records { try writer.write { append(record, &$0) } }
    files.append(try writer.finish())
  }

  /// Adds a complete file: of a language that was written elsewhere, or one that is no language's.
  package func add(_ file: ContentFile) { files.append(file) }

  /// All files.
  /// - Throws: ``OperationError`` when there is none.
  package func finish() throws -> ArtifactContent {
    guard !files.isEmpty else {
      throw OperationError(operation: "write", subject: folder, cause: "there is no language in it")
    }
    return ArtifactContent(files: files)
  }
}

/// Writes the file of one language, a record at a time.
package final class LanguageFileWriter {
  private let file: ArtifactFileWriter
  private var line = JSONLine()

  /// - Throws: ``OperationError`` when the code is none, or the file cannot be made.
  package init(folder: String, language: String, suffix: String = ".jsonl") throws {
    guard !language.isEmpty,
      language.utf8.allSatisfy({ $0 < 128 && $0 > 32 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") })
    else {
      throw OperationError(operation: "write", subject: folder, cause: "“\(language)” is no code of a language")
    }
    let name = language + suffix
    file = try ArtifactFileWriter(path: "\(folder)/\(name)", name: name)
  }

  /// Writes a record.
  /// - Parameter append: puts it on the line; the line feed is added.
  package func write(_ append: (inout JSONLine) -> Void) throws {
    line.removeAll()
    append(&line)
    line.raw("\n")
    try file.write(line.bytes)
  }

  /// Completes the file.
  package func finish() throws -> ContentFile { try file.finish() }
}
