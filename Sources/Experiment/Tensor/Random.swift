package import Core
internal import Foundation

/// The named streams of a training's random numbers. The numbers for the pictures of a step have no name: their keys
/// are seed, step and place in the batch.
///
/// A value is a word in ASCII, given with each case. Trained models depend on the values, so that they never change.
package enum RandomStream: UInt64, Sendable {
  /// A model's parameters before the first step: `init`.
  case initialParameters = 0x696E_6974
  /// The order of the pictures in an epoch: `orde`.
  case pictureOrder = 0x6F72_6465
  /// The part of a picture that is cut out: `crop`.
  case crops = 0x6372_6F70
}

/// A counter-based generator: number n of a stream depends only on the key and n, never on other draws or on threads.
///
/// Source of the mixing function: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
package struct CounterGenerator: RandomNumberGenerator, Sendable {
  private let key: UInt64
  private var counter: UInt64 = 0

  /// SplitMix64's step from one state to the next: 2⁶⁴ divided by the golden ratio.
  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// A stream of its own for each list of keys.
  /// - Parameter keys: the purpose of the stream, most general first, for instance seed, step, picture.
  package init(_ keys: UInt64...) { self.init(keys: keys) }

  /// A stream of a kind, or a part of one.
  /// - Parameters:
  ///   - seed: the experiment's.
  ///   - stream: the kind of numbers; different streams are independent.
  ///   - keys: the part of the stream, most general first, for instance step, picture.
  package init(_ seed: UInt64, for stream: RandomStream, _ keys: UInt64...) {
    self.init(keys: [seed, stream.rawValue] + keys)
  }

  private init(keys: [UInt64]) {
    key = keys.reduce(Self.increment) { Self.mix($0 ^ Self.mix($1 &+ Self.increment)) }
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    counter &+= 1
    return Self.mix(key &+ counter &* Self.increment)
  }

  /// A number of the uniform distribution on 0 ..< 1, a multiple of 2⁻²⁴.
  package mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

  /// A number of the uniform distribution on the range.
  package mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// An integer of the uniform distribution on `0 ..< count`, by multiplication; the bias is below count / 2⁶⁴.
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
