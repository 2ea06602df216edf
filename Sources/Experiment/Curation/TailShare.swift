/// The relation between a threshold t on an entry's count and the share p of all matches that belong to the tail,
/// which is the entries below t.
///
/// Source: MetaCLIP 2, §3.3 and reference code (`t_to_p`, `p_to_t`).
package enum TailShare {
  /// The share of matches, 0...1, that belong to entries with fewer than `t`.
  /// - Returns: `nil` when nothing was matched.
  package static func share(below t: Int, of counts: [Int]) -> Double? {
    let total = counts.reduce(0, +)
    guard total > 0 else { return nil }
    return Double(counts.lazy.filter { $0 < t }.reduce(0, +)) / Double(total)
  }

  /// The count at which the running share of matches, in ascending order of counts, is nearest to `p`; of equally near
  /// ones the first. It is 0 where entries without matches are nearest.
  /// - Parameters:
  ///   - p: the tail's share of the matches, 0...1.
  ///   - counts: the counts of all entries, those without matches included.
  /// - Returns: `nil` when nothing was matched.
  package static func threshold(for p: Double, of counts: [Int]) -> Int? {
    let sorted = counts.sorted()
    let total = Double(sorted.reduce(0, +))
    guard total > 0 else { return nil }
    var running = 0
    var best = (distance: Double.infinity, t: 0)
    for count in sorted {
      running += count
      let distance = abs(Double(running) / total - p)
      if distance < best.distance { best = (distance, count) }
    }
    return best.t
  }

  /// The probability with which an entry's text is kept on its account: 1 in the tail, t/c in the head. Rounded to
  /// single precision, as the reference stores it.
  package static func probability(count: Int, t: Int) -> Double { Double(Float(Double(t) / Double(max(t, count)))) }

  /// The probability with which a text is kept that matches entries with these probabilities: 1 − Π(1 − p_i); 0 without
  /// any.
  package static func keeping(_ probabilities: some Sequence<Double>) -> Double {
    1 - probabilities.reduce(1) { $0 * (1 - $1) }
  }
}
