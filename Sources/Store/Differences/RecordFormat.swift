internal import Core

/// How a file is cut into records, and what of a record is its key.
enum RecordFormat: Sendable {
  /// A JSON object a line, with these fields as the key. Without fields, the whole line is the key.
  case jsonLines(key: [String])
  /// Comma-separated values with a header, of which these columns are the key.
  case csv(key: [Int])

  /// The hash of a record's key.
  /// - Throws: ``JSONLexer/Fault`` for a line that is no object with these fields.
  @inline(__always)
  func key(of record: UnsafeRawBufferPointer) throws -> (UInt64, UInt64) {
    var hash = KeyHash()
    switch self {
    case .jsonLines(let fields):
      if fields.isEmpty {
        hash.add(record)
      } else if fields.count > 1 || !Self.addFirst(fields[0], of: record, to: &hash) {
        let object = try JSONRecord(record, fields)
        for (field, span) in zip(fields, object.spans) {
          guard let span else { throw JSONLexer.Fault(description: "it has no field “\(field)”") }
          if span.contains(UInt8(ascii: "\\")) {
            var text = JSONText.unescaped(span)
            text.withUTF8 { hash.add(UnsafeRawBufferPointer($0)) }
          } else {
            hash.add(span)
          }
        }
      }
    case .csv(let columns):
      let cells = CSVReader.cells(record)
      for column in columns {
        (column < cells.count ? cells[column] : []).withUnsafeBytes { hash.add($0) }
      }
    }
    return hash.value
  }

  /// The usual case, without parsing the record: the field comes first, as `{"id":"`, and has no escapes.
  @inline(__always)
  private static func addFirst(_ field: String, of record: UnsafeRawBufferPointer, to hash: inout KeyHash) -> Bool {
    let name = field.utf8
    let start = name.count + 5
    guard record.count > start, record[0] == UInt8(ascii: "{"), record[1] == UInt8(ascii: "\""),
      record[start - 3] == UInt8(ascii: "\""), record[start - 2] == UInt8(ascii: ":"),
      record[start - 1] == UInt8(ascii: "\"")
    else { return false }
    var position = 2
    for byte in name {
      guard record[position] == byte else { return false }
      position += 1
    }
    position = start
    while position < record.count {
      let byte = record[position]
      if byte == UInt8(ascii: "\"") {
        hash.add(UnsafeRawBufferPointer(rebasing: record[start..<position]))
        return true
      }
      if byte == UInt8(ascii: "\\") { return false }
      position += 1
    }
    return false
  }
}

/// The scalar fields of one JSON object that somebody asked for.
struct JSONRecord {
  /// The written characters of each field, a string's without its quotation marks; `nil` where there is none or it is no scalar.
  private(set) var spans: [UnsafeRawBufferPointer?]

  /// - Throws: ``JSONLexer/Fault`` for bytes that are no object.
  init(_ record: UnsafeRawBufferPointer, _ fields: [String]) throws {
    spans = Array(repeating: nil, count: fields.count)
    var lexer = JSONLexer(record)
    guard case .beginObject = try lexer.next() else { throw JSONLexer.Fault(description: "it is no object") }
    var field: Int?
    while true {
      switch try lexer.next() {
      case .key(let span) where lexer.depth == 1:
        field = fields.firstIndex { name in
          span.count == name.utf8.count ? span.elementsEqual(name.utf8) : JSONText.unescaped(span) == name
        }
      case .string(let span), .number(let span):
        if lexer.depth == 1, let found = field { spans[found] = span }
      case .end: return
      default: break
      }
    }
  }

  /// A field's text; empty where there is none.
  func text(_ field: Int) -> String { spans[field].map(JSONText.unescaped) ?? "" }

  /// A field's number; `nil` where there is none.
  func number(_ field: Int) -> Double? { spans[field].flatMap { WrittenNumber($0)?.value } }
}
