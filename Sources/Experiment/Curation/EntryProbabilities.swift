internal import ArtifactTypes
internal import Core
internal import Counting

/// The probability with which each entry's texts are kept, from which each text's follows.
struct EntryProbabilities: Sendable {
  private let open: OpenIndex
  /// The probability of each entry, by group and number of the entry.
  private let probabilities: [[Float]]

  /// - Throws: ``OperationError`` when the counts are of another index, or one of the inputs is damaged.
  init(_ index: ConceptIndex, _ counts: ConceptCounts, thresholds: Thresholds, threads: Int) async throws {
    let open = try await OpenIndex(index, threads: threads)
    probabilities = try await concurrentMap(count: index.groups.count, threads: threads) { group in
      let matcher = open.matchers[group]
      let code = index.groups[group].code
      guard let t = thresholds.languages[code]?.t else {
        // Nothing was counted in this group: every entry that is matched now is rare.
        return [Float](repeating: 1, count: matcher.count)
      }

      var found = [Float](repeating: Float(TailShare.probability(count: 0, t: t)), count: matcher.count)
      var number = 0
      for counted in try counts.counts(of: code) {
        var text = counted.text
        let isKnown = text.withUTF8 { text in
          // Counts and entries are in the order of their bytes: one pass finds them all.
          while number < matcher.count, matcher.bytes(of: number).lexicographicallyPrecedes(text) { number += 1 }
          return number < matcher.count && matcher.bytes(of: number).elementsEqual(text)
        }
        guard isKnown else {
          throw OperationError(
            operation: "balance", subject: "“\(counted.text)” of \(code)",
            cause: "it was counted, but the index does not have it: count with the same index")
        }
        found[number] = Float(TailShare.probability(count: counted.count, t: t))
      }
      return found
    }
    self.open = open
  }

  /// The probability with which a text is kept, in single precision wherever it is used; 0 when it matches no entry or
  /// belongs to no group.
  func chance(of text: PairText, _ scratch: inout ConceptMatcher.Scratch) -> Float {
    guard let group = open.group(of: text.language) else { return 0 }
    open.matchers[group].find(in: text.text, &scratch)
    return Float(TailShare.keeping(scratch.found.lazy.map { Double(probabilities[group][Int($0)]) }))
  }
}
