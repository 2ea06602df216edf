package import Core

/// Percentile bootstrap: the 95 % interval of a mean, found by drawing pictures again, with replacement, and trainings
/// too where several were measured on the same pictures.
///
/// Draw i of resample b depends only on the seed, b and i. Source: Efron and Tibshirani, “An Introduction to the
/// Bootstrap”, 1993, chapter 13; of drawing along two crossed factors: Owen, 2007, “The pigeonhole bootstrap”.
package struct Bootstrap: Sendable {
  /// The summands of one picture, in one run, for the numerator and the denominator of a group's mean.
  package struct Term: Sendable {
    /// The picture's number.
    package let unit: Int
    /// The summand of the numerator.
    package let sum: Double
    /// The summand of the denominator.
    package let weight: Double
    /// The number of the training that was measured.
    package let run: Int

    /// A term of a picture and a training, both numbered from 0.
    package init(unit: Int, sum: Double, weight: Double, run: Int = 0) {
      self.unit = unit
      self.sum = sum
      self.weight = weight
      self.run = run
    }
  }

  /// Decides all draws.
  package let seed: Int
  /// The number of times that all pictures are drawn again.
  package let resamples: Int

  /// SplitMix64's step from one state to the next: 2⁶⁴ divided by the golden ratio, the root of x² = x + 1.
  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15
  /// The step from one resample's key to the next: 2⁶⁴ divided by the root of x⁴ = x + 1.
  private static let resampleStep: UInt64 = 0xD1B5_4A32_D192_ED03

  /// A bootstrap with a seed.
  /// - Parameter resamples: at least 1. Source of the value: a thousand or more for percentiles (Efron and Tibshirani,
  ///   chapter 13).
  package init(seed: Int, resamples: Int = 2000) {
    precondition(resamples > 0, "there is a resample")
    self.seed = seed
    self.resamples = resamples
  }

  /// The mean over groups of Σ sums / Σ weights, with its interval; all groups are measured on the same drawn pictures.
  ///
  /// A group of which no picture was drawn is left out of that resample's mean.
  /// - Parameters:
  ///   - groups: not empty, each with a positive sum of weights.
  ///   - units: the number of pictures; each term's unit is less.
  ///   - runs: the number of trainings; each term's run is less. A single one is not drawn again.
  package func interval(
    _ groups: [[Term]], units: Int, runs: Int = 1
  ) -> (estimate: Double, low: Double, high: Double) {
    precondition(!groups.isEmpty && units > 0 && runs > 0, "there is something to draw from")
    var counts = [Double](repeating: 1, count: units)
    var runCounts = [Double](repeating: 1, count: runs)
    let estimate = Self.mean(groups, counts: counts, runCounts: runCounts)
    precondition(!estimate.isNaN, "some group has weight")

    var means: [Double] = []
    means.reserveCapacity(resamples)
    let key = Self.mix(UInt64(bitPattern: Int64(seed)) &+ Self.increment)
    for resample in 0..<resamples {
      let stream = Self.mix(key ^ UInt64(resample) &* Self.resampleStep)
      Self.draw(&counts, stream, from: 0)
      if runs > 1 { Self.draw(&runCounts, stream, from: units) }
      let mean = Self.mean(groups, counts: counts, runCounts: runCounts)
      if !mean.isNaN { means.append(mean) }
    }

    // Only where hardly any picture has weight was every such picture missed every time.
    guard !means.isEmpty else { return (estimate, estimate, estimate) }
    means.sort()
    return (estimate, Quantiles.quantile(means, 0.025), Quantiles.quantile(means, 0.975))
  }

  /// The same as ``interval(_:units:runs:)``, as a cell of a table.
  package func cell(_ groups: [[Term]], units: Int, runs: Int = 1) -> Table.Cell {
    let (estimate, low, high) = interval(groups, units: units, runs: runs)
    return .interval(estimate, low: low, high: high)
  }

  /// Draws as many times as there are counts, and counts the draws of each.
  /// - Parameter start: the number of the first draw in the stream.
  private static func draw(_ counts: inout [Double], _ stream: UInt64, from start: Int) {
    counts.withUnsafeMutableBufferPointer { counts in
      for unit in counts.indices { counts[unit] = 0 }
      for draw in counts.indices {
        let bits = mix(stream &+ UInt64(start + draw) &* increment)
        counts[Int(bits.multipliedFullWidth(by: UInt64(counts.count)).high)] += 1
      }
    }
  }

  /// Not a number where no group has weight.
  private static func mean(_ groups: [[Term]], counts: [Double], runCounts: [Double]) -> Double {
    var total = 0.0
    var present = 0
    for group in groups {
      var (sum, weight) = (0.0, 0.0)
      for term in group {
        let count = counts[term.unit] * runCounts[term.run]
        sum += count * term.sum
        weight += count * term.weight
      }
      if weight > 0 {
        total += sum / weight
        present += 1
      }
    }
    return present > 0 ? total / Double(present) : .nan
  }

  /// The finaliser of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
