internal import ArtifactTypes
internal import Glibc

/// The signs of 64 random projections of a vector.
///
/// Source: Charikar, “Similarity estimation techniques from rounding algorithms”, 2002, §3.
package struct SignProjections: Sendable {
  private let dimension: Int
  /// The projections' weights, `[dimension, 64]`, normally distributed.
  private let weights: [SIMD16<Float>]

  /// Draws the projections.
  /// - Parameters:
  ///   - dimension: the number of elements of a vector.
  ///   - seed: equal seeds and dimensions give equal projections.
  package init(dimension: Int, seed: Int) {
    self.dimension = dimension
    let draw = KeyedDraw(seed: seed, purpose: .signProjections)
    weights = (0..<dimension * 4).map { block in
      var weights = SIMD16<Float>.zero
      for lane in 0..<16 {
        // Box and Muller's transformation of two even draws into a normal one.
        let radius = (-2 * log(1 - draw.unit("radius", block * 16 + lane))).squareRoot()
        weights[lane] = Float(radius * cos(2 * .pi * draw.unit("angle", block * 16 + lane)))
      }
      return weights
    }
  }

  /// The hash of a vector: bit i is 1 when projection i is positive.
  package func hash(_ vector: [Float]) -> UInt64 {
    precondition(vector.count == dimension, "a vector has \(dimension) numbers, not \(vector.count)")
    var (first, second, third, fourth) = (
      SIMD16<Float>.zero, SIMD16<Float>.zero, SIMD16<Float>.zero, SIMD16<Float>.zero
    )

    weights.withUnsafeBufferPointer { weights in
      for (row, value) in vector.enumerated() {
        first += weights[row * 4] * value
        second += weights[row * 4 + 1] * value
        third += weights[row * 4 + 2] * value
        fourth += weights[row * 4 + 3] * value
      }
    }

    var hash: UInt64 = 0
    for (block, sums) in [first, second, third, fourth].enumerated() {
      for lane in 0..<16 where sums[lane] > 0 { hash |= 1 << UInt64(block * 16 + lane) }
    }
    return hash
  }
}
