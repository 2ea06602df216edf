internal import ArtifactTypes
internal import Counting

/// Pairs of words in the order in which they become entries.
///
/// Where words are joined without a space, different pairs may give the same text, “ab” and “c” what “a” and “bc” give: then the
/// score of the pair that was seen last counts, at the place of the one that was seen first.
/// Source: MetaCLIP 2, reference code of the metadata's merge, which keeps scores in a dictionary.
package struct BigramRanking {
  private let rule: BigramRule
  private var ranking: Ranking
  /// Texts that may repeat, sorted: length, text, first sight, score.
  private let repeated: SpillingCounter?
  private var key: [UInt8] = []

  /// - Parameters:
  ///   - limit: how many to keep; at least one is kept.
  ///   - repeatsIn: a folder to sort in when texts may repeat; `nil` when they never do.
  package init(rule: BigramRule, limit: Int, repeatsIn folder: String?, memoryLimit: Int = 256 << 20) {
    self.rule = rule
    ranking = Ranking(limit: limit)
    repeated = folder.map { SpillingCounter(folder: $0, memoryLimit: memoryLimit) }
  }

  /// Whether a pair with this score could still be among the best, so that its text is worth making.
  package func admits(pmi: Double, first: UInt64) -> Bool {
    repeated != nil || (rule == .shareOfUnigrams || pmi > 30) && ranking.admits(score: pmi, first: first)
  }

  /// Takes a pair.
  /// - Parameter first: where it was first seen; no two pairs have the same.
  package mutating func add(_ text: String, pmi: Double, first: UInt64) throws {
    guard let repeated else { return rank(text, pmi, first) }
    key.removeAll(keepingCapacity: true)
    key.append(bigEndian: UInt64(text.utf8.count))
    key.append(contentsOf: text.utf8)
    key.append(bigEndian: first)
    key.append(bigEndian: pmi.bitPattern)
    try key.withUnsafeBytes { try repeated.add($0, position: 0) }
  }

  /// The best, best first.
  package mutating func best() throws -> [Ranking.Candidate] {
    if let repeated {
      var group: Ranking.Candidate?
      try repeated.finish { key, _, _ in
        let text = String(decoding: key[8..<(key.count - 16)], as: UTF8.self)
        let (first, pmi) = (key.bigEndian(at: key.count - 16), Double(bitPattern: key.bigEndian(at: key.count - 8)))
        if let open = group, open.text.utf8.elementsEqual(text.utf8) {
          group?.score = pmi
        } else {
          if let open = group { rank(open.text, open.score, open.first) }
          group = Ranking.Candidate(text: text, score: pmi, first: first)
        }
      }
      if let open = group { rank(open.text, open.score, open.first) }
    }
    return ranking.best()
  }

  private mutating func rank(_ text: String, _ pmi: Double, _ first: UInt64) {
    if rule == .shareOfUnigrams || pmi > 30 { ranking.add(text, score: pmi, first: first) }
  }
}
