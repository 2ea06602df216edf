internal import FileFormats
internal import Imaging

extension LineReader {
  /// Calls `body` with each line that holds a record of JSON. Lines that are too long, and records that `body` cannot
  /// read, are counted.
  /// - Throws: what `body` throws, but for ``JSONCursor/Fault``.
  func forEachRecord(faults: inout FaultCounts, _ body: (Line, inout FaultCounts) throws -> Void) throws {
    while let line = try next() {
      try Task.checkCancellation()
      if line.isTooLong {
        faults.add("lines are too long", "line \(line.number)")
      } else if !line.bytes.isBlankLine {
        do {
          try body(line, &faults)
        } catch let fault as JSONCursor.Fault {
          faults.add("records cannot be read", "line \(line.number): \(fault.description)")
        }
      }
    }
  }
}

extension JSONCursor {
  /// A text; `nil` for `null`.
  mutating func optionalString() throws -> String? { try skipNull() ? nil : try string() }
}

extension CSVFile {
  /// The next record that has a field for each column; others are counted.
  mutating func nextRow(faults: inout FaultCounts) throws -> [String: String]? {
    while let record = try next() {
      switch record {
      case .success(let row): return row
      case .failure(let fault):
        faults.add("records have another number of fields than the first", "line \(fault.line)")
      }
    }
    return nil
  }
}
