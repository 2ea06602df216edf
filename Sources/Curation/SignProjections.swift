internal import ArtifactTypes
internal import Glibc

/// The signs of 64 random projections of a vector.
///
/// Source: Charikar, “Similarity estimation techniques from rounding algorithms”, 2002, §3.
package struct SignProjections: Sendable {
  private let dimension: Int
  /// `[dimension, 64]`, normally distributed.
  private let weights: [SIMD64<Float>]

  /// - Parameters:
  ///   - dimension: of the vectors.
  ///   - seed: equal seeds and dimensions give equal projections.
  package init(dimension: Int, seed: Int) {
    self.dimension = dimension
    let draw = KeyedDraw(seed: UInt64(bitPattern: Int64(seed)), purpose: 0x7369_676e)
    weights = (0..<dimension).map { row in
      var weights = SIMD64<Float>.zero
      for bit in 0..<64 {
        // Box and Muller's transformation of two even draws into a normal one.
        let radius = (-2 * log(1 - draw.unit("radius", row * 64 + bit))).squareRoot()
        weights[bit] = Float(radius * cos(2 * .pi * draw.unit("angle", row * 64 + bit)))
      }
      return weights
    }
  }

  /// Bit i is 1 when the vector's projection i is positive.
  package func hash(_ vector: [Float]) -> UInt64 {
    precondition(vector.count == dimension, "a vector has \(dimension) numbers, not \(vector.count)")
    var sums = SIMD64<Float>.zero
    weights.withUnsafeBufferPointer { weights in
      for (row, value) in vector.enumerated() { sums += weights[row] * value }
    }
    var hash: UInt64 = 0
    for bit in 0..<64 where sums[bit] > 0 { hash |= 1 << UInt64(bit) }
    return hash
  }
}
