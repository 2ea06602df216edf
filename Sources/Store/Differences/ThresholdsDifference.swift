/// What changed in `thresholds/1`: t, the tail's share and the matches of each language, the largest movers first.
enum ThresholdsDifference {
  private struct Language {
    var t: Double?
    var tailShare: Double?
    var matches: Double?

    init(_ value: JSONValue?) {
      t = value?["t"]?.number
      tailShare = value?["tailShare"]?.number
      matches = value?["matches"]?.number
    }
  }

  static func fill(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits
  ) throws {
    let before = try read(old)
    let after = try read(new)
    func languages(_ value: JSONValue) -> [String: JSONValue] {
      guard case .object(let fields)? = value["languages"] else { return [:] }
      return Dictionary(fields.map { ($0.key, $0.value) }) { first, _ in first }
    }
    let (first, second) = (languages(before), languages(after))
    let names = Set(first.keys).union(second.keys).filter { first[$0] != second[$0] }
    var rows = Ranked<Pair<Double, String>, [ArtifactDifference.Cell]>(limit: limits.rows)
    var (added, gone) = (0, 0)
    for name in names {
      let (a, b) = (Language(first[name]), Language(second[name]))
      if first[name] == nil { added += 1 }
      if second[name] == nil { gone += 1 }
      let size = a.t.flatMap { a in b.t.map { abs($0 - a) / max(1, abs(a)) } } ?? .infinity
      rows.add(
        Pair(size.isFinite ? -size : -Double.greatestFiniteMagnitude, name),
        [
          .init(name.shortened), .init(a.t.map(NumberWords.short) ?? "", .gone),
          .init(b.t.map(NumberWords.short) ?? "", .added),
          .init(a.t.flatMap { a in b.t.map { NumberWords.change(a, $0) } } ?? "", .changed),
          .init(a.tailShare.map { NumberWords.short($0 * 100) + " %" } ?? "", .gone),
          .init(b.tailShare.map { NumberWords.short($0 * 100) + " %" } ?? "", .added),
          .init(a.matches.map(NumberWords.short) ?? "", .gone), .init(b.matches.map(NumberWords.short) ?? "", .added),
        ])
    }
    let values = [("anchor", before["anchor"], after["anchor"]), ("p", before["p"], after["p"])].filter { $0.1 != $0.2 }
    let parts = NumberWords.list([
      (names.count - added - gone, names.count - added - gone == 1 ? "language changed" : "languages changed"),
      (added, "new"),
      (gone, "gone"),
    ])
    let heads = values.map { "\($0.0) \(words($0.1)) → \(words($0.2))" }
    difference.headline = ((parts.isEmpty ? [] : [parts]) + heads).joined(separator: "; ")
    if difference.headline.isEmpty { difference.headline = "the same thresholds, written otherwise" }
    difference.counts = [
      .init("languages changed", names.count - added - gone), .init("languages new", added),
      .init("languages gone", gone),
    ]
    if !values.isEmpty {
      difference.sections.append(
        ArtifactDifference.Section(
          "For all languages", columns: ["", "before", "after", "change"],
          rows: values.map { name, a, b in
            let change = a?.number.flatMap { a in b?.number.map { NumberWords.change(a, $0) } } ?? ""
            return [.init(name), .init(words(a), .gone), .init(words(b), .added), .init(change, .changed)]
          }))
    }
    if rows.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          "By language",
          columns: ["language", "t before", "after", "change", "tail before", "after", "matches before", "after"],
          rows: rows.items,
          omitted: rows.omitted, note: "the largest change of t first"))
    }
  }

  private static func read(_ file: MappedFile) throws -> JSONValue {
    let value = try JSONDifference.parse(file)
    guard case .object = value, case .object? = value["languages"] else {
      throw file.fault("read thresholds", "its bytes are not those of thresholds/1: “languages” is missing")
    }
    return value
  }

  private static func words(_ value: JSONValue?) -> String {
    switch value {
    case .string(let text)?: text.shortened
    case .number(let text)?: Double(text).map(NumberWords.short) ?? text.shortened
    default: ""
    }
  }
}

extension JSONValue {
  /// A number's value; `nil` for anything else.
  var number: Double? {
    guard case .number(let text) = self else { return nil }
    return Double(text)
  }
}
