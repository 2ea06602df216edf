package import Core

/// Quantiles of a sample.
package enum Quantiles {
  /// The value below which a share of the sample is, interpolated between its neighbours in order.
  ///
  /// Source: Hyndman and Fan, “Sample Quantiles in Statistical Packages”, 1996, definition 7.
  /// - Parameters:
  ///   - sorted: ascending, not empty.
  ///   - share: 0...1.
  package static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    precondition(!sorted.isEmpty && (0...1).contains(share), "a share of something")
    let position = share * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
  }

  /// The mean with the middle 95 % of the values as a cell.
  package static func middle(_ values: [Double]) -> Table.Cell {
    let sorted = values.sorted()
    return .interval(
      values.reduce(0, +) / Double(values.count), low: quantile(sorted, 0.025), high: quantile(sorted, 0.975))
  }
}
