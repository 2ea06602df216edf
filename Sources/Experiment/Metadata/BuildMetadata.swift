public import ArtifactTypes
public import Core
internal import Counting

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
      throw OperationError(
        operation: "build metadata", subject: missing, cause: "no source has this language; they have \(found.sorted())"
      )
    }
    // The largest begin.
    let order = chosen.sorted { (ngrams?.bigramCount(of: $0) ?? 0) > (ngrams?.bigramCount(of: $1) ?? 0) }
    let stage = self
    let written = try await concurrentMap(
      count: order.count, threads: context.threads, progress: { context.progress($0, of: order.count, "languages") },
      { index in
        try ConceptMetadataWriter.write(
          stage.merge(order[index], folder: context.scratch), of: order[index], folder: context.scratch)
      })
    let writer = ConceptMetadataWriter(folder: context.scratch)
    for language in written { writer.add(language) }
    return try writer.finish()
  }

  private func merge(_ language: String, folder: String) throws -> [Concept] {
    var merge = MetadataMerge(language: language)
    var words = TextTable()
    for lexicon in lexicons {
      try lexicon.forEachText(of: language) { words.insert($0.text) }
    }
    merge.add(lexicon: (0..<words.count).map { words[$0] }.sorted { $0.precedes($1) })
    if let ngrams { try add(ngrams, language, to: &merge, folder: folder) }
    if let titles {
      let limit = MetadataMerge.titleCap(of: try titles.count(of: language))
      var ranking = Ranking(limit: limit)
      var number: UInt64 = 0
      try titles.forEachText(of: language) { title in
        number += 1
        let score = Double(title.count)
        guard ranking.admits(score: score, first: number), let text = merge.admitted(title.text) else { return }
        ranking.add(text, score: score, first: number)
      }
      merge.add(ranking.best(), .title, limit: limit)
    }
    return merge.entries
  }

  /// Adds words by their count and pairs of words by their mutual information. All words are kept in memory, the pairs are not.
  private func add(_ ngrams: NgramCounts, _ language: String, to merge: inout MetadataMerge, folder: String) throws {
    let limit = MetadataMerge.unigramCap(of: ngrams.unigramCount(of: language))
    var words = TextTable()
    var counts: [Int] = []
    var taken = 0
    var isFull = false
    try ngrams.forEachUnigram(of: language) { word in
      if words.insert(word.text).isNew { counts.append(word.count) }
      if !isFull, merge.add(word.text, .unigram, score: Double(word.count)) {
        taken += 1
        isFull = taken >= limit
      }
      return true
    }
    let bigramLimit = MetadataMerge.bigramCap(bigramRule, unigramsTaken: taken)
    let hasNoSpaces = SpacelessWriting.contains(language)
    var ranking = BigramRanking(rule: bigramRule, limit: bigramLimit, repeatsIn: hasNoSpaces ? folder : nil)
    let total = ngrams.runningWords(of: language)
    var read = 0
    try ngrams.forEachBigram(of: language) { bigram in
      read += 1
      if read.isMultiple(of: 1 << 16) { try Task.checkCancellation() }
      // The commonest come first.
      guard bigram.count >= minimumBigramCount else { return false }
      var text = bigram.text
      guard let pair = text.withUTF8({ Self.words(UnsafeRawBufferPointer($0), in: words) }) else {
        throw OperationError(
          operation: "score bigrams", subject: "“\(bigram.text)” of \(language)",
          cause: "its words are not among the unigrams")
      }
      let pmi = pointwiseMutualInformation(
        together: bigram.count, alone: (counts[pair.first], counts[pair.second]), total: total)
      guard ranking.admits(pmi: pmi, first: bigram.first) else { return true }
      let joined = hasNoSpaces ? words[pair.first] + words[pair.second] : bigram.text
      if let candidate = merge.admitted(joined) { try ranking.add(candidate, pmi: pmi, first: bigram.first) }
      return true
    }
    merge.add(try ranking.best(), .bigram, limit: bigramLimit)
  }

  /// The numbers of the two words that a space separates; `nil` when one of them is unknown.
  private static func words(_ pair: UnsafeRawBufferPointer, in table: TextTable) -> (first: Int, second: Int)? {
    guard let space = pair.firstIndex(of: 32),
      let first = table.find(UnsafeRawBufferPointer(rebasing: pair[..<space])),
      let second = table.find(UnsafeRawBufferPointer(rebasing: pair[(space + 1)...]))
    else { return nil }
    return (first, second)
  }
}
