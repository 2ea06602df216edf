internal import Core

/// What changed in `outcomes/1`: by task and language how many items are right at the first place, and which were won and lost.
///
/// An item is `{"task":"classification","language":"de","item":"1f436","picture":"1f436","place":3,"of":1369}`.
enum OutcomesDifference {
  private static let fields = ["task", "language", "item", "place"]

  /// Items and those at the first place by task and language.
  private struct Firsts: RecordTally {
    var items: [String: Int] = [:]
    var right: [String: Int] = [:]

    mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws {
      let found = try JSONRecord(record, fields)
      let name = OutcomesDifference.name(found)
      items[name, default: 0] += 1
      if found.number(3) == 0 { right[name, default: 0] += 1 }
    }
  }

  private static func name(_ record: JSONRecord) -> String {
    "\(record.text(0).shortened)\u{1F}\(record.text(1).shortened)"
  }

  static func fill(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits
  ) throws {
    var won: [String: Int] = [:]
    var lost: [String: Int] = [:]
    var (added, gone, changed) = (0, 0, 0)
    var movers = Ranked<Pair<Int, Place>, [ArtifactDifference.Cell]>(limit: limits.rows)
    let join = RecordJoin<Firsts>(
      old: [old], new: [new], format: .jsonLines(key: Array(fields.prefix(3))), limits: limits)
    let totals = try join.run(Firsts()) { change in
      switch change {
      case .added: added += 1
      case .gone: gone += 1
      case .changed(let before, let after, let place):
        changed += 1
        let (a, b) = (try JSONRecord(before, fields), try JSONRecord(after, fields))
        guard let from = a.number(3).flatMap({ Int(exactly: $0) }), let to = b.number(3).flatMap({ Int(exactly: $0) })
        else {
          return
        }
        if from != 0, to == 0 { won[name(b), default: 0] += 1 }
        if from == 0, to != 0 { lost[name(b), default: 0] += 1 }
        let (distance, overflow) = to.subtractingReportingOverflow(from)
        movers.add(
          Pair(overflow || distance == .min ? .min : -abs(distance), place),
          [
            .init(b.text(0).shortened), .init(b.text(1).shortened), .init(b.text(2).shortened),
            .init(NumberWords.whole(from), .gone),
            .init(NumberWords.whole(to), .added),
          ])
      }
    }
    let (allWon, allLost) = (won.values.reduce(0, +), lost.values.reduce(0, +))
    difference.headline =
      added + gone + changed == 0
      ? "the same outcomes in another order"
      : NumberWords.list([
        (changed, "items at another place"), (allWon, "of them won"), (allLost, "lost"), (added, "new"), (gone, "gone"),
      ])
    difference.counts = [
      .init("items at another place", changed), .init("items won", allWon), .init("items lost", allLost),
      .init("items new", added),
      .init("items gone", gone),
    ]
    let names = Set(totals.old.items.keys).union(totals.new.items.keys).sorted()
    let rows = names.filter { totals.old.right[$0] != totals.new.right[$0] || won[$0] != nil || lost[$0] != nil }
    difference.sections.append(
      ArtifactDifference.Section(
        "Right at the first place", columns: ["task", "language", "items", "before", "after", "won", "lost"],
        rows: rows.prefix(limits.rows).map { name in
          let parts = name.split(separator: "\u{1F}", maxSplits: 1, omittingEmptySubsequences: false)
          func share(_ side: Firsts) -> String {
            guard let items = side.items[name] else { return "" }
            return NumberWords.short(Double(side.right[name] ?? 0) / Double(items) * 100) + " %"
          }
          return [
            .init(String(parts[0])), .init(String(parts[1])), .init(NumberWords.whole(totals.new.items[name] ?? 0)),
            .init(share(totals.old), .gone), .init(share(totals.new), .added), .init(NumberWords.whole(won[name] ?? 0)),
            .init(NumberWords.whole(lost[name] ?? 0)),
          ]
        }, omitted: max(0, rows.count - limits.rows)))
    if movers.count > 0 {
      difference.sections.append(
        ArtifactDifference.Section(
          "Largest movers", columns: ["task", "language", "item", "place before", "after"], rows: movers.items,
          omitted: movers.omitted,
          note: "how many wrong answers came first"))
    }
  }
}
