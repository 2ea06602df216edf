internal import Glibc

/// Reads one JSON value after another from bytes, without a tree in between.
///
/// Made for JSON Lines of known shape: the caller asks for a record's fields in the order in which they come, and
/// skips unknown ones. Anything that is not JSON is a fault, also in what is skipped: commas, escapes, control
/// characters, numbers, literals and UTF-8 are checked. ``JSONTokens`` reads values of unknown shape.
/// Source of the grammar: RFC 8259.
package struct JSONCursor {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// True after an object or array was entered: no comma comes before the next field or element.
  private var isFirst = false

  /// The limit of arrays and objects inside each other; deeper values are refused.
  package static let depthLimit = 512

  /// A cursor before the first byte.
  /// - Parameter bytes: one value, such as a line; must stay valid while the cursor is used.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// A field's name as its bytes; compares with string literals in a `switch`.
  package struct Key {
    /// The bytes between the quotation marks, escapes as they are written.
    let bytes: UnsafeRawBufferPointer
    /// The bytes of a name that is written with escapes.
    fileprivate let unescaped: [UInt8]?

    /// The name, its escapes replaced.
    package var text: String { String(decoding: unescaped ?? Array(bytes), as: UTF8.self) }

    /// True when the name, its escapes replaced, is `pattern`.
    package static func ~= (pattern: StaticString, key: Key) -> Bool {
      let wanted = UnsafeRawBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount)
      return key.unescaped?.elementsEqual(wanted) ?? ByteOrder.isEqual(wanted, key.bytes)
    }
  }

  /// A mistake in a value and the byte at which it was found, counted from 1.
  package struct Fault: Error, CustomStringConvertible {
    /// The three kinds of mistakes.
    package enum Kind: Sendable {
      /// The bytes are not JSON.
      case syntax
      /// A text is not UTF-8, or has half of a surrogate pair.
      case encoding
      /// The value up to here is JSON of another shape than expected; the rest may be anything.
      case shape
    }

    /// The mistake in words, for people: `a digit was expected at byte 12`.
    package let description: String
    /// The kind of the mistake.
    package let kind: Kind

    /// A mistake of a caller's own, such as a record without a field that it needs.
    package init(description: String, kind: Kind = .shape) {
      self.description = description
      self.kind = kind
    }
  }

  /// Enters an object; ``nextKey()`` follows.
  /// - Throws: ``Fault`` when the next value is not an object.
  package mutating func beginObject() throws { try begin("{", "an object") }

  /// Enters an array; ``nextElement()`` follows.
  /// - Throws: ``Fault`` when the next value is not an array.
  package mutating func beginArray() throws { try begin("[", "an array") }

  private mutating func begin(_ mark: Unicode.Scalar, _ kind: String) throws {
    guard try peekValue() == UInt8(ascii: mark) else { throw unexpected(kind) }
    position += 1
    isFirst = true
  }

  /// The next field's name; its value follows. `nil` at the object's end, which it passes.
  /// - Throws: ``Fault`` when neither follows.
  package mutating func nextKey() throws -> Key? {
    guard try isBeforeItem(end: "}") else { return nil }
    guard try peekValue() == UInt8(ascii: "\"") else { throw fault("a field's name was expected") }

    let name = try scanString()
    guard name.isASCII || UTF8Check.isValid(name.bytes) else {
      throw fault("a name that is not UTF-8 before", .encoding)
    }

    skipSpace()
    try expect(":")
    return Key(bytes: name.bytes, unescaped: name.hasEscapes ? try unescaped(name.bytes) : nil)
  }

  /// Goes to the next element; `false` at the array's end, which it passes.
  /// - Throws: ``Fault`` when neither follows.
  package mutating func nextElement() throws -> Bool { try isBeforeItem(end: "]") }

  /// Passes the comma before the next item, or the end of the object or array.
  private mutating func isBeforeItem(end: Unicode.Scalar) throws -> Bool {
    let isFirst = isFirst
    self.isFirst = false
    if try peekValue() == UInt8(ascii: end) {
      position += 1
      return false
    }
    if !isFirst { try expect(",") }
    return true
  }

  /// The next value, a string.
  /// - Throws: ``Fault`` when it is anything else, or not UTF-8.
  package mutating func string() throws -> String {
    guard try peekValue() == UInt8(ascii: "\"") else { throw unexpected("a string") }
    let found = try scanString()
    if found.hasEscapes, let text = String(validating: try unescaped(found.bytes), as: UTF8.self) { return text }
    guard !found.hasEscapes, let text = UTF8Check.text(found.bytes) else {
      throw fault("text that is not UTF-8 before", .encoding)
    }
    return text
  }

  /// The next value, a number without a fraction, such as `12` or `1.2e1`.
  /// - Throws: ``Fault`` when it is anything else, or an `Int` cannot hold it.
  package mutating func integer() throws -> Int {
    guard Self.beginsNumber(try peekValue()) else { throw unexpected("an integer") }
    let number = try scanNumber()
    guard let integer = number.integer ?? number.value.flatMap({ Int(exactly: $0) }) else {
      throw fault("a number where an integer was expected, before", .shape)
    }
    return integer
  }

  /// The next value, a whole number of at least 0 that is written in digits only.
  /// - Throws: ``Fault`` when it is anything else, or an `Int` cannot hold it.
  package mutating func wholeNumber() throws -> Int {
    guard Self.beginsNumber(try peekValue()) else { throw unexpected("a whole number") }
    let number = try scanNumber()
    guard number.isInteger, !number.isNegative else {
      throw fault("a number where a whole number of at least 0 was expected, before", .shape)
    }
    guard let integer = number.integer else { throw fault("a number that is too large, before", .shape) }
    return integer
  }

  /// The next value, a number.
  /// - Throws: ``Fault`` when it is anything else, or a `Double` cannot hold it.
  package mutating func number() throws -> Double {
    guard Self.beginsNumber(try peekValue()) else { throw unexpected("a number") }
    guard let value = try scanNumber().value else { throw fault("a number that is too large, before", .shape) }
    return value
  }

  /// Passes `null`; returns `false`, and stays, before any other value.
  /// - Throws: ``Fault`` where no value is.
  package mutating func skipNull() throws -> Bool {
    guard try peekValue() == UInt8(ascii: "n") else { return false }
    try literal("null")
    return true
  }

  /// Passes a value of any kind.
  /// - Throws: ``Fault`` when it is not JSON, or arrays and objects are nested more deeply than ``depthLimit``. Half
  ///   of a surrogate pair in a text is not a fault here.
  package mutating func skip() throws { try skip(depth: 0) }

  private mutating func skip(depth: Int) throws {
    guard depth < Self.depthLimit else { throw tooDeep() }

    switch try peekValue() {
    case UInt8(ascii: "{"):
      try beginObject()
      while try nextKey() != nil { try skip(depth: depth + 1) }
    case UInt8(ascii: "["):
      try beginArray()
      while try nextElement() { try skip(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try validString()
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default: _ = try anyNumber()
    }
  }

  /// Checks that nothing follows the value.
  /// - Throws: ``Fault`` when something does.
  package mutating func end() throws {
    skipSpace()
    if position < bytes.count { throw fault("something after the value") }
  }

  /// The first mistake in bytes that should be one JSON value of any shape; `nil` when they are.
  package static func fault(in bytes: UnsafeRawBufferPointer) -> Fault? {
    var cursor = JSONCursor(bytes)
    do {
      try cursor.skip()
      try cursor.end()
      return nil
    } catch {
      return error as? Fault
    }
  }

  /// A string's bytes as they are written, known to be UTF-8; the cursor is before its opening mark.
  mutating func validString() throws -> UnsafeRawBufferPointer {
    let found = try scanString()
    guard found.isASCII || UTF8Check.isValid(found.bytes) else {
      throw fault("text that is not UTF-8 before", .encoding)
    }
    return found.bytes
  }

  /// The next value, a number; anything else is a fault of syntax.
  mutating func anyNumber() throws -> ScannedNumber {
    guard Self.beginsNumber(try peekValue()) else { throw fault("a value was expected") }
    return try scanNumber()
  }

  func fault(_ text: String, _ kind: Fault.Kind = .syntax) -> Fault {
    Fault(description: "\(text) at byte \(position + 1)", kind: kind)
  }

  func tooDeep() -> Fault { fault("more than \(Self.depthLimit) arrays and objects in each other", .shape) }

  /// A fault of shape before a value of another kind, of syntax where no value begins.
  private func unexpected(_ kind: String) -> Fault {
    let isValue = position < bytes.count && "\"{[-0123456789tfn".utf8.contains(bytes[position])
    return fault("\(kind) was expected", isValue ? .shape : .syntax)
  }

  /// The next byte that is not white space.
  @inline(__always)
  mutating func peekValue() throws -> UInt8 {
    skipSpace()
    guard position < bytes.count else { throw fault("it ends early") }
    return bytes[position]
  }

  private static func beginsNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10
  }

  @inline(__always)
  private mutating func expect(_ mark: Unicode.Scalar) throws {
    guard position < bytes.count else { throw fault("it ends early") }
    guard bytes[position] == UInt8(ascii: mark) else { throw fault("“\(mark)” was expected") }
    position += 1
  }

  mutating func literal(_ text: StaticString) throws {
    let count = text.utf8CodeUnitCount
    guard count <= bytes.count - position, let base = bytes.baseAddress,
      memcmp(base + position, text.utf8Start, count) == 0
    else { throw fault("a value was expected") }
    position += count
  }

  @inline(__always)
  private mutating func skipSpace() {
    while position < bytes.count {
      let byte = bytes[position]
      guard byte <= 32, byte == 32 || byte == 9 || byte == 13 || byte == 10 else { return }
      position += 1
    }
  }
}
