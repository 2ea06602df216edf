/// The reason that a table cannot be drawn or arranged as asked.
public enum TableError: Error, Hashable, Sendable {
  /// The table has no column of that name.
  case noColumn(String, columns: [String])
  /// A cell that should hold a number holds something else. The row counts from 1.
  case notANumber(column: String, row: Int, found: String)
  /// A logarithmic axis has no place for a value that is not above zero. The row counts from 1.
  case notPositive(column: String, row: Int, value: Double)
  /// Two rows claim the same bar.
  case repeated(category: String, column: String)
  /// Nothing to draw.
  case noRows(columns: [String])
  /// A row has more or fewer cells than there are columns. The row counts from 1.
  case wrongLength(columns: [String], row: Int, cells: Int)
  /// The reference line has no place on an axis.
  case notFinite(reference: String, value: Double)
  /// More bars or panels than a drawing has space for.
  case tooMany(String, count: Int, limit: Int)
}

extension TableError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noColumn(let name, let columns):
      if let nearest = Self.nearest(to: name, among: columns) {
        "the table has no column \(Self.quoted(name)): did you mean \(Self.quoted(nearest))? "
          + "It has \(Self.list(columns))"
      } else {
        "the table has no column \(Self.quoted(name)): it has \(Self.list(columns))"
      }
    case .notANumber(let column, let row, let found):
      """
      row \(row) of column \(Self.quoted(column)) holds \(Self.quoted(found)), which is not a number: \
      choose a column of numbers
      """
    case .notPositive(let column, let row, let value):
      """
      row \(row) of column \(Self.quoted(column)) holds \(value), which a logarithmic axis cannot show: \
      filter the row or use a linear axis
      """
    case .repeated(let category, let column):
      """
      several rows give a value for \(Self.quoted(category)) of column \(Self.quoted(column)): \
      tell them apart with `color:` or `facet:`
      """
    case .noRows(let columns):
      "there is no number to draw in \(Self.list(columns))"
    case .wrongLength(let columns, let row, let cells):
      """
      row \(row) of the table with \(columns.isEmpty ? "" : columns.count == 1 ? "the column " : "the columns ")\
      \(Self.list(columns)) has \(cells) \(cells == 1 ? "cell" : "cells") for \(columns.count): \
      give each row one cell for every column, `.empty` where there is no value
      """
    case .notFinite(let reference, let value):
      """
      the reference \(Self.quoted(reference)) is \(value), which no axis can show: \
      give a finite number, or leave it out
      """
    case .tooMany(let parts, let count, let limit):
      """
      a chart of \(count) \(parts) cannot be read, and the most is \(limit): \
      draw fewer rows, with `sorted(by:)` and `prefix(_:)`, or show the table
      """
    }
  }

  /// The bytes of a name that is looked for, the characters of one that is printed, and the columns of a list, at most.
  private static let longestName = 200
  private static let longestWord = 60
  private static let longestList = 12

  /// The name that takes the fewest edits, where they are few enough for a slip of the pen.
  static func nearest(to name: String, among columns: [String]) -> String? {
    // A text is not a name; the distance takes the product of both lengths.
    guard name.utf8.count <= longestName else { return nil }
    let wanted = Array(name.lowercased())
    let ranked = columns.filter { $0.utf8.count <= longestName }
      .map { (name: $0, distance: distance(wanted, Array($0.lowercased()))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(2, wanted.count / 2) ? best.name : nil
  }

  /// Levenshtein's edit distance, by the recurrence of Wagner and Fischer (1974).
  private static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let substitution = diagonal + (character == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }

  /// A name in quotation marks, a very long one shortened.
  private static func quoted(_ name: String) -> String {
    "“\(name.prefix(longestWord))\(name.count > longestWord ? "…" : "")”"
  }

  private static func list(_ columns: [String]) -> String {
    guard !columns.isEmpty else { return "no columns" }
    let rest = columns.count - longestList
    return columns.prefix(longestList).map(quoted).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}
