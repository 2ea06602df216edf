/// The first so many of all items, by rank; what is kept does not depend on the order in which they come.
struct Ranked<Rank: Comparable, Item> {
  /// How many items came.
  private(set) var count = 0
  private let limit: Int
  private var kept: [(rank: Rank, item: Item)] = []

  init(limit: Int) { self.limit = limit }

  /// - Parameter item: made only when it is kept.
  mutating func add(_ rank: Rank, _ item: @autoclosure () throws -> Item) rethrows {
    count += 1
    guard limit > 0 else { return }
    if kept.count >= limit {
      guard let last = kept.last, rank < last.rank else { return }
      kept.removeLast()
    }
    // Mostly in order already, so that the place is looked for from the end.
    var place = kept.count
    while place > 0, rank < kept[place - 1].rank { place -= 1 }
    kept.insert((rank, try item()), at: place)
  }

  /// The items by rank.
  var items: [Item] { kept.map(\.item) }

  /// How many items were not kept.
  var omitted: Int { count - kept.count }
}
