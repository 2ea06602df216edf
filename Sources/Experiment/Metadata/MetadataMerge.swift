package import ArtifactTypes
internal import Counting

/// Merges one language's sources into its entries: ordered, the first source of an entry wins.
///
/// Source: MetaCLIP 2, reference code of the metadata's merge, with its constants.
package struct MetadataMerge {
  /// The number of entries of each kind at most: as many as version 1 had in English.
  private static let unigramLimit = 251_465
  private static let bigramLimit = 100_646
  private static let titleLimit = 61_235
  /// The share of the candidates that become entries at most. Source: as above.
  private static let unigramShare = 0.1
  private static let titleShare = 0.76
  /// The longest entry that is not a lexicon's, in code points.
  private static let longest = 256
  /// The numbers that are entries of every language.
  private static let digits = 0..<100
  /// Languages whose lexicons mark something with a plus sign that is not a part of the word.
  private static let droppingPlus: Set<String> = ["zh", "ja", "fr"]

  private let dropsPlus: Bool
  private var table = TextTable()
  /// The entries so far, each text once, in the order in which they were added.
  package private(set) var entries: [Concept] = []

  /// The digits, which are entries of every language.
  /// - Parameter language: a code as CLDR or Wikipedia writes it.
  package init(language: String) {
    dropsPlus = Self.droppingPlus.contains(SpacelessWriting.base(language))
    for number in Self.digits { insert(String(number), .digits, score: nil) }
  }

  /// The number of words that may be taken, by the number of different words.
  package static func unigramCap(of candidates: Int) -> Int {
    min(unigramLimit, Int(unigramShare * Double(candidates)))
  }

  /// The number of pairs of words that may be taken, by the number of words that were taken.
  package static func bigramCap(_ rule: BigramRule, unigramsTaken: Int) -> Int {
    switch rule {
    // The coded rule's other bound, the number of distinct pairs, never holds before the pairs run out.
    case .pmiAbove30: bigramLimit
    case .shareOfUnigrams: min(bigramLimit, unigramsTaken * 2 / 5)
    }
  }

  /// The number of titles that may be taken, by the number of titles.
  package static func titleCap(of candidates: Int) -> Int { min(titleLimit, Int(titleShare * Double(candidates))) }

  /// Adds a lexicon's words, without limit.
  package mutating func add(lexicon: some Sequence<String>) {
    for word in lexicon {
      let text = (dropsPlus ? String(word.unicodeScalars.filter { $0 != "+" }.map(Character.init)) : word).stripped
      if !text.isAllPunctuation { insert(text, .lexicon, score: nil) }
    }
  }

  /// The candidate as it would be added: without white space at its ends; `nil` when it is empty, too long, all
  /// punctuation or already there.
  package func admitted(_ candidate: String) -> String? {
    var text = candidate.stripped
    // No text has more code points than bytes.
    guard text.utf8.count <= Self.longest || text.unicodeScalars.count <= Self.longest, !text.isAllPunctuation,
      text.withUTF8({ table.find(UnsafeRawBufferPointer($0)) }) == nil
    else { return nil }
    return text
  }

  /// Adds a candidate.
  /// - Returns: whether it was added.
  @discardableResult
  package mutating func add(_ candidate: String, _ source: ConceptSource, score: Double) -> Bool {
    guard let text = admitted(candidate) else { return false }
    return insert(text, source, score: score)
  }

  /// Adds candidates in the order given. The limit is looked at after each new entry, so that even a limit of 0 lets
  /// one in.
  package mutating func add(_ candidates: [Ranking.Candidate], _ source: ConceptSource, limit: Int) {
    var added = 0
    for candidate in candidates where add(candidate.text, source, score: candidate.score) {
      added += 1
      if added >= limit { return }
    }
  }

  /// - Returns: whether the entry is new.
  @discardableResult
  private mutating func insert(_ text: String, _ source: ConceptSource, score: Double?) -> Bool {
    guard table.insert(text).isNew else { return false }
    entries.append(Concept(text, source: source, score: score))
    return true
  }
}
