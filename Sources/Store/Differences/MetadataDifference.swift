internal import Core
internal import TextFormatting

/// The changes in `metadata/2`: entries added, gone, from another source, by language.
///
/// A language is `en.jsonl`, an entry `{"entry":"dog","source":"w","score":1.5}`. Languages with the same bytes are not
/// read.
struct MetadataDifference {
  private struct Language {
    let code: String
    var counts = Sides(0, 0)
    var moved = 0
    var rescored = 0
    var added: Ranked<RecordLocation, String>
    var gone: Ranked<RecordLocation, String>

    var isOrderOnly: Bool { added.count + gone.count + moved + rescored == 0 }

    /// Languages with more changes come first, then those with more new scores.
    var rank: (Int, Int) { (-(added.count + gone.count + moved), -rescored) }
  }

  private static let fields = ["entry", "source", "score"]
  private let limits: DifferenceLimits
  private var languages: [Language] = []
  /// The number of entries by their old and new sources.
  private var moves: [String: Int] = [:]
  private var moved: Ranked<Pair<String, RecordLocation>, ArtifactDifference.Row>

  private init(limits: DifferenceLimits) {
    self.limits = limits
    moved = Ranked(limit: limits.rows)
  }

  static func of(_ contents: Sides<ArtifactContent>, limits: DifferenceLimits) throws -> Finding {
    var work = MetadataDifference(limits: limits)
    let (pairs, all) = LanguageFilePair.changed(contents)
    for pair in pairs { try work.add(pair) }
    return work.finding(ofAll: all)
  }

  private mutating func add(_ pair: LanguageFilePair) throws {
    var language = Language(
      code: pair.language, added: Ranked(limit: limits.rows), gone: Ranked(limit: limits.rows))

    let totals = try pair.join(by: "entry", FileTally(files: 1), limits: limits) { change in
      switch change {
      case .gone(let line, let location): try language.gone.add(location, try Self.example(line))
      case .added(let line, let location): try language.added.add(location, try Self.example(line))
      case .changed(let lines, let location):
        let records = try lines.map { try JSONRecord($0, Self.fields) }
        let sources = records.map { $0.text("source") }
        guard sources.old != sources.new else {
          language.rescored += 1
          return
        }

        language.moved += 1
        let labels = sources.map(Self.label)
        moves["\(labels.old) → \(labels.new)", default: 0] += 1
        moved.add(
          Pair(pair.language, location),
          [
            .init(pair.language), .init(records.new.text("entry").shortened), .init(labels.old, .gone),
            .init(labels.new, .added),
          ])
      }
    }

    language.counts = totals.counts
    languages.append(language)
  }

  private static func example(_ line: UnsafeRawBufferPointer) throws -> String {
    let record = try JSONRecord(line, fields)
    return "\(record.text("entry").shortened) (\(label(record.text("source"))))"
  }

  /// The name of a mark of `ConceptSource`.
  private static func label(_ mark: String) -> String {
    switch mark {
    case "": "digits"
    case "w": "lexicon"
    case "u": "unigram"
    case "b": "bigram"
    case "t": "title"
    default: mark.shortened
    }
  }

  /// - Parameter all: the number of languages, those without a change included.
  private func finding(ofAll all: Int) -> Finding {
    let added = languages.reduce(0) { $0 + $1.added.count }
    let gone = languages.reduce(0) { $0 + $1.gone.count }
    let moved = languages.reduce(0) { $0 + $1.moved }
    let rescored = languages.reduce(0) { $0 + $1.rescored }
    let parts = NumberWords.list([
      (added, "entries added"), (gone, "gone"), (moved, "from another source"), (rescored, "with another score"),
    ])

    var finding = Finding(
      headline: (parts.isEmpty ? "the same entries in another order" : parts)
        + ", in \(NumberText.integer(languages.count)) of \(NumberText.count(all, "language"))",
      counts: [
        .init("entries added", added), .init("entries gone", gone), .init("entries moved source", moved),
        .init("entries rescored", rescored), .init("languages changed", languages.count), .init("languages", all),
      ])

    let ranked = languages.sorted { ($0.rank.0, $0.rank.1, $0.code) < ($1.rank.0, $1.rank.1, $1.code) }
    finding.sections.append(
      ArtifactDifference.Section(
        "By language", columns: ["language", "before", "after", "added", "gone", "another source", "another score"],
        firstOf: ranked.map(row), limits: limits))
    finding.add(
      ArtifactDifference.Section(
        "Sources", columns: ["source", "entries"],
        rows: moves.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map {
          [.init($0.key, .changed), .count($0.value)]
        }))
    // An example of each move, also when no row is kept.
    if !moves.isEmpty {
      finding.sections.append(
        ArtifactDifference.Section(
          "Entries from another source", columns: ["language", "entry", "before", "after"], ranked: self.moved))
    }
    finding.add(examples("Entries added", ranked.map { ($0.code, $0.added) }, mark: .added))
    finding.add(examples("Entries gone", ranked.map { ($0.code, $0.gone) }, mark: .gone))
    return finding
  }

  private func row(_ language: Language) -> ArtifactDifference.Row {
    [
      .init(language.code), .count(language.counts.old), .count(language.counts.new),
      .count(language.added.count, .added), .count(language.gone.count, .gone), .count(language.moved, .changed),
      language.isOrderOnly ? .init("the order") : .count(language.rescored),
    ]
  }

  private func examples(
    _ title: String, _ languages: [(code: String, entries: Ranked<RecordLocation, String>)],
    mark: ArtifactDifference.Mark
  ) -> ArtifactDifference.Section {
    let rows = languages.filter { $0.entries.count > 0 }.map { code, entries -> ArtifactDifference.Row in
      let more = entries.omitted > 0 ? ", and \(NumberText.integer(entries.omitted)) more" : ""
      return [.init(code), .count(entries.count), .init(entries.items.joined(separator: ", ") + more, mark)]
    }
    return ArtifactDifference.Section(
      title, columns: ["language", "entries", "examples"], firstOf: rows, limits: limits)
  }
}
