internal import Core
internal import FileFormats
internal import Foundation

/// Reads a `Table` whose bytes nothing has checked yet.
enum TableFile {
  /// - Throws: ``OperationError`` where the bytes are not a table, or a row has more or fewer cells than there are
  ///   columns.
  static func read(_ file: MappedBytes) throws -> Table {
    let table: Table
    do {
      table = try JSONCoding.decoder().decode(Table.self, from: Data(file.bytes))
    } catch { throw file.fault("read a table", cause: "its bytes are not those of table/1: \(words(error))") }

    if case .wrongLength(let columns, let row, let cells) = table.fault {
      throw file.fault("read a table", at: "row \(row)", cause: "it has \(cells) cells for \(columns.count) columns")
    }
    return table
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

extension Table.Cell {
  /// The cell as text, with all its digits.
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
