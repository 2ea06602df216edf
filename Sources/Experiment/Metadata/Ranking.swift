internal import ArtifactTypes
internal import Counting

/// The best of any number of candidates: highest score first, equal scores in the order given, each text once.
///
/// Takes memory for twice as many as it keeps.
package struct Ranking {
  /// A text that may become an entry.
  package struct Candidate: Sendable {
    /// The text of the entry.
    package var text: String
    /// The number that orders candidates, the largest first.
    package var score: Double
    /// The number that orders candidates with equal scores, the smallest first.
    package var first: UInt64

    fileprivate func precedes(_ other: Candidate) -> Bool { (other.score, first) < (score, other.first) }
  }

  private let limit: Int
  private var kept: [Candidate] = []
  /// The worst that is kept, once there are as many as may be.
  private var worst: Candidate?

  /// An empty ranking.
  /// - Parameter limit: how many to keep; at least one is kept.
  package init(limit: Int) { self.limit = max(1, limit) }

  /// True when a candidate with this score could still be among the best.
  package func admits(score: Double, first: UInt64) -> Bool {
    worst.map { Candidate(text: "", score: score, first: first).precedes($0) } ?? true
  }

  /// Takes a candidate. Of two with the same text the better one counts.
  package mutating func add(_ text: String, score: Double, first: UInt64) {
    guard admits(score: score, first: first) else { return }
    kept.append(Candidate(text: text, score: score, first: first))
    if kept.count >= limit * 2 { prune() }
  }

  /// The best candidates, best first.
  package mutating func best() -> [Candidate] {
    prune()
    return kept
  }

  private mutating func prune() {
    kept.sort { $0.precedes($1) }
    var texts = TextTable()
    var best: [Candidate] = []
    for candidate in kept where best.count < limit && texts.insert(candidate.text).isNew { best.append(candidate) }
    kept = best
    if kept.count == limit { worst = kept.last }
  }
}
