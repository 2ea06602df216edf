/// Minimises a smooth convex function with its gradient, using the last steps to estimate its curvature.
///
/// Source: Liu and Nocedal, “On the limited memory BFGS method for large scale optimization”, 1989; the step is halved
/// until it descends enough (Armijo's condition).
package enum LBFGS {
  /// The point at which the search ended.
  package struct Minimum {
    /// Its coordinates.
    package let point: [Double]
    /// The function's value there.
    package let value: Double
    /// The largest component of the gradient there.
    package let gradient: Double
    /// The number of steps that were made.
    package let iterations: Int
    /// True when ``gradient`` is not above the tolerance.
    package let converged: Bool
  }

  /// Minimises a function.
  /// - Parameters:
  ///   - start: the first point.
  ///   - tolerance: the search ends when no component of the gradient is above it.
  ///   - maximumIterations: the largest number of steps.
  ///   - memory: the number of steps that are remembered. Source of the value: scikit-learn's solver of the same name.
  ///   - function: value and gradient at a point.
  /// - Throws: the error of `function`.
  package static func minimize(
    from start: [Double], tolerance: Double, maximumIterations: Int, memory: Int = 10,
    _ function: ([Double]) throws -> (value: Double, gradient: [Double])
  ) throws -> Minimum {
    var point = start
    var (value, gradient) = try function(point)
    var history: [(step: [Double], change: [Double], product: Double)] = []
    var iteration = 0

    while largest(gradient) > tolerance, iteration < maximumIterations {
      let direction = direction(gradient, history)
      let slope = dot(direction, gradient)
      guard slope < 0 else { break }

      var length = history.isEmpty ? min(1, 1 / norm(gradient)) : 1
      var accepted: (point: [Double], value: Double, gradient: [Double])?
      // After 50 halvings the step is below the precision of a number.
      for _ in 0..<50 {
        let next = zip(point, direction).map { $0 + length * $1 }
        let (nextValue, nextGradient) = try function(next)
        if nextValue.isFinite, nextValue <= value + 1e-4 * length * slope {
          accepted = (next, nextValue, nextGradient)
          break
        }
        length /= 2
      }
      guard let accepted else { break }

      let step = zip(accepted.point, point).map { $0 - $1 }
      let change = zip(accepted.gradient, gradient).map { $0 - $1 }
      let product = dot(step, change)
      // A step along which the gradient hardly changes would spoil the estimate.
      if product > 1e-12 * dot(change, change) {
        history.append((step, change, product))
        if history.count > memory { history.removeFirst() }
      }
      (point, value, gradient) = accepted
      iteration += 1
    }
    let left = largest(gradient)
    return Minimum(point: point, value: value, gradient: left, iterations: iteration, converged: left <= tolerance)
  }

  /// The direction of descent: the gradient times the remembered curvature's inverse, negative.
  private static func direction(
    _ gradient: [Double], _ history: [(step: [Double], change: [Double], product: Double)]
  ) -> [Double] {
    var result = gradient.map { -$0 }
    guard let last = history.last else { return result }
    var shares = [Double](repeating: 0, count: history.count)
    for i in history.indices.reversed() {
      shares[i] = dot(history[i].step, result) / history[i].product
      add(&result, history[i].change, times: -shares[i])
    }
    let scale = last.product / dot(last.change, last.change)
    for i in result.indices { result[i] *= scale }
    for i in history.indices {
      let share = shares[i] - dot(history[i].change, result) / history[i].product
      add(&result, history[i].step, times: share)
    }
    return result
  }

  private static func add(_ target: inout [Double], _ other: [Double], times factor: Double) {
    for i in target.indices { target[i] += factor * other[i] }
  }

  private static func dot(_ left: [Double], _ right: [Double]) -> Double {
    var sum = 0.0
    for i in left.indices { sum += left[i] * right[i] }
    return sum
  }

  private static func norm(_ vector: [Double]) -> Double { max(dot(vector, vector).squareRoot(), 1e-300) }

  private static func largest(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }
}
