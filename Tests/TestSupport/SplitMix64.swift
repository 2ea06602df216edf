/// A random number generator with a seed, so that every run of the tests sees the same numbers.
///
/// Source: Steele, Lea and Flood, “Fast Splittable Pseudorandom Number Generators” (2014).
public struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  public init(_ seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }

  /// Bytes that do not compress; `count` is rounded down to a multiple of 8.
  public mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for _ in 0..<count / 8 { withUnsafeBytes(of: next().littleEndian) { bytes.append(contentsOf: $0) } }
    return bytes
  }
}
