internal import Tensor

/// The order in which pictures are seen, another one in every epoch.
struct PictureOrder {
  private let count: Int
  private let seed: UInt64
  private var rest: [Int] = []
  /// The number of pictures that were taken from the order.
  private(set) var given = 0

  /// - Parameter given: the number of pictures that an earlier part of the training has taken; the order continues
  ///   after them.
  init(count: Int, seed: UInt64, given: Int = 0) {
    self.count = count
    self.seed = seed
    self.given = given
    let taken = given % count
    if taken > 0 { rest = Array(order(of: given / count).dropLast(taken)) }
  }

  /// The next picture's index, and the epoch that it belongs to, counted from 0.
  mutating func next() -> (index: Int, epoch: Int) {
    let epoch = given / count
    if rest.isEmpty { rest = order(of: epoch) }
    given += 1
    return (rest.removeLast(), epoch)
  }

  private func order(of epoch: Int) -> [Int] {
    var generator = CounterGenerator(seed, for: .pictureOrder, UInt64(epoch))
    var order = Array(0..<count)
    generator.shuffle(&order)
    return order
  }
}
