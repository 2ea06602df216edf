/// The metadata that curated texts were matched with: which entries a text has.
package protocol EntryMatching: AnyObject {
  /// Calls `body` with the number of every entry that a text has.
  /// - Parameter language: as the text's line has it; empty for none.
  /// - Throws: when the entries of the language cannot be read.
  func forEachEntry(in text: String, language: String, _ body: (UInt64) -> Void) throws

  /// The language, or group of languages, and the text of an entry.
  func entry(_ number: UInt64) -> (language: String, text: String)
}

/// Counts by entry the texts that only one of two sets of pairs has.
struct EntriesDifference {
  private struct Tally {
    var gone = 0
    var added = 0
    /// A text that has the entry; empty when there is none in memory.
    var example = ""
  }

  /// How many entries keep an example: what is frequent comes early.
  private static let examples = 50_000

  private let entries: any EntryMatching
  private var tallies: [UInt64: Tally] = [:]
  private var unmatched = 0

  init(_ entries: any EntryMatching) { self.entries = entries }

  /// - Parameter mark: ``ArtifactDifference/Mark/gone`` or ``ArtifactDifference/Mark/added``.
  mutating func add(_ text: PairLine.Text, _ mark: ArtifactDifference.Mark) throws {
    var matches = 0
    try entries.forEachEntry(in: text.text, language: text.language) { number in
      matches += 1
      var tally = tallies[number] ?? Tally(example: tallies.count < Self.examples ? text.text.shortened : "")
      if mark == .gone { tally.gone += 1 } else { tally.added += 1 }
      tallies[number] = tally
    }
    if matches == 0 { unmatched += 1 }
  }

  /// The entries with the most changed texts first.
  func section(_ limits: DifferenceLimits) -> ArtifactDifference.Section {
    struct Rank: Comparable {
      let texts: Int
      let number: UInt64
      static func < (a: Rank, b: Rank) -> Bool { (b.texts, a.number) < (a.texts, b.number) }
    }
    var ranked = Ranked<Rank, (number: UInt64, tally: Tally)>(limit: limits.rows)
    for (number, tally) in tallies {
      ranked.add(Rank(texts: tally.gone + tally.added, number: number), (number, tally))
    }
    return ArtifactDifference.Section(
      "Texts by entry", columns: ["language", "entry", "dropped", "new", "change", "for instance"],
      rows: ranked.items.map { number, tally in
        let entry = entries.entry(number)
        let change = tally.added - tally.gone
        return [
          .init(entry.language.shortened), .init(entry.text.shortened),
          .init(NumberWords.whole(tally.gone), tally.gone > 0 ? .gone : .none),
          .init(NumberWords.whole(tally.added), tally.added > 0 ? .added : .none),
          .init((change > 0 ? "+" : change < 0 ? "−" : "") + NumberWords.whole(abs(change)), .changed),
          .init(tally.example, tally.gone > 0 ? .gone : .added),
        ]
      }, omitted: ranked.omitted,
      note: unmatched == 0 ? "" : "\(NumberWords.many(unmatched, "changed text")) without an entry")
  }
}
