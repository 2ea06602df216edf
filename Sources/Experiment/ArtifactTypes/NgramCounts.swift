public import Core
internal import FileFormats

/// A word or a pair of neighbouring words of running text.
public struct Ngram: Hashable, Sendable {
  /// A pair's two words are separated by one space.
  public var text: String
  /// How often it occurs.
  public var count: Int
  /// Where it was first seen: a number that orders a language's words by their first sight, and its pairs by theirs.
  public var first: UInt64

  public init(_ text: String, count: Int, first: UInt64) {
    self.text = text
    self.count = count
    self.first = first
  }
}

/// How often each word and each pair of neighbouring words occurs in a language's running text.
///
/// Two files for each language, `en.unigrams.jsonl` and `en.bigrams.jsonl`, the commonest first, those as common in the order in
/// which they were first seen: `{"text":"new york","count":12,"first":4711}`. `languages.csv` has their totals.
public struct NgramCounts: FileArtifact {
  public static var format: String { "ngrams/2" }

  public let content: ArtifactContent
  private let unigramFiles, bigramFiles: LanguageFiles
  private let totals: LanguageTotals

  static let columns = ["unigrams", "bigrams", "running_words"]

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

  /// How many distinct words a language has.
  public func unigramCount(of language: String) -> Int { totals[language][0] }

  /// How many distinct pairs of words a language has.
  public func bigramCount(of language: String) -> Int { totals[language][1] }

  /// How many running words a language's text has.
  public func runningWords(of language: String) -> Int { totals[language][2] }

  /// Calls `body` with each word of a language, the commonest first.
  /// - Parameter body: returns whether to go on.
  public func forEachUnigram(of language: String, _ body: (Ngram) throws -> Bool) throws {
    try unigramFiles.forEachNgram(language, body)
  }

  /// Calls `body` with each pair of words of a language, the commonest first.
  /// - Parameter body: returns whether to go on.
  public func forEachBigram(of language: String, _ body: (Ngram) throws -> Bool) throws {
    try bigramFiles.forEachNgram(language, body)
  }

  /// Distinct words and pairs of words, and running words, of each language.
  public func summary() throws -> Table {
    Table(
      columns: [.init("language"), .init("unigrams"), .init("bigrams"), .init("running words")],
      rows: languages.map { [.text($0)] + totals[$0].map { .integer($0) } })
  }
}

extension LanguageFiles {
  private struct Enough: Error {}

  /// Calls `body` with each line `{"text":…,"count":…,"first":…}` of a language; a count that is not there is 1.
  /// - Parameter body: returns whether to go on.
  func forEachNgram(_ language: String, _ body: (Ngram) throws -> Bool) throws {
    do {
      try forEach(language) { cursor in
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
        if !(try body(Ngram(text, count: count, first: UInt64(first)))) { throw Enough() }
      }
    } catch is Enough {}
  }
}

/// Writes ``NgramCounts`` a language at a time.
package final class NgramCountsWriter {
  private let folder: String
  private let writer: LanguageFilesWriter
  private var totals = LanguageTotals(columns: NgramCounts.columns)

  /// - Parameter folder: such as ``StageContext/scratch``.
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

  /// - Parameter folder: such as ``StageContext/scratch``.
  package init(folder: String, language: String) throws {
    code = language
    unigrams = try LanguageFileWriter(folder: folder, language: language, suffix: ".unigrams.jsonl")
    bigrams = try LanguageFileWriter(folder: folder, language: language, suffix: ".bigrams.jsonl")
  }

  /// Writes a word: the commonest first, those as common in the order of their first sight.
  package func write(unigram: Ngram) throws {
    totals[0] += 1
    totals[2] += unigram.count
    try Self.write(unigram, unigrams)
  }

  /// Writes a pair of words: the commonest first, those as common in the order of their first sight.
  package func write(bigram: Ngram) throws {
    totals[1] += 1
    try Self.write(bigram, bigrams)
  }

  /// Completes the files.
  package func finish() throws -> Files {
    Files(code: code, unigrams: try unigrams.finish(), bigrams: try bigrams.finish(), totals: totals)
  }

  private static func write(_ ngram: Ngram, _ file: LanguageFileWriter) throws {
    try file.write { line in
      line.raw(#"{"text":"#)
      line.string(ngram.text)
      line.raw(#","count":"#)
      line.integer(ngram.count)
      line.raw(#","first":"#)
      line.integer(Int(clamping: ngram.first))
      line.raw("}")
    }
  }
}
