public import Core

/// Wilson's 95 % interval of a share.
///
/// Source: Wilson, 1927 (Journal of the American Statistical Association 22); 1.959964 is the normal distribution's
/// 97.5 % quantile.
public struct ShareInterval: Codable, Hashable, Sendable {
  /// The share itself, 0...1.
  public let estimate: Double
  /// The lower end of the interval, 0...1.
  public let low: Double
  /// The upper end of the interval, 0...1.
  public let high: Double

  /// The interval of a share of trials that are independent of each other.
  /// - Parameters:
  ///   - hits: the number of trials that count, in 0...trials.
  ///   - trials: the number of all trials; with 0 the interval is 0...1 around 0.
  public init(hits: Int, of trials: Int) {
    precondition(trials >= 0 && (0...trials).contains(hits), "\(hits) hits of \(trials) trials")
    guard trials > 0 else {
      (estimate, low, high) = (0, 0, 1)
      return
    }
    let z = 1.959964
    let n = Double(trials)
    let share = Double(hits) / n
    let center = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    estimate = share
    low = hits == 0 ? 0 : max(0, center - half)
    high = hits == trials ? 1 : min(1, center + half)
  }

  /// The share with its interval as a cell of a table.
  public var cell: Table.Cell { .interval(estimate, low: low, high: high) }
}
