package import Provenance

/// Percentile bootstrap: the 95 % interval of a mean when pictures are drawn again, with replacement.
///
/// Draw i of resample b depends on the seed, b and i alone. Source: Efron and Tibshirani, “An Introduction to the Bootstrap”, 1993,
/// chapter 13.
package struct Bootstrap: Sendable {
  /// What one picture adds to the numerator and to the denominator of a group's mean.
  package struct Term: Sendable {
    /// The picture's number.
    package let unit: Int
    package let sum: Double
    package let weight: Double

    package init(unit: Int, sum: Double, weight: Double) {
      self.unit = unit
      self.sum = sum
      self.weight = weight
    }
  }

  package let seed: Int
  /// How often pictures are drawn again.
  package let resamples: Int

  /// - Parameter resamples: at least 1. Source of the value: a thousand or more for percentiles (Efron and Tibshirani, chapter 13).
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
  ///   - units: how many pictures there are; each term's unit is below.
  package func interval(_ groups: [[Term]], units: Int) -> (estimate: Double, low: Double, high: Double) {
    precondition(!groups.isEmpty && units > 0, "there is something to draw from")
    var counts = [Double](repeating: 1, count: units)
    let estimate = Self.mean(groups, counts)
    precondition(!estimate.isNaN, "some group has weight")
    var means: [Double] = []
    means.reserveCapacity(resamples)
    let key = Self.mix(UInt64(bitPattern: Int64(seed)) &+ 0x9E37_79B9_7F4A_7C15)
    for resample in 0..<resamples {
      counts.withUnsafeMutableBufferPointer { counts in
        for unit in counts.indices { counts[unit] = 0 }
        let stream = Self.mix(key ^ UInt64(resample) &* 0xD1B5_4A32_D192_ED03)
        for draw in 0..<units {
          let bits = Self.mix(stream &+ UInt64(draw) &* 0x9E37_79B9_7F4A_7C15)
          counts[Int(bits.multipliedFullWidth(by: UInt64(units)).high)] += 1
        }
      }
      let mean = Self.mean(groups, counts)
      if !mean.isNaN { means.append(mean) }
    }
    // Every picture that has weight was missed every time only where hardly any has.
    guard !means.isEmpty else { return (estimate, estimate, estimate) }
    means.sort()
    return (estimate, Quantiles.quantile(means, 0.025), Quantiles.quantile(means, 0.975))
  }

  /// The same as a cell of a table.
  package func cell(_ groups: [[Term]], units: Int) -> Table.Cell {
    let (estimate, low, high) = interval(groups, units: units)
    return .interval(estimate, low: low, high: high)
  }

  /// Not a number where no group has weight.
  private static func mean(_ groups: [[Term]], _ counts: [Double]) -> Double {
    var total = 0.0
    var present = 0
    for group in groups {
      var (sum, weight) = (0.0, 0.0)
      for term in group {
        sum += counts[term.unit] * term.sum
        weight += counts[term.unit] * term.weight
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
