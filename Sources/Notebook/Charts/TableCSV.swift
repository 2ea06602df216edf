public import Core

extension Table {
  /// The table as comma-separated values of RFC 4180: in full precision, with `.` as the point, a first line of names,
  /// and CR LF at the end of each line.
  ///
  /// A column with intervals becomes three: the estimate, `NAME low` and `NAME high`. An empty cell is an empty field.
  /// Text keeps its characters; a program that runs formulas in cells must be set to read text.
  /// - Throws: ``TableError/wrongLength(columns:row:cells:)`` for a table with a row of another length.
  public var csv: String {
    get throws(TableError) {
      try check()
      return csvLines
    }
  }

  private var csvLines: String {
    let hasIntervals = columns.indices.map { position in
      rows.contains { if case .interval = $0[position] { true } else { false } }
    }

    var result = ""
    Self.write(
      zip(columns, hasIntervals).flatMap { column, hasInterval in
        hasInterval ? [column.name, column.name + " low", column.name + " high"] : [column.name]
      }, to: &result)

    for row in rows {
      var fields: [String] = []
      for (cell, hasInterval) in zip(row, hasIntervals) {
        switch cell {
        case .text(let text): fields.append(text)
        case .integer(let value): fields.append(String(value))
        case .number(let value): fields.append("\(value)")
        case .interval(let value, let low, let high): fields += ["\(value)", "\(low)", "\(high)"]
        case .empty: fields.append("")
        }
        if hasInterval, !cell.isInterval { fields += ["", ""] }
      }
      Self.write(fields, to: &result)
    }
    return result
  }

  private static func write(_ fields: [String], to result: inout String) {
    for (position, field) in fields.enumerated() {
      if position > 0 { result.append(",") }
      if field.utf8.contains(where: { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }) {
        result.append("\"")
        for character in field.unicodeScalars {
          if character == "\"" { result.append("\"") }
          result.unicodeScalars.append(character)
        }
        result.append("\"")
      } else {
        result.append(field)
      }
    }
    result.append("\r\n")
  }
}

extension Table.Cell {
  fileprivate var isInterval: Bool { if case .interval = self { true } else { false } }
}
