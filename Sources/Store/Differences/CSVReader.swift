internal import Core
internal import FileFormats

/// Reads comma-separated values record by record. Source of the quoting: RFC 4180; lines may end with CR LF or LF.
struct CSVReader {
  /// One record: its cells, quotation marks taken away.
  struct Record {
    /// The line that it begins on, counted from 1.
    var line: Int
    var cells: [[UInt8]]

    func text(_ column: Int) -> String { column < cells.count ? String(decoding: cells[column], as: UTF8.self) : "" }
  }

  private let file: MappedFile
  private var position = 0
  private var line = 1

  init(_ file: MappedFile) { self.file = file }

  /// The next record that is not empty; `nil` at the end.
  /// - Throws: ``OperationError`` for a quotation that does not end, or text that is not UTF-8.
  mutating func next() throws -> Record? {
    let bytes = file.bytes
    while position < bytes.count {
      var record = Record(line: line, cells: [])
      var cell: [UInt8] = []
      var ended = false
      while !ended {
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
          try quoted(into: &cell)
        }
        while position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != 10 {
          cell.append(bytes[position])
          position += 1
        }
        ended = position >= bytes.count || bytes[position] == 10
        if ended, cell.last == 13 { cell.removeLast() }
        guard cell.withUnsafeBytes({ $0.validText }) != nil else {
          throw file.fault("read CSV", at: "line \(line)", "a cell is not UTF-8")
        }
        record.cells.append(cell)
        cell.removeAll(keepingCapacity: true)
        position += 1
      }
      line += 1
      if record.cells != [[]] { return record }
    }
    return nil
  }

  private mutating func quoted(into cell: inout [UInt8]) throws {
    let bytes = file.bytes
    let start = line
    position += 1
    while true {
      guard position < bytes.count else {
        throw file.fault("read CSV", at: "line \(start)", "a quotation does not end")
      }
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return }
        position += 1
      }
      if byte == 10 { line += 1 }
      cell.append(byte)
    }
  }
}

extension CSVReader {
  /// The cells of one record.
  static func cells(_ record: UnsafeRawBufferPointer) -> [[UInt8]] {
    var cells: [[UInt8]] = [[]]
    var isQuoted = false
    var position = 0
    while position < record.count {
      let byte = record[position]
      position += 1
      if isQuoted {
        if byte != UInt8(ascii: "\"") {
          cells[cells.count - 1].append(byte)
        } else if position < record.count, record[position] == UInt8(ascii: "\"") {
          cells[cells.count - 1].append(byte)
          position += 1
        } else {
          isQuoted = false
        }
      } else if byte == UInt8(ascii: ",") {
        cells.append([])
      } else if byte == UInt8(ascii: "\""), cells[cells.count - 1].isEmpty {
        isQuoted = true
      } else if byte != 13 || position < record.count {
        cells[cells.count - 1].append(byte)
      }
    }
    return cells
  }
}

extension LineReader {
  /// The next record of comma-separated values: a line, or several where a quotation goes over their ends.
  /// - Throws: ``OperationError`` for a quotation that does not end.
  mutating func nextCSVRecord() throws -> UnsafeRawBufferPointer? {
    guard var record = nextRecord() else { return nil }
    let start = number
    var isOpen = Self.endsQuoted(record, false)
    while isOpen {
      guard let more = next(), let base = record.baseAddress, let end = more.baseAddress else {
        throw file.fault("read CSV", at: "line \(start)", "a quotation does not end")
      }
      record = UnsafeRawBufferPointer(start: base, count: end - base + more.count)
      isOpen = Self.endsQuoted(more, true)
    }
    return record
  }

  /// Whether a line ends within a quotation. Marks count where a cell begins; elsewhere they are characters.
  private static func endsQuoted(_ line: UnsafeRawBufferPointer, _ beginsQuoted: Bool) -> Bool {
    let mark = UInt8(ascii: "\"")
    guard beginsQuoted || line.contains(mark) else { return false }
    var isQuoted = beginsQuoted
    var isStart = !beginsQuoted
    var position = 0
    while position < line.count {
      let byte = line[position]
      position += 1
      if isQuoted {
        guard byte == mark else { continue }
        if position < line.count, line[position] == mark { position += 1 } else { isQuoted = false }
      } else if byte == mark, isStart {
        isQuoted = true
        isStart = false
      } else {
        isStart = byte == UInt8(ascii: ",")
      }
    }
    return isQuoted
  }
}
