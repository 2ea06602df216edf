internal import Core

/// Reads a file of comma-separated values with the names of its columns in the first record.
///
/// The format is that of ``CSVReader``; bytes that are not UTF-8 become U+FFFD.
package struct CSVFile {
  /// The number of the line that the last record began on, counted from 1.
  package private(set) var line = 1
  private let columns: [String]
  private let mapped: MappedBytes
  private var reader: CSVReader

  /// Opens a file and reads its first record.
  /// - Parameter columns: names of columns that must be there.
  /// - Throws: ``OperationError`` when the file cannot be read or is empty, or a column is missing.
  package init(path: String, columns: [String]) throws {
    mapped = try MappedBytes(path: path)
    reader = CSVReader(mapped.bytes, subject: path, repairsText: true)

    guard let header = try reader.next()?.texts else { throw mapped.fault("read the table", cause: "it is empty") }
    let missing = columns.filter { !header.contains($0) }
    guard missing.isEmpty else {
      throw mapped.fault(
        "read the table",
        cause: "it has no column \(missing.joined(separator: ", ")); it has \(header.joined(separator: ", "))")
    }
    self.columns = header
  }

  /// The next record's fields by their columns; `nil` at the end, `.failure` for a record with another number of
  /// fields.
  /// - Throws: ``OperationError`` for a quotation mark that is never closed.
  package mutating func next() throws -> Result<[String: String], Unusable>? {
    guard let record = try reader.next() else { return nil }
    line = record.line
    let fields = record.texts
    guard fields.count == columns.count else { return .failure(Unusable(line: line, fields: fields.count)) }
    return .success(Dictionary(zip(columns, fields), uniquingKeysWith: { first, _ in first }))
  }

  /// A record that has another number of fields than the first.
  package struct Unusable: Error {
    /// The number of the line that it begins on, counted from 1.
    package let line: Int
    /// The number of its fields.
    package let fields: Int
  }
}
