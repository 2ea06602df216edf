public import ArtifactTypes
public import Provenance

/// Counts the words of running text and the pairs of neighbouring words, in each language.
///
/// Pairs never cross documents. Source: MetaCLIP 2, §3.1 and reference code.
public struct CountNgrams: Stage {
  public var corpus: Corpus
  /// The languages to count; all of the corpus when `nil`.
  public var languages: [String]?

  public init(corpus: Corpus, languages: [String]? = nil) {
    self.corpus = corpus
    self.languages = languages
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }
  public static var environment: [EnvironmentFacet] { [WordBreaker.version] }

  public func run(_ context: StageContext) async throws -> NgramCounts {
    let corpus = corpus
    let chosen = languages?.sorted() ?? corpus.languages
    if let missing = chosen.first(where: { !corpus.languages.contains($0) }) {
      throw MetadataError(
        operation: "count n-grams", subject: missing, cause: "the corpus has only \(corpus.languages.joined(separator: ", "))")
    }
    let counted = try await concurrentMap(
      count: chosen.count, threads: context.threads, progress: { context.progress($0, of: chosen.count, "languages") },
      { index in try NgramCounter.count(corpus, chosen[index]) })
    let writer = NgramCountsWriter(folder: context.scratch)
    for (language, counter) in zip(chosen, counted) {
      try writer.write(unigrams: counter.unigrams, bigrams: counter.bigrams, of: language)
    }
    return try writer.finish()
  }
}

/// One language's counts in the making.
package struct NgramCounter: Sendable {
  package private(set) var unigrams: [CountedText] = []
  package private(set) var bigrams: [CountedText] = []

  /// Counts the documents of a language.
  fileprivate static func count(_ corpus: Corpus, _ language: String) throws -> NgramCounter {
    var texts: [String] = []
    try corpus.forEach(in: language) { texts.append($0.text) }
    return try NgramCounter(texts, language: language)
  }

  /// Counts texts of which each is a document.
  package init(_ texts: [String], language: String) throws {
    let tokenizer = try Tokenizer(language: language)
    var words = TextTable()
    var wordCounts: [Int] = []
    var pairPositions: [UInt64: Int] = [:]
    var pairs: [(first: Int, second: Int, count: Int)] = []
    for text in texts {
      var previous: Int?
      try tokenizer.forEachWord(
        in: text,
        word: { word in
          let (number, isNew) = words.insert(String(word).stripped)
          if isNew { wordCounts.append(0) }
          wordCounts[number] += 1
          if let first = previous {
            let key = UInt64(first) << 32 | UInt64(number)
            if let position = pairPositions[key] {
              pairs[position].count += 1
            } else {
              pairPositions[key] = pairs.count
              pairs.append((first, number, 1))
            }
          }
          previous = number
        },
        gap: { previous = nil })
    }
    unigrams = wordCounts.enumerated().map { CountedText(words[$0.offset], count: $0.element) }
    bigrams = pairs.map { CountedText("\(words[$0.first]) \(words[$0.second])", count: $0.count) }
  }
}
