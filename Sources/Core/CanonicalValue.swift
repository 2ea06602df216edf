/// A value reduced to the parts that its key depends on, with one byte sequence for equal values.
///
/// The encoding is tagged and length-prefixed, so that no two different values share bytes. It begins with a tag byte.
/// A 64-bit little-endian count follows for text, lists and records; integers are in 64-bit two's complement;
/// floating-point numbers are their bit pattern (every NaN the same). The fields of a record are in the order of their
/// names' UTF-8 bytes. A change of the encoding changes every stage key and must raise ``formatVersion``.
public indirect enum CanonicalValue: Sendable, Hashable {
  case null
  case boolean(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case number(Double)
  case text(String)
  case digest(Digest)
  case list([CanonicalValue])
  /// Members in the order of their encodings: sets, whose own order differs between processes.
  case unordered([CanonicalValue])
  /// Fields in the order of their names.
  case record([Field])
  /// The place of an input that counts separately, by its kind: `file`, `artifact pairs/1`. No value is encoded so.
  case input(String)

  /// A named part of a record.
  public struct Field: Sendable, Hashable {
    /// The name, unique within the record.
    public var name: String
    /// The value of the field.
    public var value: CanonicalValue

    /// A field of this name and value.
    public init(_ name: String, _ value: CanonicalValue) {
      self.name = name
      self.value = value
    }
  }

  /// The version of the encoding; part of every stage key.
  public static let formatVersion = 1

  /// The canonical bytes.
  public var bytes: [UInt8] {
    var sink: [UInt8] = []
    append(to: &sink)
    return sink
  }

  /// SHA-256 of the canonical bytes.
  public var digest: Digest { Digest(of: bytes) }

  /// Appends the canonical bytes.
  package func append(to sink: inout [UInt8]) {
    switch self {
    case .null: sink.append(UInt8(ascii: "n"))
    case .boolean(let value):
      sink.append(UInt8(ascii: "b"))
      sink.append(value ? 1 : 0)
    case .integer(let value):
      sink.append(UInt8(ascii: "i"))
      Self.append(UInt64(bitPattern: value), to: &sink)
    case .unsigned(let value):
      sink.append(UInt8(ascii: "u"))
      Self.append(value, to: &sink)
    case .number(let value):
      sink.append(UInt8(ascii: "d"))
      Self.append(value.isNaN ? Double.nan.bitPattern : value.bitPattern, to: &sink)
    case .text(let value):
      sink.append(UInt8(ascii: "s"))
      Self.append(value, to: &sink)
    case .digest(let value):
      sink.append(UInt8(ascii: "h"))
      sink.append(contentsOf: value.bytes)

    // Containers: the count, then the encodings of the members.
    case .list(let values):
      sink.append(UInt8(ascii: "l"))
      Self.append(UInt64(values.count), to: &sink)
      for value in values { value.append(to: &sink) }
    case .unordered(let values):
      sink.append(UInt8(ascii: "o"))
      Self.append(UInt64(values.count), to: &sink)
      for encoded in values.map(\.bytes).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
        sink.append(contentsOf: encoded)
      }
    case .record(let fields):
      sink.append(UInt8(ascii: "r"))
      Self.append(UInt64(fields.count), to: &sink)
      for field in Self.sorted(fields) {
        Self.append(field.name, to: &sink)
        field.value.append(to: &sink)
      }

    case .input(let kind):
      sink.append(UInt8(ascii: "p"))
      Self.append(kind, to: &sink)
    }
  }

  static func sorted(_ fields: [Field]) -> [Field] {
    fields.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private static func append(_ value: UInt64, to sink: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { sink.append(contentsOf: $0) }
  }

  private static func append(_ text: String, to sink: inout [UInt8]) {
    append(UInt64(text.utf8.count), to: &sink)
    sink.append(contentsOf: text.utf8)
  }
}

extension CanonicalValue {
  /// Compact JSON with fields and set members in canonical order. Numbers have the fewest digits that read back as the
  /// same double; NaN and the infinities are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`. The place of an input
  /// is `…`, which is not JSON: it is shown to people and never read.
  public var json: String {
    var text = ""
    appendJSON(to: &text)
    return text
  }

  private func appendJSON(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .unsigned(let value): text += String(value)

    // JSON has no literal for numbers that are not finite.
    case .number(let value):
      if value.isNaN {
        text += "\"NaN\""
      } else if value.isInfinite {
        text += value < 0 ? "\"-Infinity\"" : "\"Infinity\""
      } else {
        text += value.description
      }

    case .text(let value): JSONText.append(value, to: &text)
    case .digest(let value): text += "\"\(value.hexadecimal)\""
    case .list(let values): Self.appendList(values, to: &text)
    case .unordered(let values):
      Self.appendList(
        values.map { ($0, $0.bytes) }.sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0), to: &text)
    case .record(let fields):
      text += "{"
      for (position, field) in Self.sorted(fields).enumerated() {
        if position > 0 { text += "," }
        JSONText.append(field.name, to: &text)
        text += ":"
        field.value.appendJSON(to: &text)
      }
      text += "}"

    case .input: text += "…"
    }
  }

  private static func appendList(_ values: [CanonicalValue], to text: inout String) {
    text += "["
    for (position, value) in values.enumerated() {
      if position > 0 { text += "," }
      value.appendJSON(to: &text)
    }
    text += "]"
  }
}

/// Writes JSON string literals.
package enum JSONText {
  /// Appends a quoted literal. Quotes, backslashes and control characters are escaped, everything else stays unchanged.
  package static func append(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  /// The quoted literal.
  package static func quoted(_ value: String) -> String {
    var text = ""
    append(value, to: &text)
    return text
  }
}
