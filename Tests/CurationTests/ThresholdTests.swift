import ArtifactTypes
import Curation
import Testing

/// Values that running the reference functions gave.
@Suite struct ThresholdTests {
  private let counts = [1, 2, 3, 10, 100, 1000]

  @Test func `The share of the tail below a threshold is the reference's`() {
    #expect(TailShare.share(below: 10, of: counts) == 0.005376344086021506)
    #expect(TailShare.share(below: 10, of: [0, 0]) == nil)
  }

  @Test(arguments: [
    (0.005376344086021506, [1, 2, 3, 10, 100, 1000], 3), (0.06, [0, 0, 0, 5, 5, 5, 5, 100], 5),
    (0.06, [3, 3, 10, 10, 200], 10),
    (0.06, [0, 0, 50], 0), (0.06, [1000], 1000),
  ])
  func `The threshold for a share is the reference's`(_ p: Double, _ counts: [Int], _ t: Int) {
    #expect(TailShare.threshold(for: p, of: counts.shuffled()) == t)
  }

  @Test func `Entries in the tail are always kept, those in the head in proportion`() {
    let probabilities = counts.map { TailShare.probability(count: $0, t: 3) }
    #expect(probabilities == [1, 1, 1, 0.3, 0.03, 0.003].map { Double(Float($0)) })
    #expect(
      TailShare.probability(count: 100, t: TailShare.threshold(for: 0.06, of: [0, 0, 0, 5, 5, 5, 5, 100]) ?? 0)
        == Double(Float(0.05)))
    let large = [0, 10, 170_000, 170_001, 5_000_000].map { TailShare.probability(count: $0, t: 170_000) }
    #expect(large == [1, 1, 1, 0.9999941, 0.034000002].map { Double(Float($0)) })
    #expect(large[3] == 0.9999940991401672 && large[4] == 0.03400000184774399)
  }

  /// With a threshold of 0 the reference loses a language: what was counted is never kept, what was not has no
  /// probability at all.
  @Test func `A threshold of 0 keeps nothing`() {
    #expect(TailShare.threshold(for: 0.06, of: [0, 0, 50]) == 0)
    #expect(TailShare.probability(count: 50, t: 0) == 0)
    #expect(TailShare.probability(count: 0, t: 0).isNaN)
  }

  @Test func `A text with several entries is kept unless all of them drop it`() {
    let kept = TailShare.keeping([0.9999940991401672, 0.03400000184774399])
    #expect(abs(kept - 0.99999428) < 1e-6)
    #expect(TailShare.keeping([]) == 0)
    #expect(TailShare.keeping([0.3, 1]) == 1)
  }

  @Test func `The hash behind the draws gives the published values`() {
    let key = (0x0706_0504_0302_0100 as UInt64, 0x0f0e_0d0c_0b0a_0908 as UInt64)
    let bytes = (0..<15).map { UInt8($0) }
    #expect(bytes.withUnsafeBytes { KeyedDraw.sipHash($0, key: key) } == 0xa129_ca61_49be_45e5)
    #expect([UInt8]().withUnsafeBytes { KeyedDraw.sipHash($0, key: key) } == 0x726f_db47_dd0e_0e31)
  }

  @Test func `Draws are even and independent of each other`() {
    let draw = KeyedDraw(seed: 7, purpose: .keptTexts)
    let other = KeyedDraw(seed: 8, purpose: .keptTexts)
    let units = (0..<20_000).map { draw.unit("pair", $0) }
    #expect(abs(units.reduce(0, +) / 20_000 - 0.5) < 0.01)
    let both = (0..<20_000).count { units[$0] < 0.5 && other.unit("pair", $0) < 0.5 }
    #expect(abs(Double(both) / 20_000 - 0.25) < 0.015)
    #expect(draw.bits("a", 1) != draw.bits("a", 2) && draw.bits("a", 1) != draw.bits("b", 1))
  }
}
