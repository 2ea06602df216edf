internal import Tensor

/// A linear classifier by least squares in closed form: features whitened one by one, a bias, targets +1 for the class
/// and −1 for others.
///
/// Weights are (XᵀX + λI)⁻¹XᵀY, or the equal Xᵀ(XXᵀ + λI)⁻¹Y where there are fewer examples than features. Computed in
/// float64.
/// Source: MetaCLIP 2, §4 (few-shot geo-localisation); the protocol is that of Big Vision's few-shot evaluation.
package struct RidgeClassifier {
  private let dimension: Int
  private let classes: Int
  private let bias: Double
  private let mean: [Double]
  private let deviation: [Double]
  /// `[dimension + 1, classes]`, the bias's last.
  private let weights: Tensor

  /// Fits a classifier.
  /// - Parameters:
  ///   - features: `[labels.count, dimension]`, finite.
  ///   - labels: each in 0..<classes; at least one.
  ///   - penalty: λ, above 0.
  ///   - bias: the constant feature; the larger, the less the penalty holds the bias back.
  package init(
    features: [Float], dimension: Int, labels: [Int], classes: Int, penalty: Double, bias: Double
  ) throws {
    precondition(!labels.isEmpty && features.count == labels.count * dimension, "every example has a class")
    precondition(penalty > 0, "the penalty is above 0")

    let count = labels.count
    var mean = [Double](repeating: 0, count: dimension)
    var deviation = mean
    for row in 0..<count { for i in 0..<dimension { mean[i] += Double(features[row * dimension + i]) } }
    for i in 0..<dimension { mean[i] /= Double(count) }
    for row in 0..<count {
      for i in 0..<dimension {
        let difference = Double(features[row * dimension + i]) - mean[i]
        deviation[i] += difference * difference
      }
    }
    // The small number keeps a feature that never changes from dividing by 0. Source of its value: Big Vision.
    for i in 0..<dimension { deviation[i] = (deviation[i] / Double(count)).squareRoot() + 1e-5 }
    (self.dimension, self.classes, self.bias, self.mean, self.deviation) = (dimension, classes, bias, mean, deviation)

    var targets = [Double](repeating: -1, count: count * classes)
    for (row, label) in labels.enumerated() { targets[row * classes + label] = 1 }
    weights = try Torch.withoutGradients {
      let x = try Self.whitened(features, mean: mean, deviation: deviation, bias: bias)
      let y = try Tensor.from(targets, shape: [count, classes])
      let transposed = try x.transposed()
      if count > dimension {
        var gram: [Double] = try transposed.matmul(x).elements()
        let right: [Double] = try transposed.matmul(y).elements()
        return try Tensor.from(
          Cholesky.solve(&gram, penalty: penalty, right: right, columns: classes), shape: [dimension + 1, classes])
      }

      var gram: [Double] = try x.matmul(transposed).elements()
      let dual = try Tensor.from(
        Cholesky.solve(&gram, penalty: penalty, right: targets, columns: classes), shape: [count, classes])
      return try transposed.matmul(dual)
    }
  }

  /// The scores of all classes for each example, `[examples, classes]`; the highest is the best.
  /// - Parameter features: `[examples, dimension]`.
  package func scores(_ features: [Float]) throws -> [Double] {
    guard !features.isEmpty else { return [] }
    return try Torch.withoutGradients {
      try Self.whitened(features, mean: mean, deviation: deviation, bias: bias).matmul(weights).elements()
    }
  }

  /// The best class of each example; of equally good ones the first.
  /// - Parameter features: `[examples, dimension]`.
  package func predictions(_ features: [Float]) throws -> [Int] {
    let scores = try scores(features)
    return stride(from: 0, to: scores.count, by: classes).map { start in
      (1..<classes).reduce(0) { scores[start + $1] > scores[start + $0] ? $1 : $0 }
    }
  }

  /// The features with mean 0 and deviation 1, and the constant feature after them, `[examples, dimension + 1]`.
  private static func whitened(
    _ features: [Float], mean: [Double], deviation: [Double], bias: Double
  ) throws -> Tensor {
    let dimension = mean.count
    let count = features.count / dimension
    var result = [Double](repeating: bias, count: count * (dimension + 1))
    for row in 0..<count {
      for i in 0..<dimension {
        result[row * (dimension + 1) + i] = (Double(features[row * dimension + i]) - mean[i]) / deviation[i]
      }
    }
    return try Tensor.from(result, shape: [count, dimension + 1])
  }
}

/// Solves systems of a symmetric positive definite matrix.
package enum Cholesky {
  /// The X of (A + λI) X = B.
  /// - Parameters:
  ///   - matrix: A, row-major `[n, n]`, positive semidefinite; its factor afterwards.
  ///   - penalty: λ, above 0.
  ///   - right: B, row-major `[n, columns]`.
  /// - Returns: X, row-major `[n, columns]`.
  package static func solve(
    _ matrix: inout [Double], penalty: Double, right: [Double], columns: Int
  ) -> [Double] {
    let n = right.count / columns
    precondition(matrix.count == n * n, "the matrix has as many rows as the right side")
    var result = right

    matrix.withUnsafeMutableBufferPointer { a in
      for i in 0..<n {
        a[i * n + i] += penalty
        for j in 0...i {
          let value = a[i * n + j] - dot(a, at: i * n, and: j * n, count: j)
          // Without rounding, the pivot of A + λI is at least λ.
          a[i * n + j] = i == j ? max(value, penalty * 1e-12).squareRoot() : value / a[j * n + j]
        }
      }

      // Forwards with the factor, then backwards with its transpose.
      result.withUnsafeMutableBufferPointer { x in
        for i in 0..<n {
          for j in 0..<i { subtract(x, row: j, times: a[i * n + j], from: i, columns: columns) }
          for c in 0..<columns { x[i * columns + c] /= a[i * n + i] }
        }
        for i in stride(from: n - 1, through: 0, by: -1) {
          for c in 0..<columns { x[i * columns + c] /= a[i * n + i] }
          for j in 0..<i { subtract(x, row: i, times: a[i * n + j], from: j, columns: columns) }
        }
      }
    }

    return result
  }

  /// The product of two runs of numbers, which begin at `left` and `right`.
  private static func dot(
    _ a: UnsafeMutableBufferPointer<Double>, at left: Int, and right: Int, count: Int
  ) -> Double {
    // Four sums, so that no addition waits for the one before it.
    var sums = SIMD4<Double>.zero
    var k = 0
    while k + 4 <= count {
      let (i, j) = (left + k, right + k)
      let one = SIMD4<Double>(a[i], a[i + 1], a[i + 2], a[i + 3])
      let other = SIMD4<Double>(a[j], a[j + 1], a[j + 2], a[j + 3])
      sums += one * other
      k += 4
    }
    while k < count {
      sums[0] += a[left + k] * a[right + k]
      k += 1
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3])
  }

  /// Subtracts a row, times a factor, from another row.
  private static func subtract(
    _ x: UnsafeMutableBufferPointer<Double>, row: Int, times factor: Double, from other: Int, columns: Int
  ) {
    for c in 0..<columns { x[other * columns + c] -= factor * x[row * columns + c] }
  }
}
