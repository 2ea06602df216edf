/// Finds the lines that must go and come to make one text of another.
enum LineAlignment {
  struct Edit {
    var isNew: Bool
    /// The line that is gone, or before which the new one stands.
    var oldLine: Int
    /// The new line; for a gone one the one before which it stood.
    var newLine: Int
  }

  /// The fewest edits are looked for up to this number; its square bounds the memory.
  private static let editLimit = 1500

  /// The fewest edits, in the order of the lines. Where the texts differ in more lines than are aligned, every line
  /// that the other has not is an edit, and order does not count.
  /// - Parameter lineLimit: the most lines of both texts that are aligned.
  ///
  /// Source: Myers, An O(ND) Difference Algorithm and Its Variations, 1986.
  static func edits(_ lines: Sides<[UnsafeRawBufferPointer]>, lineLimit: Int) -> [Edit] {
    guard !lines.old.isEmpty, !lines.new.isEmpty else {
      return lines.old.indices.map { Edit(isNew: false, oldLine: $0, newLine: 0) }
        + lines.new.indices.map { Edit(isNew: true, oldLine: 0, newLine: $0) }
    }
    let hashes = lines.map { $0.map(KeyHash.hash) }
    guard lines.old.count + lines.new.count <= lineLimit, let found = shortest(hashes) else { return byCount(hashes) }
    return found
  }

  /// The number of old lines that each diagonal −d…d has passed after d edits; −1 for a diagonal that none reaches.
  private struct Frontier {
    let edits: Int
    var reach: [Int32]

    init(edits: Int) {
      self.edits = edits
      reach = Array(repeating: -1, count: 2 * edits + 1)
    }

    subscript(diagonal: Int) -> Int { abs(diagonal) <= edits ? Int(reach[diagonal + edits]) : -1 }

    /// The line to which one more edit leads on a diagonal: a new line comes from the next diagonal, a line that is
    /// gone from the one before.
    func step(_ diagonal: Int, counts: Sides<Int>) -> (line: Int, isNew: Bool)? {
      let down = self[diagonal + 1]
      let right = self[diagonal - 1] < 0 ? -1 : self[diagonal - 1] + 1
      let canGoDown = down >= 0 && down - diagonal <= counts.new
      let canGoRight = right >= 0 && right <= counts.old
      if canGoDown, !canGoRight || down >= right { return (down, true) }
      return canGoRight ? (right, false) : nil
    }
  }

  private static func shortest(_ lines: Sides<[UInt64]>) -> [Edit]? {
    let (old, new) = (lines.old, lines.new)
    let counts = lines.map(\.count)
    var history: [Frontier] = []
    for edits in 0...min(old.count + new.count, editLimit) {
      var frontier = Frontier(edits: edits)
      for diagonal in stride(from: -edits, through: edits, by: 2) {
        guard var x = history.isEmpty ? 0 : history[edits - 1].step(diagonal, counts: counts)?.line else { continue }
        // Equal lines cost nothing.
        while x < old.count, x - diagonal < new.count, old[x] == new[x - diagonal] { x += 1 }
        frontier.reach[diagonal + edits] = Int32(x)
        if x == old.count, x - diagonal == new.count { return trace(history, from: diagonal, counts: counts) }
      }
      history.append(frontier)
    }
    return nil
  }

  /// The edits that led to the last diagonal.
  private static func trace(_ history: [Frontier], from last: Int, counts: Sides<Int>) -> [Edit] {
    var edits: [Edit] = []
    var diagonal = last
    for frontier in history.reversed() {
      guard let (line, isNew) = frontier.step(diagonal, counts: counts) else { break }
      if isNew {
        edits.append(Edit(isNew: true, oldLine: line, newLine: line - diagonal - 1))
        diagonal += 1
      } else {
        edits.append(Edit(isNew: false, oldLine: line - 1, newLine: line - diagonal))
        diagonal -= 1
      }
    }
    return edits.reversed()
  }

  private static func byCount(_ lines: Sides<[UInt64]>) -> [Edit] {
    func left(_ lines: [UInt64], without others: [UInt64]) -> [Int] {
      var counts: [UInt64: Int] = [:]
      for line in others { counts[line, default: 0] += 1 }
      return lines.indices.filter { index in
        guard let count = counts[lines[index]], count > 0 else { return true }
        counts[lines[index]] = count - 1
        return false
      }
    }
    return left(lines.old, without: lines.new).map { Edit(isNew: false, oldLine: $0, newLine: 0) }
      + left(lines.new, without: lines.old).map { Edit(isNew: true, oldLine: lines.old.count, newLine: $0) }
  }
}
