internal import Core
internal import Glibc

/// What changed in `pairs/1`: pairs kept, dropped and new, texts by language, with examples.
///
/// A pair is a line `{"id":"1f600","image":"1f600","texts":[{"text":"grinning face","field":"name","language":"en"}]}`; shards are read
/// one after the other.
struct PairsDifference {
  static func fill(
    _ difference: inout ArtifactDifference, _ old: ArtifactContent, _ new: ArtifactContent, _ limits: DifferenceLimits,
    entries: (any EntryMatching)? = nil
  ) throws {
    func shards(_ content: ArtifactContent) throws -> [MappedFile] { try content.files.map { try MappedFile($0) } }
    var dropped = PairTexts(limit: limits.rows)
    var added = PairTexts(limit: limits.rows)
    var changes = Ranked<Place, [ArtifactDifference.Cell]>(limit: limits.rows)
    var (gone, fresh) = (0, 0)
    var byEntry = entries.map(EntriesDifference.init)
    func count(_ pair: PairLine, _ mark: ArtifactDifference.Mark) throws {
      for text in pair.texts { try byEntry?.add(text, mark) }
    }
    let join = RecordJoin<TextTally>(
      old: try shards(old), new: try shards(new), format: .jsonLines(key: ["id"]), limits: limits)
    let totals = try join.run(TextTally()) { change in
      switch change {
      case .gone(let line, let place):
        gone += 1
        let pair = try PairLine(line)
        try count(pair, .gone)
        try dropped.add(pair, place)
      case .added(let line, let place):
        fresh += 1
        let pair = try PairLine(line)
        try count(pair, .added)
        try added.add(pair, place)
      case .changed(let before, let after, let place):
        let (old, new) = (try PairLine(before), try PairLine(after))
        let (lost, gained) = old.difference(to: new)
        try count(lost, .gone)
        try count(gained, .added)
        try dropped.add(lost, place)
        try added.add(gained, place)
        changes.add(
          place,
          [
            .init(new.id.shortened), .init(lost.words, .gone), .init(gained.words, .added),
            .init(old.image == new.image ? "" : "\(old.image) → \(new.image)".shortened, .changed),
          ])
      }
    }
    let kept = totals.same + changes.count
    let parts = NumberWords.list([
      (kept, kept == 1 ? "pair kept" : "pairs kept"), (gone, "dropped"), (fresh, "new"),
      (changes.count, "with other texts or fields"),
    ])
    let isOrderOnly = gone + fresh + changes.count == 0
    difference.headline =
      isOrderOnly ? "the same \(NumberWords.many(kept, "pair")) in another order or other shards" : parts
    difference.counts = [
      .init("pairs before", totals.oldCount), .init("pairs after", totals.newCount), .init("pairs kept", kept),
      .init("pairs dropped", gone), .init("pairs new", fresh), .init("pairs changed", changes.count),
      .init("texts before", totals.old.total), .init("texts after", totals.new.total),
    ]
    difference.sections.append(languages(totals.old, totals.new, dropped, added, limits))
    if let byEntry, dropped.count + added.count > 0 { difference.sections.append(byEntry.section(limits)) }
    for (title, texts, mark) in [("Dropped", dropped, ArtifactDifference.Mark.gone), ("New", added, .added)]
    where texts.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          "\(title) texts", columns: ["pair", "language", "text"], rows: texts.rows(mark), omitted: texts.omitted))
    }
    if changes.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          "Changed pairs", columns: ["pair", "texts gone", "texts added", "image"], rows: changes.items,
          omitted: changes.omitted)
      )
    }
  }

  private static func languages(
    _ old: TextTally, _ new: TextTally, _ dropped: PairTexts, _ added: PairTexts, _ limits: DifferenceLimits
  ) -> ArtifactDifference.Section {
    let names = Set(old.languages.keys).union(new.languages.keys)
    let changed = names.filter { (dropped.languages[$0] ?? 0) + (added.languages[$0] ?? 0) > 0 }.sorted { a, b in
      let sizeA = (dropped.languages[a] ?? 0) + (added.languages[a] ?? 0)
      let sizeB = (dropped.languages[b] ?? 0) + (added.languages[b] ?? 0)
      return sizeA != sizeB ? sizeA > sizeB : a.utf8.lexicographicallyPrecedes(b.utf8)
    }
    return ArtifactDifference.Section(
      "Texts by language", columns: ["language", "before", "after", "change", "kept", "dropped", "new"],
      rows: changed.prefix(limits.rows).map { name in
        let (before, after) = (old.languages[name] ?? 0, new.languages[name] ?? 0)
        let (lost, gained) = (dropped.languages[name] ?? 0, added.languages[name] ?? 0)
        return [
          .init(name.isEmpty ? "(none)" : name.shortened), .init(NumberWords.whole(before)),
          .init(NumberWords.whole(after)),
          .init(NumberWords.change(Double(before), Double(after)), .changed),
          .init(NumberWords.whole(max(0, before - lost))),
          .init(NumberWords.whole(lost), lost > 0 ? .gone : .none),
          .init(NumberWords.whole(gained), gained > 0 ? .added : .none),
        ]
      }, omitted: max(0, changed.count - limits.rows),
      note: changed.count == names.count
        ? "" : "\(NumberWords.many(names.count - changed.count, "language")) without a change")
  }
}

