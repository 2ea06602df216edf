package import Provenance

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

  /// Calls `body` with a cursor at each line; nothing for a language that is not there.
  /// - Throws: ``ArtifactTypesError`` with the line at fault; what `body` throws.
  package func forEach(_ language: String, _ body: (inout JSONCursor) throws -> Void) throws {
    guard let file = files[language] else { return }
    let bytes = try MappedBytes(file)
    var number = 0
    try bytes.forEachLine { line in
      number += 1
      var cursor = JSONCursor(line)
      do {
        try body(&cursor)
        try cursor.end()
      } catch let fault as JSONCursor.Fault {
        throw ArtifactTypesError(operation: "read", subject: "\(file.name), line \(number)", cause: fault.description)
      }
    }
  }

  /// How many lines a language has.
  package func count(_ language: String) throws -> Int { try files[language].map { try MappedBytes($0).lineCount } ?? 0 }

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
    guard !language.isEmpty,
      language.utf8.allSatisfy({ $0 < 128 && $0 > 32 && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") })
    else {
      throw ArtifactTypesError(operation: "write", subject: folder, cause: "“\(language)” is no code of a language")
    }
    let name = language + suffix
    let file = try ArtifactFileWriter(path: "\(folder)/\(name)", name: name)
    var line = JSONLine()
    for record in records {
      line.removeAll()
      append(record, &line)
      line.raw("\n")
      try file.write(line.bytes)
    }
    files.append(try file.finish())
  }

  /// Adds a file that is no language's.
  package func add(_ file: ContentFile) { files.append(file) }

  /// All files.
  /// - Throws: ``ArtifactTypesError`` when there is none.
  package func finish() throws -> ArtifactContent {
    guard !files.isEmpty else {
      throw ArtifactTypesError(operation: "write", subject: folder, cause: "there is no language in it")
    }
    return ArtifactContent(files: files)
  }
}
