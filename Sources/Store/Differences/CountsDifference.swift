internal import Core
internal import TextFormatting

/// The changes in records of a text and a number by language: `concept-counts/1`, `concept-lists/1`, `ngrams/2`, whose
/// lines are `{"text":"dog","count":12}`.
struct CountsDifference {
  private struct Language {
    let code: String
    var counts = Sides(0, 0)
    var sums = Sides(0.0, 0.0)
    var added = 0
    var gone = 0
    var changed = 0
  }

  private struct Rank: Comparable {
    let size: Double
    let language: String
    let text: String

    /// The largest first.
    static func < (a: Rank, b: Rank) -> Bool { (b.size, a.language, a.text) < (a.size, b.language, b.text) }
  }

  /// Sums the counts of a side.
  private struct Sums: RecordTally {
    private(set) var total = 0.0

    mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws {
      // The usual end of a line, without parsing it: the digits before the bracket from the last to the first.
      var position = record.count - 1
      guard position > 0, record[position] == UInt8(ascii: "}") else { return try parse(record) }
      var value = 0.0
      var scale = 1.0
      position -= 1
      while position >= 0, record[position] &- UInt8(ascii: "0") < 10 {
        value += scale * Double(record[position] - UInt8(ascii: "0"))
        scale *= 10
        position -= 1
      }

      let mark: StaticString = "\"count\":"
      let wanted = UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
      let start = position + 1 - wanted.count
      guard scale > 1, start >= 0, UnsafeRawBufferPointer(rebasing: record[start...position]).hasBytes(of: wanted)
      else { return try parse(record) }
      total += value
    }

    private mutating func parse(_ record: UnsafeRawBufferPointer) throws {
      total += try JSONRecord(record, ["count"]).number("count") ?? 0
    }
  }

  private let limits: DifferenceLimits
  private var languages: [Language] = []
  private var movers: Ranked<Rank, ArtifactDifference.Row>

  private init(limits: DifferenceLimits) {
    self.limits = limits
    movers = Ranked(limit: limits.rows)
  }

  static func of(_ contents: Sides<ArtifactContent>, limits: DifferenceLimits) throws -> Finding {
    var work = CountsDifference(limits: limits)
    let (pairs, all) = LanguageFilePair.changed(contents)
    for pair in pairs { try work.add(pair) }
    return work.finding(ofAll: all)
  }

  private mutating func add(_ pair: LanguageFilePair) throws {
    func record(_ line: UnsafeRawBufferPointer) throws -> (text: String, count: Double) {
      let record = try JSONRecord(line, ["text", "count"])
      return (record.text("text"), record.number("count") ?? 0)
    }

    var language = Language(code: pair.language)
    let totals = try pair.join(by: "text", Sums(), limits: limits) { change in
      switch change {
      case .gone(let line, _):
        language.gone += 1
        let (text, count) = try record(line)
        add(text, of: pair.language, counts: Sides(count, nil))
      case .added(let line, _):
        language.added += 1
        let (text, count) = try record(line)
        add(text, of: pair.language, counts: Sides(nil, count))
      case .changed(let lines, _):
        language.changed += 1
        let records = try lines.map { try record($0) }
        add(records.new.text, of: pair.language, counts: records.map(\.count))
      }
    }

    language.counts = totals.counts
    language.sums = totals.tallies.map(\.total)
    languages.append(language)
  }

  private mutating func add(_ text: String, of language: String, counts: Sides<Double?>) {
    let size = abs((counts.new ?? 0) - (counts.old ?? 0))
    var change: ArtifactDifference.Cell {
      guard let old = counts.old, let new = counts.new else { return .init(counts.old == nil ? "new" : "gone") }
      return .init(NumberWords.change(old, new))
    }
    movers.add(
      Rank(size: size, language: language, text: text),
      [
        .init(language), .init(text.shortened), .number(counts.old, .gone), .number(counts.new, .added), change,
      ])
  }

  /// - Parameter all: the number of languages, those without a change included.
  private func finding(ofAll all: Int) -> Finding {
    let added = languages.reduce(0) { $0 + $1.added }
    let gone = languages.reduce(0) { $0 + $1.gone }
    let changed = languages.reduce(0) { $0 + $1.changed }
    let parts = NumberWords.list([(changed, "counts changed"), (added, "texts added"), (gone, "gone")])

    var finding = Finding(
      headline: (parts.isEmpty ? "the same counts" : parts)
        + ", in \(NumberText.integer(languages.count)) of \(NumberText.count(all, "language"))",
      counts: [
        .init("counts changed", changed), .init("texts added", added), .init("texts gone", gone),
        .init("languages changed", languages.count), .init("languages", all),
      ])

    // The languages whose sums moved most come first.
    let ranked = languages.sorted {
      (abs($1.sums.new - $1.sums.old), $0.code) < (abs($0.sums.new - $0.sums.old), $1.code)
    }
    finding.sections.append(
      ArtifactDifference.Section(
        "By language",
        columns: ["language", "texts before", "after", "sum before", "after", "change", "added", "gone", "changed"],
        firstOf: ranked.map(row), limits: limits))
    finding.add(
      ArtifactDifference.Section(
        "Largest movers", columns: ["language", "text", "before", "after", "change"], ranked: movers))
    return finding
  }

  private func row(_ language: Language) -> ArtifactDifference.Row {
    [
      .init(language.code), .count(language.counts.old), .count(language.counts.new), .number(language.sums.old),
      .number(language.sums.new), .change(language.sums.map { $0 }), .count(language.added, .added),
      .count(language.gone, .gone), .count(language.changed),
    ]
  }
}
