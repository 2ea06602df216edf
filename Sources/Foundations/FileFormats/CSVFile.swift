internal import Core

/// Reads a file of comma-separated values with names in its first record.
///
/// Fields may stand in quotation marks and then hold commas, line breaks and doubled quotation marks; a byte order mark is passed over,
/// bytes that are not UTF-8 become U+FFFD.
/// Source: RFC 4180.
package struct CSVFile {
  /// The first record.
  private(set) var columns: [String] = []
  private let path: String
  private let bytes: [UInt8]
  private var position: Int
  /// Number of the line that the last record began in, from 1.
  package private(set) var line = 1
  private var current = 1

  /// Opens a file and reads its first record.
  /// - Throws: ``OperationError`` when there is none, or one of `columns` is missing.
  package init(path: String, columns: [String]) throws {
    self.path = path
    bytes = try FileBytes.read(path)
    position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    guard let header = try record() else {
      throw OperationError(operation: "read the table", subject: path, cause: "it is empty")
    }
    let missing = columns.filter { !header.contains($0) }
    guard missing.isEmpty else {
      throw OperationError(
        operation: "read the table", subject: path,
        cause: "it has no column \(missing.joined(separator: ", ")); it has \(header.joined(separator: ", "))")
    }
    self.columns = header
  }

  /// The next record's fields by their columns; `nil` at the end, `.failure` for a record with another number of fields.
  /// - Throws: ``OperationError`` for a quotation mark without end.
  package mutating func next() throws -> Result<[String: String], Unusable>? {
    guard let fields = try record() else { return nil }
    guard fields.count == columns.count else { return .failure(Unusable(line: line, fields: fields.count)) }
    return .success(Dictionary(zip(columns, fields), uniquingKeysWith: { first, _ in first }))
  }

  /// A record that has another number of fields than the first.
  package struct Unusable: Error {
    package let line: Int
    package let fields: Int
  }

  /// The next record that is not an empty line.
  private mutating func record() throws -> [String]? {
    while position < bytes.count, bytes[position] == 10 || bytes[position] == 13 {
      if bytes[position] == 10 { current += 1 }
      position += 1
    }
    guard position < bytes.count else { return nil }
    line = current
    var fields: [String] = []
    while true {
      fields.append(try field())
      guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { break }
      position += 1
    }
    return fields
  }

  /// The next field; the cursor ends at the comma or line break after it.
  private mutating func field() throws -> String {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != 10, bytes[position] != 13 {
        position += 1
      }
      return String(decoding: bytes[start..<position], as: UTF8.self)
    }
    let opened = current
    position += 1
    var content: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
          return String(decoding: content, as: UTF8.self)
        }
        position += 1
      }
      if byte == 10 { current += 1 }
      content.append(byte)
    }
    throw OperationError(
      operation: "read the table", subject: "\(path), line \(opened)",
      cause: "a quotation mark that opens there is never closed")
  }
}
