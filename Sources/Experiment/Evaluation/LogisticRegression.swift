internal import Tensor

/// A linear classifier by multinomial logistic regression: Σ −log p(class) + λ/2 ‖W‖², the bias free, minimised by
/// L-BFGS.
///
/// Computed in float64. It stops when no component of the gradient of the mean loss is above `tolerance`, which for
/// this strictly convex problem means that the minimum is near, or after `maximumIterations`.
package struct LogisticRegression {
  /// True when the gradient became small enough.
  package let converged: Bool
  /// The number of steps that were made.
  package let iterations: Int
  /// The mean over the examples of loss and penalty at the end.
  package let loss: Double
  /// The largest component of its gradient.
  package let gradient: Double
  private let weights: Tensor
  private let classes: Int
  private let dimension: Int

  /// Fits a classifier.
  /// - Parameters:
  ///   - features: `[labels.count, dimension]`, finite.
  ///   - labels: each in 0..<classes; at least one.
  ///   - penalty: λ, above 0.
  ///   - tolerance: the fit ends when no component of the mean loss's gradient is above it.
  ///   - maximumIterations: the largest number of steps.
  /// - Throws: `CancellationError`.
  package init(
    features: [Float], dimension: Int, labels: [Int], classes: Int, penalty: Double, tolerance: Double = 1e-5,
    maximumIterations: Int = 1000
  ) throws {
    precondition(!labels.isEmpty && features.count == labels.count * dimension, "every example has a class")
    precondition(penalty > 0 && classes > 1, "a penalty above 0 and two classes")
    let problem = try LogisticProblem(
      features, dimension: dimension, labels: labels, classes: classes, penalty: penalty)

    // The problem is strictly convex: every start leads to the same minimum.
    let start = [Double](repeating: 0, count: (dimension + 1) * classes)
    let minimum = try LBFGS.minimize(from: start, tolerance: tolerance, maximumIterations: maximumIterations) { point in
      try Task.checkCancellation()
      return try problem.value(at: point)
    }
    converged = minimum.converged
    iterations = minimum.iterations
    loss = minimum.value
    gradient = minimum.gradient
    weights = try Tensor.from(minimum.point, shape: [dimension + 1, classes])
    (self.classes, self.dimension) = (classes, dimension)
  }

  /// The logarithms of each class's probability up to a constant of the example, `[examples, classes]`.
  package func scores(_ features: [Float]) throws -> [Double] {
    guard !features.isEmpty else { return [] }
    return try Torch.withoutGradients { try LogisticProblem.withBias(features, dimension).matmul(weights).elements() }
  }

  /// The number of classes that are more probable than each example's own; of equally probable ones the first comes
  /// first.
  /// - Parameters:
  ///   - features: `[labels.count, dimension]`.
  ///   - labels: each example's own class.
  package func places(_ features: [Float], labels: [Int]) throws -> [Int] {
    let scores = try scores(features)
    return labels.enumerated().map { row, label in
      let own = scores[row * classes + label]
      return (0..<classes).count { c in
        let other = scores[row * classes + c]
        return other > own || (other == own && c < label)
      }
    }
  }
}

/// The function that ``LogisticRegression`` minimises.
private struct LogisticProblem {
  private let x: Tensor
  private let transposed: Tensor
  private let targets: Tensor
  private let count: Int
  private let dimension: Int
  private let classes: Int
  private let penalty: Double

  init(_ features: [Float], dimension: Int, labels: [Int], classes: Int, penalty: Double) throws {
    (count, self.dimension, self.classes, self.penalty) = (labels.count, dimension, classes, penalty)
    x = try Self.withBias(features, dimension)
    transposed = try x.transposed()
    var hot = [Double](repeating: 0, count: labels.count * classes)
    for (row, label) in labels.enumerated() { hot[row * classes + label] = 1 }
    targets = try Tensor.from(hot, shape: [labels.count, classes])
  }

  /// `[examples, dimension + 1]`, the last column 1.
  static func withBias(_ features: [Float], _ dimension: Int) throws -> Tensor {
    let count = features.count / dimension
    var rows = [Double](repeating: 1, count: count * (dimension + 1))
    for row in 0..<count {
      for i in 0..<dimension { rows[row * (dimension + 1) + i] = Double(features[row * dimension + i]) }
    }
    return try Tensor.from(rows, shape: [count, dimension + 1])
  }

  /// The mean loss with the penalty's share, and its gradient.
  func value(at point: [Double]) throws -> (value: Double, gradient: [Double]) {
    try Torch.withoutGradients {
      let weights = try Tensor.from(point, shape: [dimension + 1, classes])
      let probabilities = try x.matmul(weights).logSoftmax(1)
      var value = try -(probabilities * targets).sum().item()
      var gradient: [Double] = try transposed.matmul(probabilities.exp() - targets).elements()
      // The bias, the last row, is free.
      for i in 0..<(dimension * classes) {
        value += penalty / 2 * point[i] * point[i]
        gradient[i] += penalty * point[i]
      }
      let n = Double(count)
      for i in gradient.indices { gradient[i] /= n }
      return (value / n, gradient)
    }
  }
}
