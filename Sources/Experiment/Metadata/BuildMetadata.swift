public import ArtifactTypes
public import Core
internal import Counting

/// Builds one dictionary of visual concepts for each language.
///
/// In this order, the first source of an entry wins: the digits "0" to "99"; the lexicons (WordNet where there is
/// one, and the names and keywords that CLDR gives to emoji in each language: both are lists of words that people
/// have vetted, so that both count as WordNet does, without limit); frequent words of running text; pairs of words by
/// their mutual information; titles by their views. Source: MetaCLIP 2, §3.1 and reference code.
public struct BuildMetadata: Stage {
  /// Lists of vetted words, merged as one sorted set for each language.
  public var lexicons: [ConceptLists]
  /// Words of running text and pairs of them; none when `nil`.
  public var ngrams: NgramCounts?
  /// Titles with their views, such as an encyclopaedia's; none when `nil`.
  public var titles: ConceptLists?
  /// The rule by which pairs of words become entries.
  public var bigramRule = BigramRule.shareOfUnigrams
  /// Pairs of words that are rarer have no reliable mutual information. 1, as in the reference, takes all.
  public var minimumBigramCount = 1
  /// The languages to build; all that a source has when `nil`.
  public var languages: [String]?

  /// Builds metadata from its sources.
  /// - Parameters:
  ///   - lexicons: lists of vetted words.
  ///   - ngrams: words of running text and pairs of them.
  ///   - titles: titles with their views.
  ///   - bigramRule: the rule by which pairs of words become entries.
  ///   - minimumBigramCount: how often a pair of words must occur.
  ///   - languages: the languages to build; all that a source has when `nil`.
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

  /// The digest of this module's sources.
  public static var codeDigest: Digest? { Digest(hexadecimal: ModuleSources.digest) }

  /// Builds the entries of each language.
  /// - Throws: ``OperationError`` when no source has a language that was asked for, or a pair has a word that is not
  ///   among the single words.
  public func run(_ context: StageContext) async throws -> ConceptMetadata {
    let found = Set(lexicons.flatMap(\.languages) + (ngrams?.languages ?? []) + (titles?.languages ?? []))
    let chosen = (languages ?? Array(found)).sorted { $0.precedes($1) }
    if let missing = chosen.first(where: { !found.contains($0) }) {
      throw OperationError(
        operation: "build metadata", subject: missing,
        cause: "no source has this language; they have \(found.sorted())")
    }

    // The largest begin, so that none is left for the end.
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

    if let ngrams {
      var words = TextTable()
      var counts: [Int] = []
      let taken = try addUnigrams(ngrams, language, to: &merge, words: &words, counts: &counts)
      let limit = MetadataMerge.bigramCap(bigramRule, unigramsTaken: taken)
      try addBigrams(ngrams, language, to: &merge, words: words, counts: counts, limit: limit, folder: folder)
    }
    if let titles { try add(titles, language, to: &merge) }
    return merge.entries
  }

  /// Adds words by their count, the commonest first.
  /// - Parameters:
  ///   - words: becomes the table of all words, which pairs are made of.
  ///   - counts: becomes the count of each.
  /// - Returns: how many words became entries.
  private func addUnigrams(
    _ ngrams: NgramCounts, _ language: String, to merge: inout MetadataMerge, words: inout TextTable,
    counts: inout [Int]
  ) throws -> Int {
    let limit = MetadataMerge.unigramCap(of: ngrams.unigramCount(of: language))
    var taken = 0
    var isFull = false
    try ngrams.forEachUnigram(of: language) { word in
      if words.insert(word.text).isNew { counts.append(word.count) }
      if !isFull, merge.add(word.text, .unigram, score: Double(word.count)) {
        taken += 1
        // Looked at after each new entry, so that even a limit of 0 lets one in, as in the reference.
        isFull = taken >= limit
      }
      return true
    }
    return taken
  }

  /// Adds pairs of words by their mutual information. All words are in memory, the pairs are not.
  private func addBigrams(
    _ ngrams: NgramCounts, _ language: String, to merge: inout MetadataMerge, words: TextTable, counts: [Int],
    limit: Int, folder: String
  ) throws {
    let hasNoSpaces = SpacelessWriting.contains(language)
    var ranking = BigramRanking(rule: bigramRule, limit: limit, repeatsIn: hasNoSpaces ? folder : nil)
    let total = ngrams.runningWords(of: language)
    var read = 0
    try ngrams.forEachBigram(of: language) { bigram in
      read += 1
      if read.isMultiple(of: 1 << 16) { try Task.checkCancellation() }
      // The commonest come first, so that all others are rarer, too.
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
    merge.add(try ranking.best(), .bigram, limit: limit)
  }

  /// Adds titles by their views.
  private func add(_ titles: ConceptLists, _ language: String, to merge: inout MetadataMerge) throws {
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

  /// The numbers of the two words that a space separates; `nil` when one of them is unknown.
  private static func words(_ pair: UnsafeRawBufferPointer, in table: TextTable) -> (first: Int, second: Int)? {
    guard let space = pair.firstIndex(of: UInt8(ascii: " ")),
      let first = table.find(UnsafeRawBufferPointer(rebasing: pair[..<space])),
      let second = table.find(UnsafeRawBufferPointer(rebasing: pair[(space + 1)...]))
    else { return nil }
    return (first, second)
  }
}
