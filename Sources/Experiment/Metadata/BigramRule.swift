internal import Glibc

/// The rule by which pairs of words become entries of the metadata.
public enum BigramRule: String, Codable, Sendable {
  /// The pairs with the highest PMI, as many as 0.4 times the single words that were taken. Source: MetaCLIP 2, §3.1.
  case shareOfUnigrams
  /// All pairs with a PMI above 30. Source: MetaCLIP 2, reference code. Out of reach under about a billion words.
  case pmiAbove30

  private static let pmiLimit = 30.0

  /// True when a pair with this PMI may become an entry at all.
  func admits(pmi: Double) -> Bool { self == .shareOfUnigrams || pmi > Self.pmiLimit }
}

/// Pointwise mutual information of two neighbouring words, in bits: log2(n_ab·N) − log2(n_a·n_b).
///
/// Source: MetaCLIP 2, reference code of the metadata.
/// - Parameters:
///   - together: how often the two are next to each other, n_ab.
///   - alone: how often each occurs, n_a and n_b.
///   - total: all running words, N.
package func pointwiseMutualInformation(together: Int, alone: (Int, Int), total: Int) -> Double {
  log2(Double(together) * Double(total)) - log2(Double(alone.0) * Double(alone.1))
}
