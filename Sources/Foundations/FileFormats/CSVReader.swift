package import Core

/// Reads records of comma-separated values from bytes.
///
/// A cell in quotation marks may hold commas, line breaks and, written twice, quotation marks; a mark within another
/// cell is a character. Lines end with LF, CR LF or CR; a byte order mark before the first record is passed.
/// Source: RFC 4180.
package struct CSVReader {
  /// One record.
  package struct Record {
    /// The number of the line that it begins on, counted from 1.
    package let line: Int
    /// The record as it is written, without the line break after it.
    package let bytes: UnsafeRawBufferPointer

    /// The contents of its cells, at least one, without the quotation marks around them; computed at every access.
    package var cells: [[UInt8]] { CSVReader.cells(of: bytes) }

    /// The cells as texts; bytes that are not UTF-8 become U+FFFD. Computed at every access.
    package var texts: [String] { cells.map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The offset of the first byte that has not been read.
  package private(set) var position: Int
  private let bytes: UnsafeRawBufferPointer
  private let subject: String
  private let repairsText: Bool
  private var line = 1

  /// - Parameters:
  ///   - bytes: must stay valid while the reader and its records are used.
  ///   - subject: the file's name, for errors.
  ///   - offset: the first byte of a record.
  ///   - repairsText: true to take bytes that are not UTF-8 as U+FFFD instead of refusing them.
  package init(
    _ bytes: UnsafeRawBufferPointer, subject: String, from offset: Int = 0, repairsText: Bool = false
  ) {
    self.bytes = bytes
    self.subject = subject
    self.repairsText = repairsText
    position = offset == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : offset
  }

  /// The next record that is not an empty line; `nil` at the end.
  /// - Throws: ``OperationError`` with the line, for a quotation mark that is never closed, or text that is not UTF-8.
  package mutating func next() throws(OperationError) -> Record? {
    while position < bytes.count, isLineBreak(bytes[position]) {
      if bytes[position] == 10 { line += 1 }
      position += 1
    }
    guard position < bytes.count else { return nil }

    let (start, first) = (position, line)
    var isCellStart = true
    while position < bytes.count, !isLineBreak(bytes[position]) {
      if isCellStart, bytes[position] == UInt8(ascii: "\"") {
        try passQuotation()
        isCellStart = false
      } else {
        isCellStart = bytes[position] == UInt8(ascii: ",")
        position += 1
      }
    }

    let record = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    guard repairsText || UTF8Check.isValid(record) else { throw fault(line: first, "a cell is not UTF-8") }
    return Record(line: first, bytes: record)
  }

  private mutating func passQuotation() throws(OperationError) {
    let first = line
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == 10 { line += 1 }
      if byte == UInt8(ascii: "\"") {
        guard position < bytes.count, bytes[position] == byte else { return }
        position += 1
      }
    }
    throw fault(line: first, "a quotation mark that opens there is never closed")
  }

  /// The contents of the cells of one record, as ``Record/cells``.
  package static func cells(of record: UnsafeRawBufferPointer) -> [[UInt8]] {
    let mark = UInt8(ascii: "\"")
    var cells: [[UInt8]] = []
    var position = 0
    repeat {
      var content: [UInt8] = []
      if position < record.count, record[position] == mark {
        position += 1
        while position < record.count {
          let byte = record[position]
          position += 1
          if byte == mark {
            guard position < record.count, record[position] == mark else { break }
            position += 1
          }
          content.append(byte)
        }
      }

      // The usual cell has no quotation, and is copied at once.
      let start = position
      while position < record.count, record[position] != UInt8(ascii: ",") { position += 1 }
      let rest = UnsafeRawBufferPointer(rebasing: record[start..<position])
      cells.append(content.isEmpty ? Array(rest) : content + rest)
      position += 1
    } while position <= record.count
    return cells
  }

  private func isLineBreak(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

  private func fault(line: Int, _ cause: String) -> OperationError {
    OperationError(operation: "read CSV", subject: "\(subject), line \(line)", cause: cause)
  }
}
