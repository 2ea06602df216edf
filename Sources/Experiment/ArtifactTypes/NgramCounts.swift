public import Core
internal import FileFormats

/// A word or a pair of neighbouring words of running text.
public struct Ngram: Hashable, Sendable {
  /// The word, or the two words with one space between them.
  public var text: String
  /// The number of its occurrences.
  public var count: Int
  /// The position of the first occurrence: a number that orders a language's words, and its pairs, by first occurrence.
  public var first: UInt64

  /// An n-gram with these values.
  public init(_ text: String, count: Int, first: UInt64) {
    self.text = text
    self.count = count
    self.first = first
  }
}

/// The numbers of occurrences of each word and each pair of neighbouring words in a language's running text.
///
/// Two files for each language, `en.unigrams.jsonl` and `en.bigrams.jsonl`, the commonest first, equally common ones in
/// the order of their first occurrence: `{"text":"new york","count":12,"first":4711}`. `languages.csv` has their
/// totals.
public struct NgramCounts: FileArtifact {
  /// The format of the files, with its version.
  public static var format: String { "ngrams/2" }

  /// The artifact's files.
  public let content: ArtifactContent
  private let unigramFiles, bigramFiles: LanguageFiles
  private let totals: LanguageTotals

  static let columns = ["unigrams", "bigrams", "running_words"]

  /// Opens counts without reading n-grams.
  /// - Throws: ``OperationError`` when `languages.csv` is missing or does not agree with the files.
  public init(content: ArtifactContent) throws {
    self.content = content
    unigramFiles = LanguageFiles(content, suffix: ".unigrams.jsonl")
    bigramFiles = LanguageFiles(content, suffix: ".bigrams.jsonl")
    totals = try LanguageTotals(content, of: "n-gram counts", columns: Self.columns, languages: unigramFiles.languages)
  }

  /// The codes of the languages, in order.
  public var languages: [String] { unigramFiles.languages }

  /// A language's words, the commonest first.
  public func unigrams(of language: String) throws -> [CountedText] { try unigramFiles.counted(language) }

  /// A language's pairs of words, the commonest first.
  public func bigrams(of language: String) throws -> [CountedText] { try bigramFiles.counted(language) }

  /// The number of a language's distinct words.
  public func unigramCount(of language: String) -> Int { totals[language][0] }

  /// The number of a language's distinct pairs of words.
  public func bigramCount(of language: String) -> Int { totals[language][1] }

  /// The number of words in a language's running text.
  public func runningWords(of language: String) -> Int { totals[language][2] }

  /// Calls `body` with each word of a language, the commonest first.
  /// - Parameter body: returns false to end.
  /// - Throws: ``OperationError`` with the line at fault; the errors of `body`.
  public func forEachUnigram(of language: String, _ body: (Ngram) throws -> Bool) throws {
    try unigramFiles.forEachNgram(language, body)
  }

  /// Calls `body` with each pair of words of a language, the commonest first.
  /// - Parameter body: returns false to end.
  /// - Throws: ``OperationError`` with the line at fault; the errors of `body`.
  public func forEachBigram(of language: String, _ body: (Ngram) throws -> Bool) throws {
    try bigramFiles.forEachNgram(language, body)
  }

  /// A row for each language: its code, and the numbers of distinct words, distinct pairs of words and running words.
  public func summary() throws -> Table {
    Table(
      columns: [.init("language"), .init("unigrams"), .init("bigrams"), .init("running words")],
      rows: languages.map { [.text($0)] + totals[$0].map { .integer($0) } })
  }
}

extension LanguageFiles {
  private struct Enough: Error {}

  /// Calls `body` with each line `{"text":…,"count":…,"first":…}` of a language; a count that is missing is 1.
  /// - Parameter body: returns false to end.
  func forEachNgram(_ language: String, _ body: (Ngram) throws -> Bool) throws {
    do {
      try forEach(language) { cursor in
        if !(try body(Ngram(&cursor))) { throw Enough() }
      }
    } catch is Enough {}
  }
}

extension Ngram {
  /// Reads the object `{"text":…,"count":…,"first":…}`.
  fileprivate init(_ cursor: inout JSONCursor) throws {
    var text: String?
    var count = 1
    var first = 0
    try cursor.beginObject()
    while let key = try cursor.nextKey() {
      switch key {
      case "text": text = try cursor.string()
      case "count": count = try cursor.integer()
      case "first": first = try cursor.integer()
      default: try cursor.skip()
      }
    }
    guard let text, count >= 0, first >= 0 else {
      throw JSONCursor.Fault(description: "a record needs “text”, and no number below 0")
    }
    self.init(text, count: count, first: UInt64(first))
  }

  /// Writes the same object, without a line feed.
  fileprivate func append(to line: inout JSONLine) {
    line.raw(#"{"text":"#)
    line.string(text)
    line.raw(#","count":"#)
    line.integer(count)
    line.raw(#","first":"#)
    line.integer(Int(clamping: first))
    line.raw("}")
  }
}

/// Writes ``NgramCounts`` a language at a time.
package final class NgramCountsWriter {
  private let folder: String
  private let writer: LanguageFilesWriter
  private var totals = LanguageTotals(columns: NgramCounts.columns)

  /// A writer without a language.
  /// - Parameter folder: the folder that the files are written to, such as ``StageContext/scratch``.
  package init(folder: String) {
    self.folder = folder
    writer = LanguageFilesWriter(folder: folder)
  }

  /// Adds a language that ``LanguageNgramsWriter`` wrote.
  package func add(_ language: LanguageNgramsWriter.Files) {
    writer.add(language.unigrams)
    writer.add(language.bigrams)
    totals[language.code] = language.totals
  }

  /// Completes the files.
  /// - Throws: ``OperationError`` when there is no language.
  package func finish() throws -> NgramCounts {
    writer.add(try totals.write(folder: folder))
    return try NgramCounts(content: writer.finish())
  }
}

/// Writes one language's n-grams; several languages may be written at once.
package final class LanguageNgramsWriter {
  /// A language's complete files.
  package struct Files: Sendable {
    let code: String
    let unigrams, bigrams: ContentFile
    let totals: [Int]
  }

  private let code: String
  private let unigrams, bigrams: LanguageFileWriter
  private var totals = [0, 0, 0]

  /// Makes the files of a language.
  /// - Parameters:
  ///   - folder: the folder that they are written to, such as ``StageContext/scratch``.
  ///   - language: the code of the language.
  /// - Throws: ``OperationError`` when the code cannot name a file, or a file cannot be made.
  package init(folder: String, language: String) throws {
    code = language
    unigrams = try LanguageFileWriter(folder: folder, language: language, suffix: ".unigrams.jsonl")
    bigrams = try LanguageFileWriter(folder: folder, language: language, suffix: ".bigrams.jsonl")
  }

  /// Writes a word. The commonest comes first; equally common ones are in the order of their first occurrence.
  package func write(unigram: Ngram) throws {
    totals[0] += 1
    totals[2] += unigram.count
    try unigrams.write { unigram.append(to: &$0) }
  }

  /// Writes a pair of words, in the same order.
  package func write(bigram: Ngram) throws {
    totals[1] += 1
    try bigrams.write { bigram.append(to: &$0) }
  }

  /// Completes the files.
  package func finish() throws -> Files {
    Files(code: code, unigrams: try unigrams.finish(), bigrams: try bigrams.finish(), totals: totals)
  }
}
