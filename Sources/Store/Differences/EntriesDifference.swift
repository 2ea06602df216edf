internal import TextFormatting

/// The metadata that curated texts were matched with: the entries that a text has.
package protocol EntryMatching: AnyObject {
  /// Calls `body` with the number of every entry that a text has.
  /// - Parameter language: the language as the text's line has it; empty for none.
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

  /// The number of entries that keep an example: frequent ones come early.
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
    var ranked = Ranked<Pair<Int, UInt64>, ArtifactDifference.Row>(limit: limits.rows)
    for (number, tally) in tallies { ranked.add(Pair(-tally.gone - tally.added, number), row(number, tally)) }
    return ArtifactDifference.Section(
      "Texts by entry", columns: ["language", "entry", "dropped", "new", "change", "for instance"], ranked: ranked,
      note: unmatched == 0 ? "" : "\(NumberText.count(unmatched, "changed text")) without an entry")
  }

  private func row(_ number: UInt64, _ tally: Tally) -> ArtifactDifference.Row {
    let entry = entries.entry(number)
    let change = tally.added - tally.gone
    return [
      .init(entry.language.shortened), .init(entry.text.shortened), .count(tally.gone, .gone),
      .count(tally.added, .added), .init((change > 0 ? "+" : "") + NumberText.integer(change), .changed),
      .init(tally.example, tally.gone > 0 ? .gone : .added),
    ]
  }
}
