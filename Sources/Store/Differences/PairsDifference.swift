internal import Core
internal import FileFormats
internal import TextFormatting

/// The changes in `pairs/1`: pairs kept, dropped and new, texts by language, with examples.
///
/// A pair is a line `{"id":"1f600","image":"1f600","texts":[{"text":"grinning face","field":"name","language":"en"}]}`;
/// shards are read one after another.
struct PairsDifference {
  private let limits: DifferenceLimits
  private var gone = 0
  private var added = 0
  private var changes: Ranked<RecordLocation, ArtifactDifference.Row>
  /// Texts that only the old or only the new side has.
  private var lostTexts: PairTexts
  private var newTexts: PairTexts
  private var byEntry: EntriesDifference?

  private init(limits: DifferenceLimits, entries: (any EntryMatching)?) {
    self.limits = limits
    changes = Ranked(limit: limits.rows)
    lostTexts = PairTexts(limit: limits.rows)
    newTexts = PairTexts(limit: limits.rows)
    byEntry = entries.map(EntriesDifference.init)
  }

  /// - Parameter entries: the metadata that texts are matched with, to list changes by entry; `nil` for none.
  static func of(
    _ contents: Sides<ArtifactContent>, limits: DifferenceLimits, entries: (any EntryMatching)? = nil
  ) throws -> Finding {
    var work = PairsDifference(limits: limits, entries: entries)
    let shards = try contents.map { try $0.files.map { try MappedBytes($0) } }
    let join = RecordJoin<TextTally>(files: shards, format: .jsonLines(key: ["id"]), limits: limits)
    let totals = try join.run(TextTally()) { change in
      switch change {
      case .gone(let line, let location):
        work.gone += 1
        try work.drop(try PairLine(line), at: location)
      case .added(let line, let location):
        work.added += 1
        try work.gain(try PairLine(line), at: location)
      case .changed(let lines, let location): try work.change(try lines.map { try PairLine($0) }, at: location)
      }
    }
    return work.finding(totals)
  }

  private mutating func drop(_ pair: PairLine, at location: RecordLocation) throws {
    for text in pair.texts { try byEntry?.add(text, .gone) }
    lostTexts.add(pair, at: location)
  }

  private mutating func gain(_ pair: PairLine, at location: RecordLocation) throws {
    for text in pair.texts { try byEntry?.add(text, .added) }
    newTexts.add(pair, at: location)
  }

  private mutating func change(_ pairs: Sides<PairLine>, at location: RecordLocation) throws {
    let (lost, gained) = pairs.old.difference(to: pairs.new)
    try drop(lost, at: location)
    try gain(gained, at: location)
    let images = pairs.map(\.image)
    changes.add(
      location,
      [
        .init(pairs.new.id.shortened), .init(lost.words, .gone), .init(gained.words, .added),
        .init(images.old == images.new ? "" : "\(images.old) → \(images.new)".shortened, .changed),
      ])
  }

  private func finding(_ totals: RecordJoin<TextTally>.Totals) -> Finding {
    let kept = totals.same + changes.count
    let parts = NumberWords.list([
      (kept, kept == 1 ? "pair kept" : "pairs kept"), (gone, "dropped"), (added, "new"),
      (changes.count, "with other texts or fields"),
    ])
    let isOrderOnly = gone + added + changes.count == 0
    var finding = Finding(
      headline: isOrderOnly ? "the same \(NumberText.count(kept, "pair")) in another order or other shards" : parts,
      counts: [
        .init("pairs before", totals.counts.old), .init("pairs after", totals.counts.new), .init("pairs kept", kept),
        .init("pairs dropped", gone), .init("pairs new", added), .init("pairs changed", changes.count),
        .init("texts before", totals.tallies.old.total), .init("texts after", totals.tallies.new.total),
      ],
      sections: [languages(totals.tallies.map(\.languages))])

    if let byEntry, lostTexts.count + newTexts.count > 0 { finding.sections.append(byEntry.section(limits)) }
    for (title, texts, mark) in [("Dropped", lostTexts, ArtifactDifference.Mark.gone), ("New", newTexts, .added)] {
      finding.add(
        ArtifactDifference.Section(
          "\(title) texts", columns: ["pair", "language", "text"], rows: texts.rows(mark), omitted: texts.omitted))
    }
    finding.add(
      ArtifactDifference.Section(
        "Changed pairs", columns: ["pair", "texts gone", "texts added", "image"], ranked: changes))
    return finding
  }

  /// - Parameter texts: the numbers of texts of each side by language.
  private func languages(_ texts: Sides<[String: Int]>) -> ArtifactDifference.Section {
    // The languages with the most changed texts come first.
    func size(_ name: String) -> Int { (lostTexts.languages[name] ?? 0) + (newTexts.languages[name] ?? 0) }
    let names = Set(texts.old.keys).union(texts.new.keys)
    let changed = names.filter { size($0) > 0 }.sorted { a, b in
      size(a) != size(b) ? size(a) > size(b) : a.utf8.lexicographicallyPrecedes(b.utf8)
    }
    let unchanged = names.count - changed.count

    return ArtifactDifference.Section(
      "Texts by language", columns: ["language", "before", "after", "change", "kept", "dropped", "new"],
      firstOf: changed.map { name in
        let counts = texts.map { $0[name] ?? 0 }
        let lost = lostTexts.languages[name] ?? 0
        return [
          .init(name.isEmpty ? "(none)" : name.shortened), .count(counts.old), .count(counts.new),
          .change(counts.map { Double($0) }), .count(max(0, counts.old - lost)), .count(lost, .gone),
          .count(newTexts.languages[name] ?? 0, .added),
        ]
      }, limits: limits,
      note: unchanged == 0 ? "" : "\(NumberText.count(unchanged, "language")) without a change")
  }
}

/// Texts that are only in one side, by language, with examples.
private struct PairTexts {
  private struct Example {
    let pair: String
    let text: PairLine.Text
  }

  private(set) var languages: [String: Int] = [:]
  private var examples: Ranked<RecordLocation, [Example]>
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
    examples = Ranked(limit: limit)
  }

  var count: Int { languages.values.reduce(0, +) }

  mutating func add(_ pair: PairLine, at location: RecordLocation) {
    guard !pair.texts.isEmpty else { return }
    for text in pair.texts { languages[text.language, default: 0] += 1 }
    examples.add(location, pair.texts.prefix(limit).map { Example(pair: pair.id, text: $0) })
  }

  func rows(_ mark: ArtifactDifference.Mark) -> [ArtifactDifference.Row] {
    examples.items.joined().prefix(limit).map { example in
      [.init(example.pair.shortened), .init(example.text.language.shortened), .init(example.text.text.shortened, mark)]
    }
  }

  var omitted: Int { count - rows(.none).count }
}
