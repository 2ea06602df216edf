public import ArtifactTypes
public import Core
internal import FileFormats
internal import Imaging

/// Reads running text from a folder with a file for each language, such as `de.txt` and `zh-Hans.txt`.
///
/// Codes are spelled as CLDR does. Text that is not UTF-8 is read as Latin-1 and noted.
public struct ReadTexts: Stage {
  /// The folder with the texts, by default libexttextcat's ShortTexts: mostly the Universal Declaration of Human
  /// Rights, in 160 languages.
  public var folder = InputFolder(".colophon/data/ShortTexts", suffixes: [".txt"])

  /// Reads the texts of a folder.
  public init(_ folder: InputFolder = InputFolder(".colophon/data/ShortTexts", suffixes: [".txt"])) {
    self.folder = folder
  }

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Reads the texts; each file is a document, its id the path in the folder.
  /// - Throws: ``OperationError`` when a file cannot be read or all are empty.
  public func run(_ context: StageContext) async throws -> Corpus {
    var documents: [String: [Corpus.Document]] = [:]
    var faults = FaultCounts()
    for file in try folder.files() {
      try Task.checkCancellation()
      let bytes = try FileBytes.read(file.path)
      let valid = String(validating: bytes, as: UTF8.self)
      if valid == nil { faults.add("texts are not UTF-8 and were read as Latin-1", file.relativePath) }
      let text = valid ?? String(latin1: bytes)

      let language = LanguageCodes.cldr(file.name.prefix { $0 != "." })
      if text.stripped.isEmpty {
        faults.add("texts are empty", file.relativePath)
      } else {
        documents[language, default: []].append(Corpus.Document(id: file.relativePath, text: text))
      }
    }
    try faults.check(kept: documents.count, operation: "read texts", subject: folder.path)
    faults.note(in: context)
    return try Corpus.write(documents, folder: context.scratch)
  }
}
