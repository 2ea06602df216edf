/// Rows of two tables that differ, collected for showing: which are new or gone, and which numbers changed by how much.
struct RowChanges {
  private struct Column {
    var changed = 0
    var outside = 0
    var inside = 0
    var largest = 0.0
    var largestWords = ""
    var sum = 0.0
    var numbers = 0
  }

  let columns: [String]
  let keys: [Int]
  /// For a column the columns of its interval's ends.
  private let intervals: [Int: (low: Int, high: Int)]
  private let limits: DifferenceLimits
  private(set) var added = 0
  private(set) var gone = 0
  private(set) var changed = 0
  private var byColumn: [Int: Column] = [:]
  private var cells: Ranked<Position, [ArtifactDifference.Cell]>
  private var others: Ranked<Position, [ArtifactDifference.Cell]>

  /// Where something stands: changes first, then rows that are gone, then new ones.
  struct Position: Comparable {
    var kind: Int
    var row: Place
    var column = 0
    static func < (a: Position, b: Position) -> Bool { (a.kind, a.row, a.column) < (b.kind, b.row, b.column) }
  }

  init(columns: [String], keys: [Int], limits: DifferenceLimits) {
    self.columns = columns
    self.keys = keys
    self.limits = limits
    intervals = Self.intervals(columns)
    cells = Ranked(limit: limits.rows)
    others = Ranked(limit: limits.rows)
  }

  /// Columns `accuracy_low` and `accuracy_high`, or `low` and `high` for the column before them.
  static func intervals(_ columns: [String]) -> [Int: (low: Int, high: Int)] {
    var found: [Int: (low: Int, high: Int)] = [:]
    let names = columns.map { $0.lowercased() }
    for (column, name) in names.enumerated() {
      for (low, high) in [("low", "high"), ("lower", "upper"), ("ci_low", "ci_high")] {
        for separator in [" ", "_", "-", "."] {
          if let low = names.firstIndex(of: name + separator + low),
            let high = names.firstIndex(of: name + separator + high)
          {
            found[column] = (low, high)
          }
        }
        if column + 2 < names.count, [names[column + 1], names[column + 2]] == [low, high] {
          found[column] = (column + 1, column + 2)
        }
      }
    }
    return found
  }

  mutating func addRow(_ row: [Grid.Cell], at place: Place, isNew: Bool) {
    if isNew { added += 1 } else { gone += 1 }
    others.add(
      Position(kind: isNew ? 2 : 1, row: place),
      [.init(isNew ? "new" : "gone", isNew ? .added : .gone)]
        + columns.indices.map { .init($0 < row.count ? row[$0].words : "") }
    )
  }

  /// Compares two rows of the same key.
  /// - Returns: whether anything but how it is written differs.
  @discardableResult
  mutating func compare(_ old: [Grid.Cell], _ new: [Grid.Cell], at place: Place) -> Bool {
    var differs = false
    for column in columns.indices where !keys.contains(column) {
      let before = column < old.count ? old[column] : .empty
      let after = column < new.count ? new[column] : .empty
      if before.isSame(as: after) { continue }
      differs = true
      var change = ""
      var verdict = ArtifactDifference.Cell("")
      byColumn[column, default: Column()].changed += 1
      if case .number(let a, var low, var high, _) = before, case .number(let b, _, _, _) = after {
        if let ends = intervals[column], max(ends.low, ends.high) < old.count {
          if case .number(let value, _, _, _) = old[ends.low] { low = value }
          if case .number(let value, _, _, _) = old[ends.high] { high = value }
        }
        change = NumberWords.change(a, b)
        if change.isEmpty { change = (b >= a ? "+" : "") + NumberWords.short(b - a) }
        note(column, a, b, change)
        if let low, let high {
          let isOutside = b < low || b > high
          verdict = isOutside ? .init("outside", .outside) : .init("inside")
          byColumn[column]?.outside += isOutside ? 1 : 0
          byColumn[column]?.inside += isOutside ? 0 : 1
        }
      }
      let name = keys.map { $0 < new.count ? new[$0].words : "" }.joined(separator: " · ")
      cells.add(
        Position(kind: 0, row: place, column: column),
        [
          .init(name), .init(columns[column].shortened), .init(before.words, .gone), .init(after.words, .added),
          .init(change, .changed), verdict,
        ])
    }
    if differs { changed += 1 }
    return differs
  }

  private mutating func note(_ column: Int, _ a: Double, _ b: Double, _ words: String) {
    let size = a == 0 ? abs(b) : abs((b - a) / a)
    guard size.isFinite else { return }
    byColumn[column]?.numbers += 1
    byColumn[column]?.sum += b - a
    if size >= byColumn[column]?.largest ?? 0 {
      byColumn[column]?.largest = size
      byColumn[column]?.largestWords = words
    }
  }

  /// Rows outside the old interval, over all columns.
  var outside: Int { byColumn.values.reduce(0) { $0 + $1.outside } }
  private var inside: Int { byColumn.values.reduce(0) { $0 + $1.inside } }

  /// Completes a difference: headline, counts and sections.
  /// - Parameter title: goes before the sections' titles where a file of several is meant.
  func fill(_ difference: inout ArtifactDifference, title: String = "") {
    let parts = NumberWords.list([
      (changed, changed == 1 ? "row changed" : "rows changed"), (added, "new"), (gone, "gone"),
    ])
    var headline = parts.isEmpty ? "the same rows in another order or writing" : parts
    if outside + inside > 0 {
      headline +=
        "; \(NumberWords.whole(outside)) of \(NumberWords.many(outside + inside, "number")) outside the old interval"
    }
    let prefix = title.isEmpty ? "" : title + ": "
    difference.headline = prefix + headline
    difference.counts += [
      .init(prefix + "rows changed", changed), .init(prefix + "rows new", added), .init(prefix + "rows gone", gone),
      .init(prefix + "numbers outside the old interval", outside),
    ]
    let sorted = byColumn.sorted { $0.key < $1.key }
    if sorted.count > 1 || changed > limits.rows {
      difference.sections.append(
        ArtifactDifference.Section(
          prefix + "By column", columns: ["column", "rows changed", "mean change", "largest", "outside the interval"],
          rows: sorted.map { column, found in
            [
              .init(columns[column].shortened), .init(NumberWords.whole(found.changed)),
              .init(found.numbers > 0 ? NumberWords.short(found.sum / Double(found.numbers)) : ""),
              .init(found.largestWords, .changed),
              found.outside + found.inside > 0
                ? .init(NumberWords.whole(found.outside), found.outside > 0 ? .outside : .none) : .init(""),
            ]
          }))
    }
    if cells.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          prefix + "Changed cells",
          columns: [
            keys.isEmpty ? "row" : keys.map { columns[$0].shortened }.joined(separator: " · "), "column", "before",
            "after",
            "change", "interval",
          ],
          rows: cells.items, omitted: cells.omitted))
    }
    if others.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          prefix + "Rows new and gone", columns: [""] + columns.map(\.shortened), rows: others.items,
          omitted: others.omitted))
    }
  }
}
