/// Which of a pair's texts are drawn for when a set is balanced.
public enum SamplingMode: String, Codable, Sendable {
  /// Each text by itself. Source: MetaCLIP 2, §3.3, Algorithm 1.
  case everyText
  /// One text of each pair, picked evenly at random first. Source: MetaCLIP 2, reference code.
  case oneTextOfEachPair
}

/// Decides which texts of a pair are kept: the draws of balanced sampling.
///
/// A draw depends on the seed, the pair's id, the text's position and the round alone, never on order, shards, threads or other
/// pairs: the curated set is the same however it is computed, offline or inside a training loader.
package struct TextSampling: Sendable {
  private let mode: SamplingMode
  private let keep, pick: KeyedDraw

  /// - Parameters:
  ///   - round: 0 for the set that is curated once; a training loader that draws again in every epoch counts on.
  package init(mode: SamplingMode, seed: Int, round: Int = 0) {
    self.mode = mode
    let seed = UInt64(bitPattern: Int64(seed)) &+ UInt64(round) &* 0x9E37_79B9_7F4A_7C15
    keep = KeyedDraw(seed: seed, purpose: 0x6b65_6570)
    pick = KeyedDraw(seed: seed, purpose: 0x7069_636b)
  }

  /// The positions of the texts that are drawn for.
  package func candidates(_ id: String, count: Int) -> Range<Int> {
    guard mode == .oneTextOfEachPair, count > 1 else { return 0..<count }
    let picked = Int(pick.bits(id, 0).multipliedFullWidth(by: UInt64(count)).high)
    return picked..<picked + 1
  }

  /// Whether the text at a position of a pair is kept.
  /// - Parameter probability: 0...1.
  package func keeps(_ id: String, _ position: Int, probability: Float) -> Bool {
    probability > 0 && keep.unit(id, position) < Double(probability)
  }
}
