public import ArtifactTypes
public import Provenance

/// Builds one dictionary of visual concepts for each language.
///
/// In this order, the first source of an entry wins: the digits "0" to "99"; the lexicons (WordNet where there is one, and the names
/// and keywords that CLDR gives to emoji in each language: both are lists of words that people have vetted, so that both count as
/// WordNet does, without limit); frequent words of running text; pairs of words by their mutual information; titles by their views.
/// Source: MetaCLIP 2, §3.1 and reference code.
public struct BuildMetadata: Stage {
  /// Merged as one sorted set a language.
  public var lexicons: [ConceptLists]
  public var ngrams: NgramCounts?
  /// Titles with their views, such as an encyclopaedia's.
  public var titles: ConceptLists?
  public var bigramRule = BigramRule.shareOfUnigrams
  /// Pairs of words that are rarer have no reliable mutual information. 1, as in the reference, takes all.
  public var minimumBigramCount = 1
  /// The languages to build; all that a source has when `nil`.
  public var languages: [String]?

  public init(
    lexicons: [ConceptLists], ngrams: NgramCounts? = nil, titles: ConceptLists? = nil,
    bigramRule: BigramRule = .shareOfUnigrams, minimumBigramCount: Int = 1, languages: [String]? = nil
  ) {
    self.lexicons = lexicons
    self.ngrams = ngrams
    self.titles = titles
    self.bigramRule = bigramRule
    self.minimumBigramCount = minimumBigramCount
    self.languages = languages
  }

  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  public func run(_ context: StageContext) async throws -> ConceptMetadata {
    let found = Set(lexicons.flatMap(\.languages) + (ngrams?.languages ?? []) + (titles?.languages ?? []))
    let chosen = (languages ?? Array(found)).sorted { $0.precedes($1) }
    if let missing = chosen.first(where: { !found.contains($0) }) {
      throw MetadataError(
        operation: "build metadata", subject: missing, cause: "no source has this language; they have \(found.sorted())")
    }
    let stage = self
    let merged = try await concurrentMap(
      count: chosen.count, threads: context.threads, progress: { context.progress($0, of: chosen.count, "languages") },
      { index in try stage.merge(chosen[index]) })
    let writer = ConceptMetadataWriter(folder: context.scratch)
    for (language, entries) in zip(chosen, merged) { try writer.write(entries, of: language) }
    return try writer.finish()
  }

  private func merge(_ language: String) throws -> [Concept] {
    var merge = MetadataMerge(language: language)
    var words = TextTable()
    for lexicon in lexicons {
      for word in try lexicon.texts(of: language) { words.insert(word.text) }
    }
    merge.add(lexicon: (0..<words.count).map { words[$0] }.sorted { $0.precedes($1) })
    if let ngrams {
      let unigrams = try ngrams.unigrams(of: language)
      let taken = merge.add(unigrams: unigrams)
      merge.add(
        bigrams: try scored(ngrams.bigrams(of: language), unigrams, language), rule: bigramRule, unigramCount: taken)
    }
    if let titles {
      merge.add(titles: try titles.texts(of: language))
    }
    return merge.entries
  }

  private func scored(
    _ bigrams: [CountedText], _ unigrams: [CountedText], _ language: String
  ) throws -> [(text: String, pmi: Double)] {
    var table = TextTable()
    var counts: [Int] = []
    for unigram in unigrams where table.insert(unigram.text).isNew { counts.append(unigram.count) }
    let total = unigrams.reduce(0) { $0 + $1.count }
    let joint = Tokenizer.hasNoSpaces(language) ? "" : " "
    return try bigrams.compactMap { bigram in
      guard bigram.count >= minimumBigramCount else { return nil }
      let words = bigram.text.unicodeScalars.split(separator: " ", maxSplits: 1).map { String($0) }
      let alone = words.map { table.insert($0).number }
      guard words.count == 2, alone.allSatisfy({ $0 < counts.count }) else {
        throw MetadataError(
          operation: "score bigrams", subject: "“\(bigram.text)” of \(language)", cause: "its words are not among the unigrams")
      }
      let pmi = pointwiseMutualInformation(together: bigram.count, alone: (counts[alone[0]], counts[alone[1]]), total: total)
      return (words.joined(separator: joint), pmi)
    }
  }
}
