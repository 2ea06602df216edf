package import Core
internal import Foundation

/// A counter-based generator: number n of a stream depends on the key and n alone, never on what was drawn elsewhere or on threads.
///
/// Source of the mixing function: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
package struct CounterGenerator: RandomNumberGenerator, Sendable {
  private let key: UInt64
  private var counter: UInt64 = 0

  /// - Parameter keys: what the stream is for, most general first, for instance seed, step, picture.
  package init(_ keys: UInt64...) {
    key = keys.reduce(0x9E37_79B9_7F4A_7C15) { Self.mix($0 ^ Self.mix($1 &+ 0x9E37_79B9_7F4A_7C15)) }
  }

  package mutating func next() -> UInt64 {
    counter &+= 1
    return Self.mix(key &+ counter &* 0x9E37_79B9_7F4A_7C15)
  }

  /// Uniform in 0 ..< 1.
  package mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  package mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Uniform in `0 ..< count`, by multiplication (the bias is below count / 2⁶⁴).
  package mutating func index(_ count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

  /// Two independent numbers of the normal distribution (Box and Muller, 1958).
  package mutating func normals() -> (Float, Float) {
    let radius = (-2 * Foundation.log(1 - Double(next() >> 11) * 0x1p-53)).squareRoot()
    let angle = 2 * Double.pi * Double(next() >> 11) * 0x1p-53
    return (Float(radius * Foundation.cos(angle)), Float(radius * Foundation.sin(angle)))
  }

  /// Puts an array in random order (Fisher and Yates).
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for position in stride(from: elements.count - 1, to: 0, by: -1) { elements.swapAt(position, index(position + 1)) }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Tensor {
  /// Numbers of the normal distribution with mean 0, float32.
  package static func normal(
    _ shape: [Int], deviation: Float, _ generator: inout CounterGenerator
  ) throws(OperationError) -> Tensor {
    let count = shape.reduce(1, *)
    var elements: [Float] = []
    elements.reserveCapacity(count + 1)
    while elements.count < count {
      let (first, second) = generator.normals()
      elements.append(first * deviation)
      elements.append(second * deviation)
    }
    return try from(Array(elements.prefix(count)), shape: shape)
  }
}
