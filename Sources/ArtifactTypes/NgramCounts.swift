public import Provenance

/// How often each word and each pair of neighbouring words occurs in a language's running text.
///
/// Two files for each language, `en.unigrams.jsonl` and `en.bigrams.jsonl`, in the order in which they were first seen; a bigram's
/// two words are separated by one space.
public struct NgramCounts: FileArtifact {
  public static var format: String { "ngrams/1" }

  public let content: ArtifactContent
  private let unigramFiles, bigramFiles: LanguageFiles

  public init(content: ArtifactContent) throws {
    self.content = content
    unigramFiles = LanguageFiles(content, suffix: ".unigrams.jsonl")
    bigramFiles = LanguageFiles(content, suffix: ".bigrams.jsonl")
  }

  /// The codes of the languages, in order.
  public var languages: [String] { unigramFiles.languages }

  /// A language's words in the order in which they were first seen.
  public func unigrams(of language: String) throws -> [CountedText] { try unigramFiles.counted(language) }

  /// A language's pairs of words in the order in which they were first seen.
  public func bigrams(of language: String) throws -> [CountedText] { try bigramFiles.counted(language) }

  /// Distinct words and pairs of words, and running words, of each language.
  public func summary() throws -> Table {
    var table = Table(columns: [.init("language"), .init("unigrams"), .init("bigrams"), .init("running words")])
    for language in languages {
      let unigrams = try unigrams(of: language)
      table.append([
        .text(language), .integer(unigrams.count), .integer(try bigramFiles.count(language)),
        .integer(unigrams.reduce(0) { $0 + $1.count }),
      ])
    }
    return table
  }
}

/// Writes ``NgramCounts`` a language at a time.
public final class NgramCountsWriter {
  private let unigrams, bigrams: LanguageFilesWriter

  /// - Parameter folder: such as ``StageContext/scratch``.
  public init(folder: String) {
    unigrams = LanguageFilesWriter(folder: folder, suffix: ".unigrams.jsonl")
    bigrams = LanguageFilesWriter(folder: folder, suffix: ".bigrams.jsonl")
  }

  /// - Parameters:
  ///   - words: in the order in which they were first seen.
  ///   - pairs: the same of pairs of words, joined by one space.
  public func write(unigrams words: [CountedText], bigrams pairs: [CountedText], of language: String) throws {
    try unigrams.write(language, counted: words)
    try bigrams.write(language, counted: pairs)
  }

  /// Completes the files.
  public func finish() throws -> NgramCounts {
    try NgramCounts(content: ArtifactContent(files: unigrams.finish().files + bigrams.finish().files))
  }
}
