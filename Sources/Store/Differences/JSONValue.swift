internal import Core

/// A JSON value as a tree, fields in their order.
indirect enum JSONValue: Equatable {
  case null
  case boolean(Bool)
  /// As it is written.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])

  /// - Throws: ``JSONLexer/Fault``.
  init(parsing bytes: UnsafeRawBufferPointer) throws {
    var lexer = JSONLexer(bytes)
    let token = try lexer.next()
    self = try JSONValue(token, &lexer)
    _ = try lexer.next()
  }

  /// The lexer's limit of depth bounds the recursion.
  private init(_ token: JSONLexer.Token, _ lexer: inout JSONLexer) throws {
    switch token {
    case .null: self = .null
    case .boolean(let value): self = .boolean(value)
    case .number(let span): self = .number(String(decoding: span, as: UTF8.self))
    case .string(let span): self = .string(JSONText.unescaped(span))
    case .beginArray:
      var elements: [JSONValue] = []
      while true {
        let token = try lexer.next()
        if case .endArray = token { break }
        elements.append(try JSONValue(token, &lexer))
      }
      self = .array(elements)
    case .beginObject:
      var fields: [(key: String, value: JSONValue)] = []
      while case .key(let span) = try lexer.next() {
        let token = try lexer.next()
        fields.append((JSONText.unescaped(span), try JSONValue(token, &lexer)))
      }
      self = .object(fields)
    case .endArray, .endObject, .key, .end:
      throw JSONLexer.Fault(description: "a value was expected at byte \(lexer.position)")
    }
  }

  /// A field's value; `nil` where there is none.
  subscript(name: String) -> JSONValue? {
    guard case .object(let fields) = self else { return nil }
    return fields.first { $0.key == name }?.value
  }

  /// The elements of an array of whole numbers; `nil` for anything else.
  var wholeNumbers: [Int]? {
    guard case .array(let elements) = self else { return nil }
    var numbers: [Int] = []
    for element in elements {
      guard case .number(let text) = element, let number = Int(text) else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  static func == (left: JSONValue, right: JSONValue) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)):
      a.count == b.count && zip(a, b).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value }
    default: false
    }
  }
}
