/// The choice of the texts of a pair for which balanced sampling draws.
public enum SamplingMode: String, Codable, Sendable {
  /// Each text by itself. Source: MetaCLIP 2, §3.3, Algorithm 1.
  case everyText
  /// One text of each pair, picked evenly at random first. Source: MetaCLIP 2, reference code.
  case oneTextOfEachPair
}

/// Decides which texts of a pair are kept: the draws of balanced sampling.
///
/// A draw depends only on the seed, the pair's id, the text's position and the round, never on order, shards, threads
/// or other pairs: the curated set is the same whether it is computed offline or in a training loader.
package struct TextSampling: Sendable {
  private let mode: SamplingMode
  private let keep, pick: KeyedDraw

  /// The draws of one round.
  /// - Parameters:
  ///   - mode: the texts for which it draws.
  ///   - seed: the seed of the experiment.
  ///   - round: 0 for a set that is curated once; a training loader that draws again in every epoch counts the epochs.
  package init(mode: SamplingMode, seed: Int, round: Int = 0) {
    self.mode = mode
    let seed = UInt64(bitPattern: Int64(seed)) &+ UInt64(round) &* 0x9E37_79B9_7F4A_7C15
    keep = KeyedDraw(seed: seed, purpose: .keptTexts)
    pick = KeyedDraw(seed: seed, purpose: .pickedTexts)
  }

  /// The positions of the texts for which it draws.
  /// - Parameters:
  ///   - id: the pair's id.
  ///   - count: the number of the pair's texts.
  package func candidates(_ id: String, count: Int) -> Range<Int> {
    guard mode == .oneTextOfEachPair, count > 1 else { return 0..<count }
    let picked = Int(pick.bits(id, 0).multipliedFullWidth(by: UInt64(count)).high)
    return picked..<picked + 1
  }

  /// Draws whether a text is kept.
  /// - Parameters:
  ///   - id: the pair's id.
  ///   - position: the text's position in the pair.
  ///   - probability: the probability of keeping it, 0...1.
  /// - Returns: true when the text is kept.
  package func keeps(_ id: String, _ position: Int, probability: Float) -> Bool {
    probability > 0 && keep.unit(id, position) < Double(probability)
  }
}
