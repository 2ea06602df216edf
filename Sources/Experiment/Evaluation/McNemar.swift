internal import Foundation

/// McNemar's test: probabilities of the split between two models of the items that just one of them has right.
package enum McNemar {
  /// The exact two-sided probability of a split as uneven as this one, or more, if either model were as likely to be
  /// the right one.
  ///
  /// Source: McNemar, “Note on the sampling error of the difference between correlated proportions or percentages”,
  /// 1947; the exact form is the sign test's.
  /// - Parameters:
  ///   - first: the number of items that only the first model has right.
  ///   - second: the number of items that only the second has right.
  package static func exact(_ first: Int, _ second: Int) -> Double {
    precondition(first >= 0 && second >= 0, "counts are not negative")
    let n = first + second
    let smaller = min(first, second)
    // Every split is at least as uneven as an even one.
    guard first != second else { return 1 }
    // C(n, k) ½ⁿ, then each term before it from the one after.
    var term = exp(
      lgamma(Double(n + 1)) - lgamma(Double(smaller + 1)) - lgamma(Double(n - smaller + 1)) - Double(n) * log(2))
    var tail = 0.0
    for k in stride(from: smaller, through: 0, by: -1) {
      tail += term
      term *= Double(k) / Double(n - k + 1)
    }
    return min(1, 2 * tail)
  }

  /// Probabilities corrected for their number, in the same order: if those below a level are taken as findings, the
  /// chance that any of them is false is at most that level.
  ///
  /// Source: Holm, “A simple sequentially rejective multiple test procedure”, 1979.
  package static func holm(_ probabilities: [Double]) -> [Double] {
    let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
    var result = probabilities
    var largest = 0.0
    for (rank, position) in order.enumerated() {
      largest = max(largest, min(1, probabilities[position] * Double(order.count - rank)))
      result[position] = largest
    }
    return result
  }
}
