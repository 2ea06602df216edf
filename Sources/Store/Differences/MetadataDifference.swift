internal import Core

/// What changed in `metadata/2`: entries added, gone, from another source, by language.
///
/// A language is `en.jsonl`, an entry `{"entry":"dog","source":"w","score":1.5}`. Languages with the same bytes are not read.
struct MetadataDifference {
  private struct Language {
    var code: String
    var before = 0
    var after = 0
    var added = 0
    var gone = 0
    var moved = 0
    var rescored = 0
    var addedExamples: Ranked<Place, String>
    var goneExamples: Ranked<Place, String>

    var isOrderOnly: Bool { added + gone + moved + rescored == 0 }
  }

  private static let fields = ["entry", "source", "score"]
  private let limits: DifferenceLimits
  private var languages: [Language] = []
  private var moves: [String: Int] = [:]
  private var moved: Ranked<Position, [ArtifactDifference.Cell]>

  private struct Position: Comparable {
    var language: String
    var place: Place
    static func < (a: Position, b: Position) -> Bool {
      a.language == b.language ? a.place < b.place : a.language < b.language
    }
  }

  init(limits: DifferenceLimits) {
    self.limits = limits
    moved = Ranked(limit: limits.rows)
  }

  /// Completes a difference.
  static func fill(
    _ difference: inout ArtifactDifference, _ old: ArtifactContent, _ new: ArtifactContent, _ limits: DifferenceLimits
  ) throws {
    var work = MetadataDifference(limits: limits)
    let (pairs, all) = LanguageFilePair.changed(old, new)
    for pair in pairs { try work.add(pair) }
    work.finish(&difference, all)
  }

  private mutating func add(_ pair: LanguageFilePair) throws {
    var language = Language(
      code: pair.language, addedExamples: Ranked(limit: limits.rows), goneExamples: Ranked(limit: limits.rows))
    let totals = try pair.join(["entry"], limits) { change in
      switch change {
      case .gone(let line, let place):
        language.gone += 1
        try language.goneExamples.add(place, try Self.example(line))
      case .added(let line, let place):
        language.added += 1
        try language.addedExamples.add(place, try Self.example(line))
      case .changed(let before, let after, let place):
        let old = try JSONRecord(before, Self.fields)
        let new = try JSONRecord(after, Self.fields)
        let (source, other) = (old.text(1), new.text(1))
        if source == other {
          language.rescored += 1
        } else {
          language.moved += 1
          moves["\(Self.label(source)) → \(Self.label(other))", default: 0] += 1
          moved.add(
            Position(language: pair.language, place: place),
            [
              .init(pair.language), .init(new.text(0).shortened), .init(Self.label(source), .gone),
              .init(Self.label(other), .added),
            ])
        }
      }
    }
    language.before = totals.oldCount
    language.after = totals.newCount
    languages.append(language)
  }

  private static func example(_ line: UnsafeRawBufferPointer) throws -> String {
    let record = try JSONRecord(line, fields)
    return "\(record.text(0).shortened) (\(label(record.text(1))))"
  }

  /// The marks of `ConceptSource`.
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

  private func finish(_ difference: inout ArtifactDifference, _ all: Int) {
    let added = languages.reduce(0) { $0 + $1.added }
    let gone = languages.reduce(0) { $0 + $1.gone }
    let moved = languages.reduce(0) { $0 + $1.moved }
    let rescored = languages.reduce(0) { $0 + $1.rescored }
    let parts = NumberWords.list([
      (added, "entries added"), (gone, "gone"), (moved, "from another source"), (rescored, "with another score"),
    ])
    difference.headline =
      (parts.isEmpty ? "the same entries in another order" : parts)
      + ", in \(NumberWords.whole(languages.count)) of \(NumberWords.many(all, "language"))"
    difference.counts = [
      .init("entries added", added), .init("entries gone", gone), .init("entries moved source", moved),
      .init("entries rescored", rescored), .init("languages changed", languages.count), .init("languages", all),
    ]
    let ranked = languages.sorted {
      ($1.added + $1.gone + $1.moved, $1.rescored, $0.code) < ($0.added + $0.gone + $0.moved, $0.rescored, $1.code)
    }
    difference.sections.append(
      ArtifactDifference.Section(
        "By language", columns: ["language", "before", "after", "added", "gone", "another source", "another score"],
        rows: ranked.prefix(limits.rows).map(row), omitted: max(0, ranked.count - limits.rows)))
    if !moves.isEmpty {
      let sorted = moves.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      difference.sections.append(
        ArtifactDifference.Section(
          "Sources", columns: ["source", "entries"],
          rows: sorted.map { [.init($0.key, .changed), .init(NumberWords.whole($0.value))] }))
      difference.sections.append(
        ArtifactDifference.Section(
          "Entries from another source", columns: ["language", "entry", "before", "after"], rows: self.moved.items,
          omitted: self.moved.omitted))
    }
    examples("Entries added", .added, ranked, \.addedExamples, &difference)
    examples("Entries gone", .gone, ranked, \.goneExamples, &difference)
  }

  private func row(_ language: Language) -> [ArtifactDifference.Cell] {
    [
      .init(language.code), .init(NumberWords.whole(language.before)), .init(NumberWords.whole(language.after)),
      .init(NumberWords.whole(language.added), language.added > 0 ? .added : .none),
      .init(NumberWords.whole(language.gone), language.gone > 0 ? .gone : .none),
      .init(NumberWords.whole(language.moved), language.moved > 0 ? .changed : .none),
      .init(language.isOrderOnly ? "the order" : NumberWords.whole(language.rescored)),
    ]
  }

  private func examples(
    _ title: String, _ mark: ArtifactDifference.Mark, _ languages: [Language],
    _ path: KeyPath<Language, Ranked<Place, String>>,
    _ difference: inout ArtifactDifference
  ) {
    let some = languages.filter { $0[keyPath: path].count > 0 }
    guard !some.isEmpty, limits.rows > 0 else { return }
    let rows = some.prefix(limits.rows).map { language -> [ArtifactDifference.Cell] in
      let found = language[keyPath: path]
      let more = found.omitted > 0 ? ", and \(NumberWords.whole(found.omitted)) more" : ""
      return [
        .init(language.code), .init(NumberWords.whole(found.count)),
        .init(found.items.joined(separator: ", ") + more, mark),
      ]
    }
    difference.sections.append(
      ArtifactDifference.Section(
        title, columns: ["language", "entries", "examples"], rows: rows, omitted: max(0, some.count - limits.rows)))
  }
}
