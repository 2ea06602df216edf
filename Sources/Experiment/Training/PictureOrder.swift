internal import Tensor

/// The order in which pictures are seen: every epoch another one.
struct PictureOrder {
  private let count: Int
  private let seed: UInt64
  private var rest: [Int] = []
  /// How many pictures were given out.
  private(set) var given = 0

  /// - Parameter given: how many pictures an earlier part of the training has taken; the order goes on behind them.
  init(count: Int, seed: UInt64, given: Int = 0) {
    self.count = count
    self.seed = seed
    self.given = given
    let taken = given % count
    if taken > 0 { rest = Array(order(of: given / count).dropLast(taken)) }
  }

  /// A picture's index, and the epoch that it belongs to, counted from 0.
  mutating func next() -> (index: Int, epoch: Int) {
    let epoch = given / count
    if rest.isEmpty { rest = order(of: epoch) }
    given += 1
    return (rest.removeLast(), epoch)
  }

  private func order(of epoch: Int) -> [Int] {
    var generator = CounterGenerator(seed, 0x6F72_6465, UInt64(epoch))
    var order = Array(0..<count)
    generator.shuffle(&order)
    return order
  }
}
