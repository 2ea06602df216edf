internal import Core
internal import FileFormats

/// The way in which a file is cut into records, and the part of a record that is its key.
enum RecordFormat: Sendable {
  /// A JSON object a line, with these fields as the key. Without fields, the whole line is the key.
  case jsonLines(key: [String])
  /// Comma-separated values with a header, of which these columns are the key.
  case csv(key: [Int])
}

extension KeyHash {
  /// The hash of the key of a JSON object.
  /// - Parameter fields: the key; without fields, the whole record is the key.
  /// - Throws: ``JSONCursor/Fault`` for a record that is not an object with these fields.
  @inline(__always)
  static func key(of record: UnsafeRawBufferPointer, fields: [String]) throws -> (UInt64, UInt64) {
    var hash = KeyHash()
    if fields.isEmpty {
      hash.add(record)
    } else if fields.count > 1 || !addFirst(fields[0], of: record, to: &hash) {
      let object = try JSONRecord(record, fields)
      for field in fields {
        guard let span = object[field] else { throw JSONCursor.Fault(description: "it has no field “\(field)”") }
        if span.contains(UInt8(ascii: "\\")) {
          var text = JSONText.text(span)
          text.withUTF8 { hash.add(UnsafeRawBufferPointer($0)) }
        } else {
          hash.add(span)
        }
      }
    }
    return hash.value
  }

  /// The hash of the key of a record of comma-separated values.
  static func key(of cells: [[UInt8]], columns: [Int]) -> (UInt64, UInt64) {
    var hash = KeyHash()
    for column in columns {
      (column < cells.count ? cells[column] : []).withUnsafeBytes { hash.add($0) }
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

    // The name is compared only where marks and colon are at their places.
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

/// Scalar fields of one JSON object.
struct JSONRecord {
  private let fields: [String]
  private var spans: [UnsafeRawBufferPointer?]

  /// - Parameter fields: the fields that are kept; the others are only checked to be JSON.
  /// - Throws: ``JSONCursor/Fault`` for bytes that are not an object.
  init(_ record: UnsafeRawBufferPointer, _ fields: [String]) throws {
    self.fields = fields
    spans = Array(repeating: nil, count: fields.count)
    var tokens = JSONTokens(record)
    guard case .beginObject = try tokens.next() else { throw JSONCursor.Fault(description: "it is not an object") }

    // The position of the last name in `fields`, of the object itself and not of one inside it.
    var field: Int?
    while true {
      switch try tokens.next() {
      case .key(let span) where tokens.depth == 1:
        field = fields.firstIndex { name in
          span.count == name.utf8.count ? span.elementsEqual(name.utf8) : JSONText.text(span) == name
        }
      case .string(let span), .number(let span):
        if tokens.depth == 1, let found = field { spans[found] = span }
      case .end: return
      default: break
      }
    }
  }

  /// The written characters of a field, a string's without its quotation marks; `nil` where there is none, or it is an
  /// object, an array, a truth value or null.
  subscript(field: String) -> UnsafeRawBufferPointer? { fields.firstIndex(of: field).flatMap { spans[$0] } }

  /// A field's text; empty where there is none.
  func text(_ field: String) -> String { self[field].map(JSONText.text) ?? "" }

  /// A field's number; `nil` where there is none.
  func number(_ field: String) -> Double? { self[field].flatMap { WrittenNumber($0)?.value } }
}
