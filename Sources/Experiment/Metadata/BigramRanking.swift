internal import ArtifactTypes
internal import Counting

/// Pairs of words in the order in which they become entries.
///
/// Different pairs may give the same text when words are joined without a space, “ab” and “c” the one of “a” and “bc”:
/// then the score of the pair that was seen last counts, at the position of the one that was seen first.
/// Source: MetaCLIP 2, reference code of the metadata's merge, which keeps scores in a dictionary.
package struct BigramRanking {
  private let rule: BigramRule
  private var ranking: Ranking
  /// Texts that may repeat, sorted: length, text, first sight, score.
  private let repeated: SpillingCounter?
  private var key: [UInt8] = []

  /// The bytes of each number of a key.
  private static let wordSize = MemoryLayout<UInt64>.size

  /// An empty ranking.
  /// - Parameters:
  ///   - rule: the rule by which pairs become entries.
  ///   - limit: how many to keep; at least one is kept.
  ///   - folder: a folder to sort in when texts may repeat; `nil` when they never do.
  ///   - memoryLimit: about how many bytes of memory sorting takes.
  package init(rule: BigramRule, limit: Int, repeatsIn folder: String?, memoryLimit: Int = 256 << 20) {
    self.rule = rule
    ranking = Ranking(limit: limit)
    repeated = folder.map { SpillingCounter(folder: $0, memoryLimit: memoryLimit) }
  }

  /// True when a pair with this score could still be among the best, so that its text is worth making.
  package func admits(pmi: Double, first: UInt64) -> Bool {
    repeated != nil || rule.admits(pmi: pmi) && ranking.admits(score: pmi, first: first)
  }

  /// Takes a pair.
  /// - Parameters:
  ///   - text: the pair as it becomes an entry.
  ///   - pmi: its score.
  ///   - first: the position where it was first seen; no two pairs have the same.
  package mutating func add(_ text: String, pmi: Double, first: UInt64) throws {
    guard let repeated else { return rank(text, pmi: pmi, first: first) }
    key.removeAll(keepingCapacity: true)
    key.append(bigEndian: UInt64(text.utf8.count))
    key.append(contentsOf: text.utf8)
    key.append(bigEndian: first)
    key.append(bigEndian: pmi.bitPattern)
    try key.withUnsafeBytes { try repeated.add($0, position: 0) }
  }

  /// The best pairs, best first.
  package mutating func best() throws -> [Ranking.Candidate] {
    if let repeated {
      // Equal texts follow each other, in the order in which they were seen.
      var group: Ranking.Candidate?
      try repeated.finish { key, _, _ in
        let textEnd = key.count - 2 * Self.wordSize
        let text = String(decoding: key[Self.wordSize..<textEnd], as: UTF8.self)
        let first = key.bigEndian(at: textEnd)
        let pmi = Double(bitPattern: key.bigEndian(at: textEnd + Self.wordSize))
        if let open = group, open.text.utf8.elementsEqual(text.utf8) {
          group?.score = pmi
        } else {
          if let open = group { rank(open.text, pmi: open.score, first: open.first) }
          group = Ranking.Candidate(text: text, score: pmi, first: first)
        }
      }
      if let open = group { rank(open.text, pmi: open.score, first: open.first) }
    }

    return ranking.best()
  }

  private mutating func rank(_ text: String, pmi: Double, first: UInt64) {
    if rule.admits(pmi: pmi) { ranking.add(text, score: pmi, first: first) }
  }
}
