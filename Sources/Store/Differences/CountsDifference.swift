internal import Core

/// What changed in records of a text and a number by language: `concept-counts/1`, `concept-lists/1`, `ngrams/2`, whose lines are
/// `{"text":"dog","count":12}`.
struct CountsDifference {
  private struct Language {
    var code: String
    var before = 0
    var after = 0
    var added = 0
    var gone = 0
    var changed = 0
    var sumBefore = 0.0
    var sumAfter = 0.0
  }

  private struct Rank: Comparable {
    var size: Double
    var language: String
    var text: String
    /// The largest first.
    static func < (a: Rank, b: Rank) -> Bool {
      a.size != b.size ? a.size > b.size : a.language != b.language ? a.language < b.language : a.text < b.text
    }
  }

  /// Sums the counts of a side.
  private struct Sums: RecordTally {
    var total = 0.0

    mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws {
      // The usual end of a line, without parsing it.
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
      let start = position + 1 - mark.utf8CodeUnitCount
      guard scale > 1, start >= 0,
        UnsafeRawBufferPointer(rebasing: record[start...position]).hasBytes(
          of: UnsafeRawBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount))
      else { return try parse(record) }
      total += value
    }

    private mutating func parse(_ record: UnsafeRawBufferPointer) throws {
      total += try JSONRecord(record, ["count"]).number(0) ?? 0
    }
  }

  static func fill(
    _ difference: inout ArtifactDifference, _ old: ArtifactContent, _ new: ArtifactContent, _ limits: DifferenceLimits
  ) throws {
    let (pairs, all) = LanguageFilePair.changed(old, new)
    var languages: [Language] = []
    var movers = Ranked<Rank, [ArtifactDifference.Cell]>(limit: limits.rows)
    for pair in pairs {
      var language = Language(code: pair.language)
      func add(_ text: String, _ before: Double?, _ after: Double?) {
        let size = abs((after ?? 0) - (before ?? 0))
        movers.add(
          Rank(size: size, language: pair.language, text: text),
          [
            .init(pair.language), .init(text.shortened), .init(before.map(NumberWords.short) ?? "", .gone),
            .init(after.map(NumberWords.short) ?? "", .added),
            .init(
              before.flatMap { before in after.map { NumberWords.change(before, $0) } }
                ?? (before == nil ? "new" : "gone")),
          ])
      }
      let join = RecordJoin<Sums>(
        old: try pair.old.map { [try MappedFile($0)] } ?? [], new: try pair.new.map { [try MappedFile($0)] } ?? [],
        format: .jsonLines(key: ["text"]), limits: limits)
      let totals = try join.run(Sums()) { change in
        switch change {
        case .gone(let line, _):
          language.gone += 1
          let record = try JSONRecord(line, ["text", "count"])
          add(record.text(0), record.number(1) ?? 0, nil)
        case .added(let line, _):
          language.added += 1
          let record = try JSONRecord(line, ["text", "count"])
          add(record.text(0), nil, record.number(1) ?? 0)
        case .changed(let before, let after, _):
          let old = try JSONRecord(before, ["text", "count"])
          let new = try JSONRecord(after, ["text", "count"])
          language.changed += 1
          add(new.text(0), old.number(1) ?? 0, new.number(1) ?? 0)
        }
      }
      language.before = totals.oldCount
      language.after = totals.newCount
      language.sumBefore = totals.old.total
      language.sumAfter = totals.new.total
      languages.append(language)
    }
    finish(&difference, languages, movers, all, limits)
  }

  private static func finish(
    _ difference: inout ArtifactDifference, _ languages: [Language], _ movers: Ranked<Rank, [ArtifactDifference.Cell]>,
    _ all: Int,
    _ limits: DifferenceLimits
  ) {
    let added = languages.reduce(0) { $0 + $1.added }
    let gone = languages.reduce(0) { $0 + $1.gone }
    let changed = languages.reduce(0) { $0 + $1.changed }
    let parts = NumberWords.list([(changed, "counts changed"), (added, "texts added"), (gone, "gone")])
    difference.headline =
      (parts.isEmpty ? "the same counts" : parts)
      + ", in \(NumberWords.whole(languages.count)) of \(NumberWords.many(all, "language"))"
    difference.counts = [
      .init("counts changed", changed), .init("texts added", added), .init("texts gone", gone),
      .init("languages changed", languages.count), .init("languages", all),
    ]
    let ranked = languages.sorted {
      (abs($1.sumAfter - $1.sumBefore), $0.code) < (abs($0.sumAfter - $0.sumBefore), $1.code)
    }
    difference.sections.append(
      ArtifactDifference.Section(
        "By language",
        columns: ["language", "texts before", "after", "sum before", "after", "change", "added", "gone", "changed"],
        rows: ranked.prefix(limits.rows).map { language in
          [
            .init(language.code), .init(NumberWords.whole(language.before)), .init(NumberWords.whole(language.after)),
            .init(NumberWords.short(language.sumBefore)), .init(NumberWords.short(language.sumAfter)),
            .init(NumberWords.change(language.sumBefore, language.sumAfter), .changed),
            .init(NumberWords.whole(language.added), language.added > 0 ? .added : .none),
            .init(NumberWords.whole(language.gone), language.gone > 0 ? .gone : .none),
            .init(NumberWords.whole(language.changed)),
          ]
        }, omitted: max(0, ranked.count - limits.rows)))
    if movers.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          "Largest movers", columns: ["language", "text", "before", "after", "change"], rows: movers.items,
          omitted: movers.omitted))
    }
  }
}
