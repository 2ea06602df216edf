internal import FileFormats

/// A JSON value as a tree, fields in their order.
indirect enum JSONValue: Equatable {
  /// A field of an object.
  struct Field: Equatable {
    let name: String
    let value: JSONValue

    static func == (left: Field, right: Field) -> Bool {
      left.name.utf8.elementsEqual(right.name.utf8) && left.value == right.value
    }
  }

  case null
  case boolean(Bool)
  /// The number as it is written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Field])

  /// - Throws: ``JSONCursor/Fault`` when the bytes are not one JSON value.
  init(parsing bytes: UnsafeRawBufferPointer) throws {
    var tokens = JSONTokens(bytes)
    self = try JSONValue(try tokens.next(), &tokens)
    _ = try tokens.next()
  }

  /// - Throws: ``OperationError`` when the file is not one JSON value.
  init(parsing file: MappedBytes) throws {
    do { try self.init(parsing: file.bytes) } catch let fault as JSONCursor.Fault {
      throw file.fault("read JSON", cause: "\(fault)")
    }
  }

  /// The tokens' limit of depth bounds the recursion.
  private init(_ token: JSONTokens.Token, _ tokens: inout JSONTokens) throws {
    switch token {
    case .null: self = .null
    case .boolean(let value): self = .boolean(value)
    case .number(let span): self = .number(String(decoding: span, as: UTF8.self))
    case .string(let span): self = .string(JSONText.text(span))
    case .beginArray:
      var elements: [JSONValue] = []
      while true {
        let token = try tokens.next()
        if case .endArray = token { break }
        elements.append(try JSONValue(token, &tokens))
      }
      self = .array(elements)

    case .beginObject:
      var fields: [Field] = []
      while case .key(let span) = try tokens.next() {
        fields.append(Field(name: JSONText.text(span), value: try JSONValue(try tokens.next(), &tokens)))
      }
      self = .object(fields)

    // The tokens come in the order of the grammar, which has none of these before a value.
    case .endArray, .endObject, .key, .end: throw JSONCursor.Fault(description: "a value was expected", kind: .syntax)
    }
  }

  /// A field's value; `nil` where there is none.
  subscript(name: String) -> JSONValue? { fields?.first { $0.name == name }?.value }

  /// The fields of an object; `nil` for any other value.
  var fields: [Field]? { if case .object(let fields) = self { fields } else { nil } }

  /// A string's text; `nil` for any other value.
  var string: String? { if case .string(let text) = self { text } else { nil } }

  /// A number's value; `nil` for any other value.
  var number: Double? { if case .number(let text) = self { Double(text) } else { nil } }

  static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }
}
