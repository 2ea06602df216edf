internal import FileFormats
internal import TextFormatting

/// The changes in `thresholds/1`: t, the tail's share and the matches of each language, the largest movers first.
enum ThresholdsDifference {
  private struct Language {
    let t: Double?
    let tailShare: Double?
    let matches: Double?

    init(_ value: JSONValue?) {
      t = value?["t"]?.number
      tailShare = value?["tailShare"]?.number
      matches = value?["matches"]?.number
    }
  }

  static func of(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    let values = try files.map { try read($0) }
    let languages = values.map { value in
      Dictionary((value["languages"]?.fields ?? []).map { ($0.name, $0.value) }) { first, _ in first }
    }
    let names = Set(languages.old.keys).union(languages.new.keys).filter { languages.old[$0] != languages.new[$0] }
    var rows = Ranked<Pair<Double, String>, ArtifactDifference.Row>(limit: limits.rows)
    for name in names {
      let sides = languages.map { Language($0[name]) }
      rows.add(Pair(-size(sides.map(\.t)), name), row(name, sides))
    }

    let added = names.count { languages.old[$0] == nil }
    let gone = names.count { languages.new[$0] == nil }
    let changed = names.count - added - gone
    // The values that hold for all languages.
    let others = ["anchor", "p"].map { name in (name, values.map { $0[name] }) }.filter { $1.old != $1.new }
    let parts = NumberWords.list([
      (changed, changed == 1 ? "language changed" : "languages changed"), (added, "new"), (gone, "gone"),
    ])
    let heads = others.map { "\($0) \(words($1.old)) → \(words($1.new))" }
    let headline = ((parts.isEmpty ? [] : [parts]) + heads).joined(separator: "; ")

    var finding = Finding(
      headline: headline.isEmpty ? "the same thresholds, written otherwise" : headline,
      counts: [.init("languages changed", changed), .init("languages new", added), .init("languages gone", gone)])
    finding.add(
      ArtifactDifference.Section(
        "For all languages", columns: ["", "before", "after", "change"],
        rows: others.map { name, sides in
          [
            .init(name), .init(words(sides.old), .gone), .init(words(sides.new), .added),
            .change(sides.map { $0?.number }),
          ]
        }))
    finding.add(
      ArtifactDifference.Section(
        "By language",
        columns: ["language", "t before", "after", "change", "tail before", "after", "matches before", "after"],
        ranked: rows, note: "the largest change of t first"))
    return finding
  }

  /// The relative change of t, by which languages are ranked; the largest number when there is none.
  private static func size(_ t: Sides<Double?>) -> Double {
    guard let old = t.old, let new = t.new else { return .greatestFiniteMagnitude }
    let size = abs(new - old) / max(1, abs(old))
    return size.isFinite ? size : .greatestFiniteMagnitude
  }

  private static func row(_ name: String, _ sides: Sides<Language>) -> ArtifactDifference.Row {
    let shares = sides.map { $0.tailShare.map { NumberText.share($0) } ?? "" }
    return [
      .init(name.shortened), .number(sides.old.t, .gone), .number(sides.new.t, .added), .change(sides.map(\.t)),
      .init(shares.old, .gone), .init(shares.new, .added), .number(sides.old.matches, .gone),
      .number(sides.new.matches, .added),
    ]
  }

  private static func read(_ file: MappedBytes) throws -> JSONValue {
    let value = try JSONValue(parsing: file)
    guard value["languages"]?.fields != nil else {
      throw file.fault(
        "read thresholds", cause: "its bytes are not those of thresholds/1: “languages” is missing")
    }
    return value
  }

  private static func words(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: text.shortened
    case .number(let text)?: Double(text).map(NumberText.significant) ?? text.shortened
    default: ""
    }
  }
}
