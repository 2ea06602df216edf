/// Why a table cannot be drawn or arranged as asked.
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
}

extension TableError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noColumn(let name, let columns):
      if let nearest = Self.nearest(to: name, among: columns) {
        "the table has no column “\(name)”: did you mean “\(nearest)”? It has \(Self.list(columns))"
      } else {
        "the table has no column “\(name)”: it has \(Self.list(columns))"
      }
    case .notANumber(let column, let row, let found):
      "row \(row) of column “\(column)” holds “\(found)”, which is not a number: choose a column of numbers"
    case .notPositive(let column, let row, let value):
      "row \(row) of column “\(column)” holds \(value), which a logarithmic axis cannot show: filter the row or use a linear axis"
    case .repeated(let category, let column):
      "several rows give a value for “\(category)” of column “\(column)”: tell them apart with `color:` or `facet:`"
    case .noRows(let columns):
      "there is no number to draw in \(Self.list(columns))"
    }
  }

  /// The name that takes the fewest edits, where they are few enough for a slip of the pen.
  static func nearest(to name: String, among columns: [String]) -> String? {
    let wanted = Array(name.lowercased())
    let ranked = columns.map { (name: $0, distance: distance(wanted, Array($0.lowercased()))) }
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

  private static func list(_ columns: [String]) -> String {
    columns.isEmpty ? "no columns" : columns.map { "“\($0)”" }.joined(separator: ", ")
  }
}
