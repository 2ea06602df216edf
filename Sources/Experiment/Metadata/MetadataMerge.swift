package import ArtifactTypes
internal import Counting

/// Merges one language's sources into its entries: ordered, the first source of an entry wins.
///
/// Source: MetaCLIP 2, reference code of the metadata's merge, with its constants.
package struct MetadataMerge {
  /// At most so many entries of each kind: what version 1 had in English.
  private static let unigramLimit = 251_465
  private static let bigramLimit = 100_646
  private static let titleLimit = 61_235
  /// At most this share of the candidates. Source: as above.
  private static let unigramShare = 0.1
  private static let titleShare = 0.76
  /// The longest entry that is no lexicon's, in code points.
  private static let longest = 256
  /// Languages whose lexicons mark something with a plus sign that is no part of the word.
  private static let droppingPlus: Set<String> = ["zh", "ja", "fr"]

  private let dropsPlus: Bool
  private var table = TextTable()
  package private(set) var entries: [Concept] = []

  package init(language: String) {
    dropsPlus = Self.droppingPlus.contains(SpacelessWriting.base(language))
    for number in 0..<100 { insert(String(number), .digits, nil) }
  }

  /// How many words may be taken of so many different ones.
  package static func unigramCap(of candidates: Int) -> Int {
    min(unigramLimit, Int(unigramShare * Double(candidates)))
  }

  /// How many pairs of words may be taken beside so many words.
  package static func bigramCap(_ rule: BigramRule, unigramsTaken: Int) -> Int {
    switch rule {
    // The coded rule's other bound, the number of distinct pairs, never holds before the pairs run out.
    case .pmiAbove30: bigramLimit
    case .shareOfUnigrams: min(bigramLimit, unigramsTaken * 2 / 5)
    }
  }

  /// How many titles may be taken of so many.
  package static func titleCap(of candidates: Int) -> Int { min(titleLimit, Int(titleShare * Double(candidates))) }

  /// Adds a lexicon's words: no limit.
  package mutating func add(lexicon: some Sequence<String>) {
    for word in lexicon {
      let text = (dropsPlus ? String(word.unicodeScalars.filter { $0 != "+" }.map(Character.init)) : word).stripped
      if !text.isAllPunctuation { insert(text, .lexicon, nil) }
    }
  }

  /// The candidate as it would be added: without white space at its ends; `nil` when it is empty, too long, all punctuation or
  /// already there.
  package func admitted(_ candidate: String) -> String? {
    var text = candidate.stripped
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
    return insert(text, source, score)
  }

  /// Adds candidates in the order given. The limit is looked at after each new entry, so that even a limit of 0 lets one in.
  package mutating func add(_ candidates: [Ranking.Candidate], _ source: ConceptSource, limit: Int) {
    var added = 0
    for candidate in candidates where add(candidate.text, source, score: candidate.score) {
      added += 1
      if added >= limit { return }
    }
  }

  /// - Returns: whether the entry is new.
  @discardableResult
  private mutating func insert(_ text: String, _ source: ConceptSource, _ score: Double?) -> Bool {
    guard table.insert(text).isNew else { return false }
    entries.append(Concept(text, source: source, score: score))
    return true
  }
}
