/// The first items by rank, up to a number; those that are kept do not depend on the order in which all come.
struct Ranked<Rank: Comparable, Item> {
  /// The number of all items.
  private(set) var count = 0
  private let limit: Int
  private var kept: [(rank: Rank, item: Item)] = []

  /// - Parameter limit: the number of items that are kept.
  init(limit: Int) { self.limit = limit }

  /// - Parameter item: made only when it is kept.
  mutating func add(_ rank: Rank, _ item: @autoclosure () throws -> Item) rethrows {
    count += 1
    guard limit > 0 else { return }
    if kept.count >= limit {
      guard let last = kept.last, rank < last.rank else { return }
      kept.removeLast()
    }
    // Mostly in order already, so that the search begins at the end.
    var position = kept.count
    while position > 0, rank < kept[position - 1].rank { position -= 1 }
    kept.insert((rank, try item()), at: position)
  }

  /// The items by rank.
  var items: [Item] { kept.map(\.item) }

  /// The number of items that were not kept.
  var omitted: Int { count - kept.count }
}

/// Two values that are ordered by the first, then by the second.
struct Pair<First: Comparable, Second: Comparable>: Comparable {
  let first: First
  let second: Second

  init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  static func < (a: Pair, b: Pair) -> Bool { a.first != b.first ? a.first < b.first : a.second < b.second }
}
