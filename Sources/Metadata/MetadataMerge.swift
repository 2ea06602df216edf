package import ArtifactTypes

/// Merges one language's sources into its entries: ordered, the first source of an entry wins.
///
/// Source: MetaCLIP 2, reference code of the metadata's merge, with its constants.
package struct MetadataMerge {
  /// At most so many entries of each kind: what version 1 had in English.
  static let unigramLimit = 251_465
  static let bigramLimit = 100_646
  static let titleLimit = 61_235
  /// At most this share of the candidates. Source: as above.
  static let unigramShare = 0.1
  static let titleShare = 0.76
  /// The longest entry that is no lexicon's, in code points.
  static let longest = 256

  private let language: String
  private var table = TextTable()
  package private(set) var entries: [Concept] = []

  package init(language: String) {
    self.language = language
    for number in 0..<100 { add(String(number), .digits, nil) }
  }

  /// Adds a lexicon's words: no limit.
  package mutating func add(lexicon: some Sequence<String>) {
    let dropsPlus = ["zh", "ja", "fr"].contains(language.prefix { $0 != "_" })
    for word in lexicon {
      let text = (dropsPlus ? String(word.unicodeScalars.filter { $0 != "+" }.map(Character.init)) : word).stripped
      if !text.isAllPunctuation { add(text, .lexicon, nil) }
    }
  }

  /// Adds frequent words.
  /// - Returns: how many were taken.
  @discardableResult
  package mutating func add(unigrams: [CountedText]) -> Int {
    add(
      unigrams.map { ($0.text, Double($0.count)) }, .unigram,
      limit: min(Self.unigramLimit, Int(Self.unigramShare * Double(unigrams.count))))
  }

  /// Adds pairs of words.
  /// - Parameters:
  ///   - bigrams: with their PMI; of a pair that comes twice the last PMI counts.
  ///   - unigramCount: how many single words were taken.
  package mutating func add(bigrams: [(text: String, pmi: Double)], rule: BigramRule, unigramCount: Int) {
    var last = TextTable()
    var distinct: [(String, Double)] = []
    for (text, pmi) in bigrams {
      let (number, isNew) = last.insert(text)
      if isNew { distinct.append((text, pmi)) } else { distinct[number].1 = pmi }
    }
    switch rule {
    case .pmiAbove30:
      add(distinct.filter { $0.1 > 30 }, .bigram, limit: min(Self.bigramLimit, distinct.count))
    case .shareOfUnigrams:
      add(distinct, .bigram, limit: min(Self.bigramLimit, unigramCount * 2 / 5))
    }
  }

  /// Adds titles by their views.
  package mutating func add(titles: [CountedText]) {
    add(
      titles.map { ($0.text, Double($0.count)) }, .title,
      limit: min(Self.titleLimit, Int(Self.titleShare * Double(titles.count))))
  }

  /// Adds candidates in descending order of their scores, equal ones in the order given. The limit is looked at after each new
  /// entry, so that even a limit of 0 lets one in.
  @discardableResult
  private mutating func add(_ candidates: [(text: String, score: Double)], _ source: ConceptSource, limit: Int) -> Int {
    let ordered = candidates.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }
    var added = 0
    for (_, candidate) in ordered {
      let text = candidate.text.stripped
      guard text.unicodeScalars.count <= Self.longest, !text.isAllPunctuation, add(text, source, candidate.score) else {
        continue
      }
      added += 1
      if added >= limit { break }
    }
    return added
  }

  /// - Returns: whether the entry is new.
  @discardableResult
  private mutating func add(_ text: String, _ source: ConceptSource, _ score: Double?) -> Bool {
    guard table.insert(text).isNew else { return false }
    entries.append(Concept(text, source: source, score: score))
    return true
  }
}
