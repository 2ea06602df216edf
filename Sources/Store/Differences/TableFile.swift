internal import Core
internal import Foundation

/// Reading a `Table` whose bytes nobody has checked.
enum TableFile {
  /// - Throws: ``OperationError`` where the bytes are no table, or a row has more or fewer cells than there are columns.
  static func read(_ file: MappedFile) throws -> Table {
    let table: Table
    do {
      let decoder = JSONDecoder()
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      table = try decoder.decode(Table.self, from: Data(file.bytes))
    } catch { throw file.fault("read a table", "its bytes are not those of table/1: \(words(error))") }
    guard let odd = table.rows.firstIndex(where: { $0.count != table.columns.count }) else { return table }
    throw file.fault(
      "read a table", at: "row \(odd + 1)", "it has \(table.rows[odd].count) cells for \(table.columns.count) columns")
  }

  private static func words(_ error: any Error) -> String {
    switch error {
    case DecodingError.dataCorrupted(let context), DecodingError.typeMismatch(_, let context),
      DecodingError.valueNotFound(_, let context), DecodingError.keyNotFound(_, let context):
      context.debugDescription
    default: "\(error)"
    }
  }
}

extension FirstDifference {
  static func ofTables(_ old: MappedFile, _ new: MappedFile, _ closeness: inout Closeness) throws -> String? {
    let first = try TableFile.read(old)
    let second = try TableFile.read(new)
    if first.columns != second.columns {
      return "the columns: \(first.columns.map(\.name)) → \(second.columns.map(\.name))".shortened
    }
    for number in 0..<min(first.rows.count, second.rows.count) {
      for (column, (a, b)) in zip(first.columns, zip(first.rows[number], second.rows[number]))
      where !isClose(a, b, &closeness) {
        return "row \(number + 1)\(label(first.rows[number])): \(column.name.shortened) \(a.words) → \(b.words)"
      }
    }
    let shared = min(first.rows.count, second.rows.count)
    if first.rows.count > shared { return "row \(shared + 1)\(label(first.rows[shared])) is gone" }
    if second.rows.count > shared { return "row \(shared + 1)\(label(second.rows[shared])) is new" }
    return nil
  }

  /// The row's first text in brackets.
  private static func label(_ row: [Table.Cell]) -> String {
    for case .text(let text) in row { return " (\(text.shortened))" }
    return ""
  }

  private static func isClose(_ a: Table.Cell, _ b: Table.Cell, _ closeness: inout Closeness) -> Bool {
    switch (a, b) {
    case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
    case (.integer(let a), .integer(let b)): closeness.accepts(a, b)
    case (.number(let a), .number(let b)): closeness.accepts(a, b)
    case (.interval(let a, let low, let high), .interval(let b, let otherLow, let otherHigh)):
      closeness.accepts(a, b) && closeness.accepts(low, otherLow) && closeness.accepts(high, otherHigh)
    case (.empty, .empty): true
    default: false
    }
  }
}

extension Table.Cell {
  /// The cell in words, with all its digits.
  var words: String {
    switch self {
    case .text(let text): "“\(text.shortened)”"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .interval(let value, let low, let high): "\(value) [\(low), \(high)]"
    case .empty: "nothing"
    }
  }
}
