internal import FileFormats

/// The changes in text: lines that are gone and new, with their neighbours.
enum TextDifference {
  /// The number of lines that are shown before and after a change.
  private static let context = 2
  /// More lines than these between the first and the last difference are only counted, not aligned.
  private static let lineLimit = 200_000

  /// - Throws: ``OperationError`` when a file is not UTF-8.
  static func of(_ files: Sides<MappedBytes>, limits: DifferenceLimits) throws -> Finding {
    for file in files.both where file.bytes.validText == nil { throw file.fault("read text", cause: "it is not UTF-8") }
    return of(files.map(lines), unit: "line", limits: limits)
  }

  private static func lines(_ file: MappedBytes) -> [UnsafeRawBufferPointer] {
    var reader = MappedLines(file)
    var lines: [UnsafeRawBufferPointer] = []
    while let line = reader.next() { lines.append(line) }
    return lines
  }

  /// - Parameter unit: what a line is called: `line`, `element`.
  static func of(_ lines: Sides<[UnsafeRawBufferPointer]>, unit: String, limits: DifferenceLimits) -> Finding {
    // Equal lines at both ends need no alignment.
    let (old, new) = (lines.old, lines.new)
    var start = 0
    while start < old.count, start < new.count, old[start].hasBytes(of: new[start]) { start += 1 }
    var end = 0
    while end < old.count - start, end < new.count - start,
      old[old.count - 1 - end].hasBytes(of: new[new.count - 1 - end])
    {
      end += 1
    }

    let middle = lines.map { Array($0[start..<$0.count - end]) }
    let edits = LineAlignment.edits(middle, lineLimit: lineLimit)
    let added = edits.count { $0.isNew }
    let gone = edits.count - added
    let parts = NumberWords.list([(added, "\(unit)\(added == 1 ? "" : "s") new"), (gone, "gone")])
    return Finding(
      headline: parts.isEmpty ? "the end of the last line" : parts,
      counts: [.init("\(unit)s new", added), .init("\(unit)s gone", gone)],
      sections: [
        ArtifactDifference.Section(
          unit.capitalizedFirst + "s",
          rows: rows(
            edits.prefix(limits.rows), of: middle, after: start, in: old, isComplete: edits.count <= limits.rows),
          omitted: max(0, edits.count - limits.rows))
      ])
  }

  /// The edited lines among their neighbours.
  /// - Parameters:
  ///   - middle: the lines between the first and the last difference.
  ///   - start: the number of lines before them.
  ///   - old: all old lines.
  ///   - isComplete: true when these are all edits, so that the lines after the last one are shown too.
  private static func rows(
    _ edits: some Sequence<LineAlignment.Edit>, of middle: Sides<[UnsafeRawBufferPointer]>, after start: Int,
    in old: [UnsafeRawBufferPointer], isComplete: Bool
  ) -> [ArtifactDifference.Row] {
    func row(_ line: UnsafeRawBufferPointer, _ mark: ArtifactDifference.Mark) -> ArtifactDifference.Row {
      let sign = mark == .added ? "+" : mark == .gone ? "−" : " "
      return [.init("\(sign) \(line.beginning)", mark)]
    }
    var rows: [ArtifactDifference.Row] = []
    var last = -1
    for edit in edits {
      let position = edit.oldLine + start
      // Neighbours that were shown with the edit before are not shown again.
      let first = max(last, position - context, 0)
      if last >= 0, first > last { rows.append([.init("…")]) }
      for number in first..<max(first, position) where number < old.count { rows.append(row(old[number], .none)) }
      rows.append(edit.isNew ? row(middle.new[edit.newLine], .added) : row(middle.old[edit.oldLine], .gone))
      last = edit.isNew ? position : position + 1
    }

    if last >= 0, isComplete {
      rows += old[min(last, old.count)..<min(last + context, old.count)].map { row($0, .none) }
    }
    return rows
  }
}
