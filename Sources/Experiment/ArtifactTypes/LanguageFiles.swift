package import Core
package import FileFormats

/// The files of an artifact with a file for each language, one JSON object a line: `de.jsonl`, `en.jsonl`.
///
/// A language is read when it is asked for, and versions share the languages that did not change.
package struct LanguageFiles: Sendable {
  /// The languages' codes, in order.
  package let languages: [String]
  private let files: [String: ContentFile]

  /// The languages of an artifact.
  /// - Parameters:
  ///   - content: the artifact's files.
  ///   - suffix: the end of the file names that count; the rest of a name is the code of a language.
  package init(_ content: ArtifactContent, suffix: String = ".jsonl") {
    var files: [String: ContentFile] = [:]
    for file in content.files where file.name.hasSuffix(suffix) {
      files[String(file.name.dropLast(suffix.count))] = file
    }
    self.files = files
    languages = files.keys.sorted { $0.precedes($1) }
  }

  /// Opens a language's lines; `nil` for a language without a file.
  package func lines(of language: String) throws -> LanguageLines? { try files[language].map { try LanguageLines($0) } }

  /// Calls `body` with a cursor at each line of a language; not at all for a language without a file.
  /// - Throws: ``OperationError`` with the line at fault; the errors of `body`.
  package func forEach(_ language: String, _ body: (inout JSONCursor) throws -> Void) throws {
    guard let lines = try lines(of: language) else { return }
    for piece in lines.pieces() { try lines.forEach(in: piece) { cursor, _ in try body(&cursor) } }
  }

  /// The number of a language's lines; 0 for a language without a file.
  package func count(_ language: String) throws -> Int {
    try files[language].map { try MappedBytes($0).lineCount } ?? 0
  }

  /// The size of a language's file in bytes; 0 for a language without a file.
  package func byteCount(_ language: String) -> Int { files[language].map { Int($0.byteCount) } ?? 0 }

  /// The digest of a language's file; `nil` for a language without a file.
  package func digest(_ language: String) -> Digest? { files[language]?.digest }
}

/// Writes an artifact of ``LanguageFiles``, a language at a time.
package final class LanguageFilesWriter {
  private let folder: String
  private let suffix: String
  private var files: [ContentFile] = []

  /// A writer without a language.
  /// - Parameters:
  ///   - folder: the folder that the files are written to, such as ``StageContext/scratch``.
  ///   - suffix: the end of the files' names.
  package init(folder: String, suffix: String = ".jsonl") {
    self.folder = folder
    self.suffix = suffix
  }

  /// Writes one language's records, in order.
  /// - Parameters:
  ///   - language: its code.
  ///   - records: its records.
  ///   - append: writes a record to the line; the line feed is added.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be written.
  package func write<Record>(
    _ language: String, _ records: some Sequence<Record>, append: (Record, inout JSONLine) -> Void
  ) throws {
    let writer = try LanguageFileWriter(folder: folder, language: language, suffix: suffix)
    for record in records { try writer.write { append(record, &$0) } }
    files.append(try writer.finish())
  }

  /// Adds a complete file: that of a language that was written elsewhere, or one that is not about a single language.
  package func add(_ file: ContentFile) { files.append(file) }

  /// The content with all files.
  /// - Throws: ``OperationError`` when there is none.
  package func finish() throws -> ArtifactContent {
    guard !files.isEmpty else { throw Self.empty(folder) }
    return ArtifactContent(files: files)
  }

  /// The error of an artifact without a language.
  static func empty(_ subject: String) -> OperationError {
    OperationError(operation: "write", subject: subject, cause: "there is no language in it")
  }
}

/// Writes the file of one language, a record at a time.
package final class LanguageFileWriter {
  private let file: ArtifactFileWriter
  private var line = JSONLine()

  /// Makes the file of a language.
  /// - Parameters:
  ///   - folder: the folder that it is written to, such as ``StageContext/scratch``.
  ///   - language: the code of the language.
  ///   - suffix: the end of the file's name.
  /// - Throws: ``OperationError`` when the code cannot name a file, or the file cannot be made.
  package init(folder: String, language: String, suffix: String = ".jsonl") throws {
    file = try Self.file(of: language, folder: folder, suffix: suffix)
  }

  /// Makes an empty file that is named after a language.
  static func file(of language: String, folder: String, suffix: String = ".jsonl") throws -> ArtifactFileWriter {
    guard !language.isEmpty,
      language.utf8.allSatisfy({ $0 < 128 && $0 > 32 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") })
    else {
      throw OperationError(operation: "write", subject: folder, cause: "“\(language)” is not the code of a language")
    }
    let name = language + suffix
    return try ArtifactFileWriter(path: "\(folder)/\(name)", name: name)
  }

  /// Writes a record.
  /// - Parameter append: writes the record to the line; the line feed is added.
  /// - Throws: ``OperationError`` when the file cannot be written.
  package func write(_ append: (inout JSONLine) -> Void) throws {
    line.removeAll()
    append(&line)
    line.raw("\n")
    try file.write(line.bytes)
  }

  /// Completes the file.
  package func finish() throws -> ContentFile { try file.finish() }
}
