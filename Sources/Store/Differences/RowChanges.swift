internal import TextFormatting

/// Rows of two tables that differ, collected for showing: new ones, gone ones, and numbers with their changes.
struct RowChanges {
  /// The changes in a column.
  private struct Column {
    var changed = 0
    var outside = 0
    var inside = 0
    var largest = 0.0
    var largestWords = ""
    var sum = 0.0
    var numbers = 0

    mutating func note(_ old: Double, _ new: Double) {
      let size = old == 0 ? abs(new) : abs((new - old) / old)
      guard size.isFinite else { return }
      numbers += 1
      sum += new - old
      if size >= largest {
        largest = size
        largestWords = RowChanges.change(old, new)
      }
    }
  }

  /// The columns of the ends of another column's intervals.
  private struct Ends {
    let low: Int
    let high: Int
  }

  private let columns: [String]
  private let keys: [Int]
  private let intervals: [Int: Ends]
  private let limits: DifferenceLimits
  private var added = 0
  private var gone = 0
  private var changed = 0
  private var byColumn: [Int: Column] = [:]
  private var cells: Ranked<Position, ArtifactDifference.Row>
  private var others: Ranked<Position, ArtifactDifference.Row>

  /// The place of a change in the order of showing: changes first, then rows that are gone, then new ones.
  struct Position: Comparable {
    enum Kind: Int { case changed, gone, new }

    let kind: Kind
    let row: RecordLocation
    var column = 0

    static func < (a: Position, b: Position) -> Bool {
      (a.kind.rawValue, a.row, a.column) < (b.kind.rawValue, b.row, b.column)
    }
  }

  /// - Parameters:
  ///   - columns: the names of both sides' columns.
  ///   - keys: the columns that name a row.
  init(columns: [String], keys: [Int], limits: DifferenceLimits) {
    self.columns = columns
    self.keys = keys
    self.limits = limits
    intervals = Self.intervals(columns)
    cells = Ranked(limit: limits.rows)
    others = Ranked(limit: limits.rows)
  }

  /// Columns `accuracy_low` and `accuracy_high`, or `low` and `high` for the column before them.
  private static func intervals(_ columns: [String]) -> [Int: Ends] {
    var found: [Int: Ends] = [:]
    let names = columns.map { $0.lowercased() }
    for (column, name) in names.enumerated() {
      for (low, high) in [("low", "high"), ("lower", "upper"), ("ci_low", "ci_high")] {
        for separator in [" ", "_", "-", "."] {
          if let low = names.firstIndex(of: name + separator + low),
            let high = names.firstIndex(of: name + separator + high)
          {
            found[column] = Ends(low: low, high: high)
          }
        }
        if column + 2 < names.count, [names[column + 1], names[column + 2]] == [low, high] {
          found[column] = Ends(low: column + 1, high: column + 2)
        }
      }
    }
    return found
  }

  mutating func addRow(_ row: [Grid.Cell], at location: RecordLocation, isNew: Bool) {
    if isNew { added += 1 } else { gone += 1 }
    let kind = ArtifactDifference.Cell(isNew ? "new" : "gone", isNew ? .added : .gone)
    others.add(
      Position(kind: isNew ? .new : .gone, row: location),
      [kind] + columns.indices.map { .init($0 < row.count ? row[$0].words : "") })
  }

  /// Compares two rows of the same key.
  mutating func compare(_ rows: Sides<[Grid.Cell]>, at location: RecordLocation) {
    var differs = false
    for column in columns.indices where !keys.contains(column) {
      let pair = rows.map { column < $0.count ? $0[column] : Grid.Cell.empty }
      if pair.old.isSame(as: pair.new) { continue }
      differs = true
      let verdict = note(pair, in: column, of: rows.old)
      // Most changes of a large table are not kept: the words are made only for those that are.
      cells.add(
        Position(kind: .changed, row: location, column: column),
        [
          .init(Self.name(of: rows.new, keys: keys)), .init(columns[column].shortened),
          .init(pair.old.words, .gone), .init(pair.new.words, .added), .init(Self.change(pair), .changed), verdict,
        ])
    }
    if differs { changed += 1 }
  }

