internal import Glibc

/// The most probable label of a hidden vector, with the arithmetic of fastText 0.9.2 in single precision.
///
/// Source: Joulin, Grave, Bojanowski, Mikolov, “Bag of tricks for efficient text classification”, 2016, §2.1.
struct FastTextClassifier: Sendable {
  private struct Node {
    var left: Int32 = -1
    var right: Int32 = -1
    var count: Int64 = 1_000_000_000_000_000
  }

  private let weights: [SIMD16<Float>]
  /// The number of 16-element blocks of a row.
  private let blocks: Int
  /// The number of labels.
  private let labels: Int
  private let loss: FastTextFile.Loss
  /// The tree of labels: leaves and then inner nodes, the root last; empty unless the softmax is hierarchical.
  private let tree: [Node]
  private let sigmoids: [Float]

  init(_ file: FastTextFile) {
    weights = file.output.padded()
    blocks = (file.dimension + 15) / 16
    labels = file.labels.count
    loss = file.loss
    tree = file.loss == .hierarchicalSoftmax ? Self.tree(file.labelCounts) : []
    sigmoids = (0...512).map { 1 / (1 + exp(-(Float($0 * 16) / 512 - 8))) }
  }

  /// The most probable label and its probability; `nil` when all are below fastText's smallest, or rows have elements
  /// that are not numbers.
  /// - Parameter hidden: the hidden vector, padded to the next 16 elements.
  func best(_ hidden: UnsafePointer<SIMD16<Float>>) -> (label: Int, probability: Float)? {
    let found: (label: Int, score: Float)?
    if loss == .hierarchicalSoftmax {
      var search = Search(bound: bound(hidden))
      visit(2 * labels - 2, score: 0, hidden, search: &search)
      found = search.best
    } else {
      found = flat(hidden)
    }

    // Damaged rows lead to a score that is no number.
    return found.flatMap { $0.score.isNaN ? nil : ($0.label, exp($0.score)) }
  }

  @inline(__always)
  private func dot(_ row: Int, _ hidden: UnsafePointer<SIMD16<Float>>) -> Float {
    weights.withUnsafeBufferPointer { weights in
      var total = SIMD16<Float>.zero
      for block in 0..<blocks { total += weights[row * blocks + block] * hidden[block] }
      return total.sum()
    }
  }

  /// fastText's logarithm, which knows no probability below 1e-5.
  @inline(__always)
  private static func logarithm(_ value: Float) -> Float { Float(log(Double(value) + 1e-5)) }

  // MARK: The tree of labels

  private struct Search {
    /// No leaf with a lower score can be the best.
    var bound: Float
    var best: (label: Int, score: Float)?
  }

  /// The probability of going right at an inner node.
  @inline(__always)
  private func right(_ node: Int, _ hidden: UnsafePointer<SIMD16<Float>>) -> Float {
    Float(1 / Double(1 + expf(-dot(node - labels, hidden))))
  }

  /// Slightly less than the score of the leaf that the more probable branches lead to. The margin is more than the
  /// 1e-5 in the logarithms adds on the way down.
  private func bound(_ hidden: UnsafePointer<SIMD16<Float>>) -> Float {
    var node = 2 * labels - 2
    var score: Float = 0
    while node >= labels {
      let f = right(node, hidden)
      score += Self.logarithm(max(f, Float(1 - Double(f))))
      node = Int(f > 0.5 ? tree[node].right : tree[node].left)
    }
    return score - 0.01
  }

  /// Searches the tree inside a node, depth first and left before right, as fastText does; of equal leaves the last
  /// counts.
  private func visit(
    _ node: Int, score: Float, _ hidden: UnsafePointer<SIMD16<Float>>, search: inout Search
  ) {
    if score < search.bound || score < Self.lowest { return }
    if let best = search.best, score < best.score { return }
    guard node >= labels else {
      search.best = (node, score)
      return
    }
    let f = right(node, hidden)
    visit(Int(tree[node].left), score: score + Self.logarithm(Float(1 - Double(f))), hidden, search: &search)
    visit(Int(tree[node].right), score: score + Self.logarithm(f), hidden, search: &search)
  }

  private static let lowest = logarithm(0)

  /// Huffman's tree over labels in descending order of their counts.
  private static func tree(_ counts: [Int64]) -> [Node] {
    let labels = counts.count
    var tree = [Node](repeating: Node(), count: 2 * labels - 1)
    for (label, count) in counts.enumerated() { tree[label].count = count }

    // Leaves from the rarest on and inner nodes in the order of their making are both ascending: the rarer of the two
    // first ones is next.
    var leaf = labels - 1
    var inner = labels
    for node in labels..<max(labels, 2 * labels - 1) {
      func next() -> Int32 {
        if leaf >= 0, tree[leaf].count < tree[inner].count {
          leaf -= 1
          return Int32(leaf + 1)
        }
        inner += 1
        return Int32(inner - 1)
      }

      tree[node].left = next()
      tree[node].right = next()
      tree[node].count = tree[Int(tree[node].left)].count &+ tree[Int(tree[node].right)].count
    }
    return tree
  }

  // MARK: Every label by itself

  /// The label with the highest score; of equal ones the last.
  private func flat(_ hidden: UnsafePointer<SIMD16<Float>>) -> (label: Int, score: Float)? {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: labels) { output in
      for label in 0..<labels { output[label] = dot(label, hidden) }
      if loss == .softmax {
        let highest = output.max() ?? 0
        var total: Float = 0
        for label in 0..<labels {
          output[label] = expf(output[label] - highest)
          total += output[label]
        }
        for label in 0..<labels { output[label] /= total }
      } else {
        for label in 0..<labels { output[label] = sigmoid(output[label]) }
      }

      var best: (label: Int, score: Float, probability: Float)?
      for label in 0..<labels where output[label] >= 0 {
        // A clearly smaller probability needs no logarithm.
        if let best, output[label] < best.probability * 0.999 { continue }
        let score = Self.logarithm(output[label])
        if let best, score < best.score { continue }
        best = (label, score, output[label])
      }
      return best.map { ($0.label, $0.score) }
    }
  }

  /// fastText's table of 512 steps from −8 to 8.
  private func sigmoid(_ value: Float) -> Float {
    if value < -8 { return 0 }
    if value > 8 { return 1 }
    return value.isNaN ? value : sigmoids[Int((value + 8) * 512 / 8 / 2)]
  }
}
