internal import FileFormats

/// What changed in text: lines that are gone and new, with their neighbours.
enum TextDifference {
  private static let context = 2
  /// Up to so many lines between the first and the last difference are aligned; more are only counted.
  private static let lineLimit = 200_000

  static func fill(
    _ difference: inout ArtifactDifference, _ old: MappedFile, _ new: MappedFile, _ limits: DifferenceLimits,
    title: String = ""
  ) throws {
    try fill(&difference, lines(old), lines(new), limits, title: title)
    for (file, bytes) in [(old, old.bytes), (new, new.bytes)] where bytes.validText == nil {
      throw file.fault("read text", "it is not UTF-8")
    }
  }

  private static func lines(_ file: MappedFile) -> [UnsafeRawBufferPointer] {
    var reader = LineReader(file)
    var lines: [UnsafeRawBufferPointer] = []
    while let line = reader.next() { lines.append(line) }
    return lines
  }

  static func fill(
    _ difference: inout ArtifactDifference, _ old: [UnsafeRawBufferPointer], _ new: [UnsafeRawBufferPointer],
    _ limits: DifferenceLimits, title: String = "", unit: String = "line"
  ) throws {
    var start = 0
    while start < old.count, start < new.count, old[start].hasBytes(of: new[start]) { start += 1 }
    var end = 0
    while end < old.count - start, end < new.count - start,
      old[old.count - 1 - end].hasBytes(of: new[new.count - 1 - end])
    {
      end += 1
    }
    let before = Array(old[start..<old.count - end])
    let after = Array(new[start..<new.count - end])
    let edits = LineAlignment.edits(before, after, lineLimit: lineLimit)
    let added = edits.count { $0.isNew }
    let gone = edits.count - added
    let prefix = title.isEmpty ? "" : title + ": "
    let parts = NumberWords.list([(added, "\(unit)\(added == 1 ? "" : "s") new"), (gone, "gone")])
    difference.headline = prefix + (parts.isEmpty ? "the end of the last line" : parts)
    difference.counts += [.init(prefix + "\(unit)s new", added), .init(prefix + "\(unit)s gone", gone)]
    var rows: [[ArtifactDifference.Cell]] = []
    var last = -1
    func line(_ bytes: UnsafeRawBufferPointer, _ sign: String, _ mark: ArtifactDifference.Mark) {
      rows.append([.init("\(sign) \(String(decoding: bytes.prefix(400), as: UTF8.self))", mark)])
    }
    for edit in edits.prefix(limits.rows) {
      let place = edit.oldLine + start
      let first = max(last, place - context, 0)
      if last >= 0, first > last { rows.append([.init("…")]) }
      for number in first..<max(first, place) where number < old.count { line(old[number], " ", .none) }
      line(edit.isNew ? after[edit.newLine] : before[edit.oldLine], edit.isNew ? "+" : "−", edit.isNew ? .added : .gone)
      last = edit.isNew ? place : place + 1
    }
    if last >= 0 {
      for number in last..<min(last + context, old.count) where edits.count <= limits.rows {
        line(old[number], " ", .none)
      }
    }
    difference.sections.append(
      ArtifactDifference.Section(
        prefix + unit.capitalizedFirst + "s", rows: rows, omitted: max(0, edits.count - limits.rows)))
  }
}

extension String {
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}

/// Which lines have to go and come to make one text of another.
enum LineAlignment {
  struct Edit {
    var isNew: Bool
    /// The line that is gone, or before which the new one stands.
    var oldLine: Int
    /// The new line; for a gone one the one before which it stood.
    var newLine: Int
  }

  /// Up to so many edits the fewest are looked for. Its square bounds the memory.
  private static let editLimit = 1500

  /// Source: Myers, An O(ND) Difference Algorithm and Its Variations, 1986. Where the texts differ in more lines than are aligned, every
  /// line that the other has not is an edit, and order does not count.
  static func edits(_ old: [UnsafeRawBufferPointer], _ new: [UnsafeRawBufferPointer], lineLimit: Int) -> [Edit] {
    guard !old.isEmpty, !new.isEmpty else {
      return old.indices.map { Edit(isNew: false, oldLine: $0, newLine: 0) }
        + new.indices.map { Edit(isNew: true, oldLine: 0, newLine: $0) }
    }
    let before = old.map(KeyHash.hash)
    let after = new.map(KeyHash.hash)
    guard old.count + new.count <= lineLimit, let found = shortest(before, after) else { return byCount(before, after) }
    return found
  }

  /// How far each diagonal −d…d reaches with d edits; −1 where none gets to.
  private struct Frontier {
    let edits: Int
    var reach: [Int32]

    init(edits: Int) {
      self.edits = edits
      reach = Array(repeating: -1, count: 2 * edits + 1)
    }

    subscript(diagonal: Int) -> Int { abs(diagonal) <= edits ? Int(reach[diagonal + edits]) : -1 }

    /// Where one more edit leads on a diagonal: a new line comes from the diagonal above, a line that is gone from the one below.
    func step(_ diagonal: Int, _ oldCount: Int, _ newCount: Int) -> (line: Int, isNew: Bool)? {
      let down = self[diagonal + 1]
      let right = self[diagonal - 1] < 0 ? -1 : self[diagonal - 1] + 1
      let canGoDown = down >= 0 && down - diagonal <= newCount
      let canGoRight = right >= 0 && right <= oldCount
      if canGoDown, !canGoRight || down >= right { return (down, true) }
      return canGoRight ? (right, false) : nil
    }
  }

  private static func shortest(_ old: [UInt64], _ new: [UInt64]) -> [Edit]? {
    let most = min(old.count + new.count, editLimit)
    var history: [Frontier] = []
    for edits in 0...most {
      var frontier = Frontier(edits: edits)
      for diagonal in stride(from: -edits, through: edits, by: 2) {
        guard var x = history.isEmpty ? 0 : history[edits - 1].step(diagonal, old.count, new.count)?.line else {
          continue
        }
        while x < old.count, x - diagonal < new.count, old[x] == new[x - diagonal] { x += 1 }
        frontier.reach[diagonal + edits] = Int32(x)
        if x == old.count, x - diagonal == new.count { return trace(history, diagonal, old.count, new.count) }
      }
      history.append(frontier)
    }
    return nil
  }

  private static func trace(_ history: [Frontier], _ last: Int, _ oldCount: Int, _ newCount: Int) -> [Edit] {
    var edits: [Edit] = []
    var diagonal = last
    for frontier in history.reversed() {
      guard let (line, isNew) = frontier.step(diagonal, oldCount, newCount) else { break }
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

  private static func byCount(_ old: [UInt64], _ new: [UInt64]) -> [Edit] {
    func left(_ lines: [UInt64], without others: [UInt64]) -> [Int] {
      var counts: [UInt64: Int] = [:]
      for line in others { counts[line, default: 0] += 1 }
      return lines.indices.filter { index in
        guard let count = counts[lines[index]], count > 0 else { return true }
        counts[lines[index]] = count - 1
        return false
      }
    }
    return left(old, without: new).map { Edit(isNew: false, oldLine: $0, newLine: 0) }
      + left(new, without: old).map { Edit(isNew: true, oldLine: old.count, newLine: $0) }
  }
}