/// Texts that are only in one side, by language, with examples.
private struct PairTexts {
  private(set) var languages: [String: Int] = [:]
  private var examples: Ranked<Place, [(pair: String, language: String, text: String)]>
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
    examples = Ranked(limit: limit)
  }

  var count: Int { languages.values.reduce(0, +) }

  mutating func add(_ pair: PairLine, _ place: Place) throws {
    guard !pair.texts.isEmpty else { return }
    for text in pair.texts { languages[text.language, default: 0] += 1 }
    examples.add(place, pair.texts.prefix(limit).map { (pair.id, $0.language, $0.text) })
  }

  func rows(_ mark: ArtifactDifference.Mark) -> [[ArtifactDifference.Cell]] {
    examples.items.joined().prefix(limit).map {
      [.init($0.pair.shortened), .init($0.language.shortened), .init($0.text.shortened, mark)]
    }
  }

  var omitted: Int { count - rows(.none).count }
}

/// Counts the texts of a side by language, without parsing lines as `PairsWriter` writes them.
struct TextTally: RecordTally {
  private(set) var total = 0
  private var short: [UInt64: Int] = [:]
  private var long: [String: Int] = [:]

  /// Texts by language; those without one under the empty name.
  var languages: [String: Int] {
    var languages = long
    for (code, count) in short {
      let bytes = withUnsafeBytes(of: code.littleEndian) { Array($0.prefix { $0 != 0 }) }
      languages[String(decoding: bytes, as: UTF8.self), default: 0] += count
    }
    return languages
  }

  mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws {
    guard let base = record.baseAddress else { return }
    var texts = 0
    var named = 0
    var position = 0
    // A quotation mark within a text has a backslash before it, so that `"text":"` is a field and nothing else.
    while let colon = memchr(base + position, 58, record.count - position).map({ UnsafeRawPointer($0) - base }) {
      position = colon + 1
      guard position < record.count, record[position] == UInt8(ascii: "\""), colon >= 6,
        record[colon - 1] == UInt8(ascii: "\"")
      else { continue }
      if Self.ends(record, colon, with: "\"text\"") {
        texts += 1
      } else if Self.ends(record, colon, with: "\"language\"") {
        let start = position + 1
        guard let end = memchr(base + start, 34, record.count - start).map({ UnsafeRawPointer($0) - base }) else {
          throw JSONLexer.Fault(description: "a string without end")
        }
        if end - start <= 8 {
          var code: UInt64 = 0
          for index in start..<end { code |= UInt64(record[index]) << UInt64(8 * (index - start)) }
          short[code, default: 0] += 1
        } else {
          long[String(decoding: record[start..<end], as: UTF8.self), default: 0] += 1
        }
        named += 1
        position = end
      }
    }
    // Lines that somebody else wrote, with spaces.
    guard texts > 0 || named > 0 else { return try parse(record) }
    total += texts
    if texts > named { short[0, default: 0] += texts - named }
  }

  @inline(__always)
  private static func ends(_ record: UnsafeRawBufferPointer, _ end: Int, with pattern: StaticString) -> Bool {
    let count = pattern.utf8CodeUnitCount
    guard end >= count, let base = record.baseAddress else { return false }
    return memcmp(base + end - count, pattern.utf8Start, count) == 0
  }

  private mutating func parse(_ record: UnsafeRawBufferPointer) throws {
    for text in try PairLine(record).texts {
      total += 1
      long[text.language, default: 0] += 1
    }
  }
}

/// A pair as its line has it.
struct PairLine {
  struct Text: Hashable {
    var text = ""
    var language = ""
    var field = ""
    var confidence = ""
  }

  var id = ""
  var image = ""
  var texts: [Text] = []

  init() {}

  /// - Throws: ``JSONLexer/Fault`` for a line that is no object.
  init(_ line: UnsafeRawBufferPointer) throws {
    guard case .object(let fields) = try JSONValue(parsing: line) else {
      throw JSONLexer.Fault(description: "it is no object")
    }
    for (key, value) in fields {
      switch (key, value) {
      case ("id", .string(let text)): id = text
      case ("image", .string(let text)): image = text
      case ("texts", .array(let elements)):
        texts = elements.map { element in
          func field(_ name: String) -> String {
            switch element[name] {
            case .string(let text)?, .number(let text)?: text
            default: ""
            }
          }
          return Text(
            text: field("text"), language: field("language"), field: field("field"), confidence: field("confidence"))
        }
      default: break
      }
    }
  }

  /// The texts that only one of both has.
  func difference(to other: PairLine) -> (lost: PairLine, gained: PairLine) {
    var (lost, gained) = (self, other)
    var left: [Text: Int] = [:]
    for text in other.texts { left[text, default: 0] += 1 }
    func take(_ text: Text) -> Bool {
      guard let count = left[text], count > 0 else { return false }
      left[text] = count - 1
      return true
    }
    lost.texts = texts.filter { !take($0) }
    // What is left over is new; of equal texts the last ones.
    gained.texts = Array(other.texts.reversed().filter(take).reversed())
    return (lost, gained)
  }

  /// The texts in words.
  var words: String { texts.map { "\($0.text) (\($0.language))" }.joined(separator: ", ").shortened }
}