  /// Counts a change in a column.
  /// - Parameter row: the old row, which may have the interval of its numbers in other columns.
  /// - Returns: the new number's place in the old one's interval; empty where there is none.
  private mutating func note(
    _ pair: Sides<Grid.Cell>, in column: Int, of row: [Grid.Cell]
  ) -> ArtifactDifference.Cell {
    byColumn[column, default: Column()].changed += 1
    guard case .number(let old, var low, var high, _) = pair.old, let new = pair.new.number else {
      return .init("")
    }

    byColumn[column]?.note(old, new)

    if let ends = intervals[column], max(ends.low, ends.high) < row.count {
      low = row[ends.low].number ?? low
      high = row[ends.high].number ?? high
    }
    guard let low, let high else { return .init("") }
    let isOutside = new < low || new > high
    byColumn[column]?.outside += isOutside ? 1 : 0
    byColumn[column]?.inside += isOutside ? 0 : 1
    return isOutside ? .init("outside", .outside) : .init("inside")
  }

  private static func name(of row: [Grid.Cell], keys: [Int]) -> String {
    keys.map { $0 < row.count ? row[$0].words : "" }.joined(separator: " · ")
  }

  /// The change between two numbers in words; empty unless both cells are numbers.
  private static func change(_ pair: Sides<Grid.Cell>) -> String {
    guard let old = pair.old.number, let new = pair.new.number else { return "" }
    return change(old, new)
  }

  /// The relative change, or the absolute one where there is none, such as from 0.
  private static func change(_ old: Double, _ new: Double) -> String {
    let change = NumberWords.change(old, new)
    return change.isEmpty ? (new >= old ? "+" : "") + NumberText.significant(new - old) : change
  }

  /// All changes as a finding.
  /// - Parameter sections: sections that come first.
  func finding(after sections: [ArtifactDifference.Section] = []) -> Finding {
    let parts = NumberWords.list([
      (changed, changed == 1 ? "row changed" : "rows changed"), (added, "new"), (gone, "gone"),
    ])
    var headline = parts.isEmpty ? "the same rows in another order or writing" : parts
    let outside = byColumn.values.reduce(0) { $0 + $1.outside }
    let withInterval = byColumn.values.reduce(outside) { $0 + $1.inside }
    if withInterval > 0 {
      headline += "; \(NumberText.integer(outside)) of \(NumberText.count(withInterval, "number"))"
      headline += " outside the old interval"
    }

    var finding = Finding(
      headline: headline,
      counts: [
        .init("rows changed", changed), .init("rows new", added), .init("rows gone", gone),
        .init("numbers outside the old interval", outside),
      ],
      sections: sections)
    if byColumn.count > 1 || changed > limits.rows { finding.add(columnSection) }
    let key = keys.isEmpty ? "row" : keys.map { columns[$0].shortened }.joined(separator: " · ")
    finding.add(
      ArtifactDifference.Section(
        "Changed cells", columns: [key, "column", "before", "after", "change", "interval"], ranked: cells))
    finding.add(
      ArtifactDifference.Section("Rows new and gone", columns: [""] + columns.map(\.shortened), ranked: others))
    return finding
  }

  private var columnSection: ArtifactDifference.Section {
    ArtifactDifference.Section(
      "By column", columns: ["column", "rows changed", "mean change", "largest", "outside the interval"],
      rows: byColumn.sorted { $0.key < $1.key }.map { column, found in
        [
          .init(columns[column].shortened), .count(found.changed),
          .number(found.numbers > 0 ? found.sum / Double(found.numbers) : nil), .init(found.largestWords, .changed),
          found.outside + found.inside > 0 ? .count(found.outside, .outside) : .init(""),
        ]
      })
  }
}
