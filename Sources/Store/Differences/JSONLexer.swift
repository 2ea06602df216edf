internal import Core

/// Reads JSON token by token, checking the grammar as it goes. Source of the grammar: RFC 8259.
struct JSONLexer {
  /// What comes next. A span is the bytes between the quotation marks, escapes as they are written, or a number's characters.
  enum Token {
    case beginObject, endObject, beginArray, endArray
    case key(UnsafeRawBufferPointer)
    case string(UnsafeRawBufferPointer)
    case number(UnsafeRawBufferPointer)
    case boolean(Bool)
    case null
    /// Nothing follows the value.
    case end
  }

  /// What is wrong, and at which byte.
  struct Fault: Error, CustomStringConvertible { let description: String }

  /// How deep arrays and objects may lie in each other.
  static let depthLimit = 512

  private enum State { case value, firstElement, afterValue, firstKey, done }

  let bytes: UnsafeRawBufferPointer
  private(set) var position = 0
  private var state = State.value
  /// For each open container whether it is an object.
  private var open: [Bool] = []

  /// - Parameter bytes: one value; must stay valid while the lexer is used.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// How many containers are open.
  var depth: Int { open.count }

  /// The next token.
  /// - Throws: ``Fault`` where the bytes are no JSON.
  mutating func next() throws -> Token {
    skipSpace()
    switch state {
    case .done:
      guard position == bytes.count else { throw fault("something after the value") }
      return .end
    case .value: return try value()
    case .firstElement:
      if try peek() == UInt8(ascii: "]") { return close() }
      return try value()
    case .firstKey:
      if try peek() == UInt8(ascii: "}") { return close() }
      return try key()
    case .afterValue:
      let byte = try peek()
      let isObject = open[open.count - 1]
      if byte == UInt8(ascii: isObject ? "}" : "]") { return close() }
      guard byte == UInt8(ascii: ",") else {
        throw fault("a comma or the end of the \(isObject ? "object" : "array") was expected")
      }
      position += 1
      skipSpace()
      return isObject ? try key() : try value()
    }
  }

  private mutating func close() -> Token {
    position += 1
    let isObject = open.removeLast()
    state = open.isEmpty ? .done : .afterValue
    return isObject ? .endObject : .endArray
  }

  private mutating func key() throws -> Token {
    guard try peek() == UInt8(ascii: "\"") else { throw fault("a field's name was expected") }
    let span = try string()
    skipSpace()
    guard try peek() == UInt8(ascii: ":") else { throw fault("a colon was expected") }
    position += 1
    state = .value
    return .key(span)
  }

  private mutating func value() throws -> Token {
    let byte = try peek()
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard open.count < Self.depthLimit else {
        throw fault("more than \(Self.depthLimit) arrays and objects in each other")
      }
      let isObject = byte == UInt8(ascii: "{")
      open.append(isObject)
      position += 1
      state = isObject ? .firstKey : .firstElement
      return isObject ? .beginObject : .beginArray
    case UInt8(ascii: "\""):
      let span = try string()
      finishScalar()
      return .string(span)
    case UInt8(ascii: "t"):
      try literal("true")
      return .boolean(true)
    case UInt8(ascii: "f"):
      try literal("false")
      return .boolean(false)
    case UInt8(ascii: "n"):
      try literal("null")
      return .null
    default:
      let span = try number()
      finishScalar()
      return .number(span)
    }
  }

  private mutating func finishScalar() { state = open.isEmpty ? .done : .afterValue }

  private mutating func literal(_ text: StaticString) throws {
    let wanted = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes.count - position >= wanted.count,
      UnsafeRawBufferPointer(rebasing: bytes[position..<position + wanted.count]).hasBytes(of: wanted)
    else { throw fault("a value was expected") }
    position += wanted.count
    finishScalar()
  }

  private mutating func string() throws -> UnsafeRawBufferPointer {
    position += 1
    let start = position
    var isASCII = true
    while true {
      guard position < bytes.count else { throw fault("a string without end") }
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") { break }
      if byte < 32 { throw fault("a control character in a string") }
      if byte >= 128 { isASCII = false }
      if byte == UInt8(ascii: "\\") {
        guard position + 1 < bytes.count else { throw fault("a string without end") }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
          UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
          break
        case UInt8(ascii: "u"):
          guard position + 6 <= bytes.count, JSONText.unit(bytes, position + 2) != nil else {
            throw fault("an escape that is not \\u and four digits")
          }
          position += 4
        default: throw fault("an escape that does not exist")
        }
        position += 1
      }
      position += 1
    }
    let span = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    position += 1
    guard isASCII || span.validText != nil else { throw fault("text that is not UTF-8 before") }
    return span
  }

  private mutating func number() throws -> UnsafeRawBufferPointer {
    let start = position
    func isDigit() -> Bool { position < bytes.count && bytes[position] &- UInt8(ascii: "0") < 10 }
    func digits() throws {
      guard isDigit() else { throw fault(position == start ? "a value was expected" : "a digit was expected") }
      while isDigit() { position += 1 }
    }
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let first = position
    try digits()
    if bytes[first] == UInt8(ascii: "0"), position > first + 1 { throw fault("a number that begins with 0") }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      try digits()
    }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
  }

  private func peek() throws -> UInt8 {
    guard position < bytes.count else { throw fault("it ends early") }
    return bytes[position]
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte <= 32, byte == 32 || byte == 9 || byte == 10 || byte == 13 else { return }
      position += 1
    }
  }

  private func fault(_ what: String) -> Fault { Fault(description: "\(what) at byte \(position + 1)") }
}

/// The text that a string's written characters stand for.
enum JSONText {
  /// The text of a span that ``JSONLexer`` has passed; half of a surrogate pair becomes U+FFFD.
  static func unescaped(_ span: UnsafeRawBufferPointer) -> String {
    guard span.contains(UInt8(ascii: "\\")) else { return String(decoding: span, as: UTF8.self) }
    var plain: [UInt8] = []
    plain.reserveCapacity(span.count)
    var index = 0
    while index < span.count {
      guard span[index] == UInt8(ascii: "\\"), index + 1 < span.count else {
        plain.append(span[index])
        index += 1
        continue
      }
      let escape = span[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "n"): plain.append(10)
      case UInt8(ascii: "t"): plain.append(9)
      case UInt8(ascii: "r"): plain.append(13)
      case UInt8(ascii: "b"): plain.append(8)
      case UInt8(ascii: "f"): plain.append(12)
      case UInt8(ascii: "u"):
        var value = unit(span, index) ?? 0xFFFD
        index += 4
        if value & 0xFC00 == 0xD800, index + 6 <= span.count, span[index] == UInt8(ascii: "\\"),
          span[index + 1] == UInt8(ascii: "u"), let low = unit(span, index + 2), low & 0xFC00 == 0xDC00
        {
          value = 0x1_0000 + (value & 0x3FF) << 10 + low & 0x3FF
          index += 6
        }
        plain.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
      default: plain.append(escape)
      }
    }
    return String(decoding: plain, as: UTF8.self)
  }

  /// The number that four hexadecimal digits stand for.
  static func unit(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt32? {
    guard start + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for byte in bytes[start..<start + 4] {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte & 15)
      case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"):
        value = value << 4 | UInt32(byte & 15 + 9)
      default: return nil
      }
    }
    return value
  }
}
