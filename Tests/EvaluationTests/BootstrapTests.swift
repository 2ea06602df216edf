import Evaluation
import Foundation
import Tensor
import Testing

@Suite struct BootstrapTests {
  @Test func `A mean's interval is nearly that of the normal distribution`() {
    var generator = CounterGenerator(3)
    let values = (0..<400).map { _ in Double(generator.normals().0) }
    let terms = values.enumerated().map { Bootstrap.Term(unit: $0.offset, sum: $0.element, weight: 1) }
    let (estimate, low, high) = Bootstrap(seed: 1, resamples: 4000).interval([terms], units: 400)
    let mean = values.reduce(0, +) / 400
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 400).squareRoot()
    #expect(abs(estimate - mean) < 1e-12)
    let half = 1.96 * deviation / 20
    #expect(abs((mean - low) / half - 1) < 0.1 && abs((high - mean) / half - 1) < 0.1)
  }

  @Test func `The interval covers the truth as often as it says`() {
    var covered = 0
    for trial in 0..<300 {
      var generator = CounterGenerator(17, UInt64(trial))
      let terms = (0..<100).map { Bootstrap.Term(unit: $0, sum: generator.uniform() < 0.4 ? 1 : 0, weight: 1) }
      let (_, low, high) = Bootstrap(seed: trial, resamples: 400).interval([terms], units: 100)
      if low <= 0.4 && 0.4 <= high { covered += 1 }
    }
    // 300 trials at 95 %: six standard deviations are 7.5 %.
    #expect(covered >= 262 && covered < 300)
  }

  @Test func `Equal seeds give equal intervals, other seeds others, and groups share the drawn pictures`() {
    let terms = (0..<50).map { Bootstrap.Term(unit: $0, sum: Double($0 * $0 % 7), weight: 1) }
    let opposite = terms.map { Bootstrap.Term(unit: $0.unit, sum: -$0.sum, weight: 1) }
    let one = Bootstrap(seed: 1).interval([terms], units: 50)
    #expect(one == Bootstrap(seed: 1).interval([terms], units: 50))
    #expect(one != Bootstrap(seed: 2).interval([terms], units: 50))
    let both = Bootstrap(seed: 1).interval([terms, opposite], units: 50)
    #expect(abs(both.low) < 1e-12 && abs(both.high) < 1e-12)
  }

  @Test func `Runs that differ among themselves widen the interval, equal ones do not`() {
    let units = 200
    func terms(_ shift: [Double]) -> [Bootstrap.Term] {
      shift.indices.flatMap { run in
        (0..<units).map { Bootstrap.Term(unit: $0, sum: Double($0 % 2) + shift[run], weight: 1, run: run) }
      }
    }
    let bootstrap = Bootstrap(seed: 5)
    let one = bootstrap.interval([terms([0])], units: units)
    let equal = bootstrap.interval([terms([0, 0, 0])], units: units, runs: 3)
    let apart = bootstrap.interval([terms([-0.3, 0, 0.3])], units: units, runs: 3)
    // The pictures' draws are the same, and equal runs weigh the same however they are drawn.
    #expect(abs(equal.low - one.low) < 1e-12 && abs(equal.high - one.high) < 1e-12)
    #expect(abs(apart.estimate - 0.5) < 1e-12)
    // Of 27 equally likely draws of three runs, one has the same outer run three times: more than a 40th.
    #expect(apart.low < 0.5 - 0.25 && apart.high > 0.5 + 0.25)
  }

  @Test func `McNemar's probability is the binomial sum, also of many items`() {
    for (first, second) in [(0, 0), (0, 1), (3, 3), (1, 8), (12, 5), (0, 20)] {
      let n = first + second
      func choose(_ k: Int) -> Double { (0..<k).reduce(1.0) { $0 * Double(n - $1) / Double($1 + 1) } }
      let sum = (0...min(first, second)).reduce(0.0) { $0 + choose($1) } * pow(0.5, Double(n))
      #expect(abs(McNemar.exact(first, second) - min(1, 2 * sum)) < 1e-12)
    }
    let large = McNemar.exact(49_500, 50_500)
    // The normal approximation with continuity correction: z = 999 / √100,000.
    #expect(abs(large - erfc(999 / 100_000.0.squareRoot() / 2.0.squareRoot())) < 1e-4)
  }

  @Test func `Holm's correction is the one of a worked example`() {
    let corrected = McNemar.holm([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(corrected, [0.03, 0.06, 0.06, 0.02]) { #expect(abs(value - expected) < 1e-12) }
    #expect(McNemar.holm([0.9, 0.8]) == [1, 1])
    #expect(McNemar.holm([]).isEmpty)
  }
}
