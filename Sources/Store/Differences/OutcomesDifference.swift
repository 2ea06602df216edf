internal import Core
internal import FileFormats
internal import TextFormatting

/// The changes in `outcomes/1`: by task and language the items that are right at the first place, and those that were
/// won and lost.
///
/// An item is `{"task":"classification","language":"de","item":"1f436","picture":"1f436","place":3,"of":1369}`.
struct OutcomesDifference {
  private static let keyFields = ["task", "language", "item"]
  private static let fields = keyFields + ["place"]

  /// A task in a language.
  private struct Group: Hashable, Comparable {
    let task: String
    let language: String

    init(_ record: JSONRecord) {
      task = record.text("task").shortened
      language = record.text("language").shortened
    }

    static func < (a: Group, b: Group) -> Bool { (a.task, a.language) < (b.task, b.language) }
  }

  /// Counts the items of each group, and those at the first place.
  private struct Firsts: RecordTally {
    private(set) var items: [Group: Int] = [:]
    private(set) var right: [Group: Int] = [:]

    mutating func add(_ record: UnsafeRawBufferPointer, file: Int) throws {
      let found = try JSONRecord(record, fields)
      let group = Group(found)
      items[group, default: 0] += 1
      if found.number("place") == 0 { right[group, default: 0] += 1 }
    }

    /// The share of right items; empty without any item.
    func share(_ group: Group) -> String {
      items[group].map { NumberText.share(Double(right[group] ?? 0) / Double($0)) } ?? ""
    }
  }

  private let limits: DifferenceLimits
  private var won: [Group: Int] = [:]
  private var lost: [Group: Int] = [:]
  private var (added, gone, changed) = (0, 0, 0)
  private var movers: Ranked<Pair<Int, RecordLocation>, ArtifactDifference.Row>

  private init(limits: DifferenceLimits) {
    self.limits = limits
    movers = Ranked(limit: limits.rows)
  }

  static func of(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    var work = OutcomesDifference(limits: limits)
    let join = RecordJoin<Firsts>(files: files.map { [$0] }, format: .jsonLines(key: keyFields), limits: limits)
    let totals = try join.run(Firsts()) { change in
      switch change {
      case .added: work.added += 1
      case .gone: work.gone += 1
      case .changed(let lines, let location): try work.add(lines, at: location)
      }
    }
    return work.finding(totals.tallies)
  }

  private mutating func add(_ lines: Sides<UnsafeRawBufferPointer>, at location: RecordLocation) throws {
    changed += 1
    let records = try lines.map { try JSONRecord($0, Self.fields) }
    let places = records.map { $0.number("place").flatMap { Int(exactly: $0) } }
    guard let from = places.old, let to = places.new else { return }
    if from != 0, to == 0 { won[Group(records.new), default: 0] += 1 }
    if from == 0, to != 0 { lost[Group(records.new), default: 0] += 1 }

    // Places in a damaged file may be of any size.
    let (distance, overflow) = to.subtractingReportingOverflow(from)
    movers.add(
      Pair(overflow || distance == .min ? .min : -abs(distance), location),
      Self.keyFields.map { .init(records.new.text($0).shortened) } + [
        .init(NumberText.integer(from), .gone), .init(NumberText.integer(to), .added),
      ])
  }

  private func finding(_ firsts: Sides<Firsts>) -> Finding {
    let (allWon, allLost) = (won.values.reduce(0, +), lost.values.reduce(0, +))
    let parts = NumberWords.list([
      (changed, "items at another place"), (allWon, "of them won"), (allLost, "lost"), (added, "new"), (gone, "gone"),
    ])
    var finding = Finding(
      headline: added + gone + changed == 0 ? "the same outcomes in another order" : parts,
      counts: [
        .init("items at another place", changed), .init("items won", allWon), .init("items lost", allLost),
        .init("items new", added), .init("items gone", gone),
      ])

    let groups = Set(firsts.old.items.keys).union(firsts.new.items.keys).sorted().filter {
      firsts.old.right[$0] != firsts.new.right[$0] || won[$0] != nil || lost[$0] != nil
    }
    finding.sections.append(
      ArtifactDifference.Section(
        "Right at the first place", columns: ["task", "language", "items", "before", "after", "won", "lost"],
        firstOf: groups.map { group in
          [
            .init(group.task), .init(group.language), .count(firsts.new.items[group] ?? 0),
            .init(firsts.old.share(group), .gone), .init(firsts.new.share(group), .added), .count(won[group] ?? 0),
            .count(lost[group] ?? 0),
          ]
        }, limits: limits))
    finding.add(
      ArtifactDifference.Section(
        "Largest movers", columns: ["task", "language", "item", "place before", "after"], ranked: movers,
        note: "place: the number of wrong answers that came first"))
    return finding
  }
}
