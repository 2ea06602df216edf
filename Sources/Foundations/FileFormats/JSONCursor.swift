internal import Glibc

/// Reads one JSON value after the other from bytes, without a tree in between.
///
/// Made for JSON Lines of known shape: a record's fields are asked for in the order in which they come, unknown ones are skipped. What
/// is no JSON is a fault, also in what is skipped: commas, escapes, control characters, numbers, literals and UTF-8 are checked.
/// Source of the grammar: RFC 8259.
package struct JSONCursor {
  let bytes: UnsafeRawBufferPointer
  var position = 0
  /// Whether an object or array has just been entered, so that no comma stands before what comes next.
  private var isFirst = false

  /// How deep arrays and objects may lie in each other where they are skipped.
  package static let depthLimit = 512

  /// - Parameter bytes: one value, such as a line; must stay valid while the cursor is used.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// A field's name as its bytes; compares with string literals in a `switch`.
  package struct Key {
    fileprivate let bytes: UnsafeRawBufferPointer
    /// The bytes of a name that is written with escapes.
    fileprivate let unescaped: [UInt8]?

    package static func ~= (pattern: StaticString, key: Key) -> Bool {
      if let unescaped = key.unescaped {
        return unescaped.elementsEqual(UnsafeBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount))
      }
      guard pattern.utf8CodeUnitCount == key.bytes.count else { return false }
      guard let start = key.bytes.baseAddress else { return true }
      return memcmp(pattern.utf8Start, start, key.bytes.count) == 0
    }
  }

  /// What is wrong with a line, and at which byte.
  package struct Fault: Error, CustomStringConvertible {
    /// Which of three things is wrong.
    package enum Kind: Sendable {
      /// It is no JSON.
      case syntax
      /// It is no UTF-8, or has half of a surrogate pair.
      case encoding
      /// What was read so far is JSON of another shape than was asked for; the rest may be anything.
      case shape
    }

    package let description: String
    package let kind: Kind

    package init(description: String, kind: Kind = .shape) {
      self.description = description
      self.kind = kind
    }
  }

  /// Enters an object; ``nextKey()`` follows.
  package mutating func beginObject() throws {
    skipSpace()
    guard try peek() == UInt8(ascii: "{") else { throw unexpected("an object") }
    position += 1
    isFirst = true
  }

  /// The next field's name; `nil` at the object's end.
  package mutating func nextKey() throws -> Key? {
    skipSpace()
    if try peek() == UInt8(ascii: "}") {
      position += 1
      isFirst = false
      return nil
    }
    if isFirst {
      isFirst = false
    } else {
      try expect(UInt8(ascii: ","))
      skipSpace()
    }
    guard try peek() == UInt8(ascii: "\"") else { throw fault("a field's name was expected") }
    let name = try scanString()
    guard name.isASCII || UTF8Check.isValid(name.bytes) else {
      throw fault("a name that is not UTF-8 before", .encoding)
    }
    skipSpace()
    try expect(UInt8(ascii: ":"))
    return Key(bytes: name.bytes, unescaped: name.hasEscapes ? try unescaped(name.bytes) : nil)
  }

  /// Enters an array; ``nextElement()`` follows.
  package mutating func beginArray() throws {
    skipSpace()
    guard try peek() == UInt8(ascii: "[") else { throw unexpected("an array") }
    position += 1
    isFirst = true
  }

  /// Whether there is another element, and goes to it.
  package mutating func nextElement() throws -> Bool {
    skipSpace()
    if try peek() == UInt8(ascii: "]") {
      position += 1
      isFirst = false
      return false
    }
    if isFirst {
      isFirst = false
    } else {
      try expect(UInt8(ascii: ","))
    }
    return true
  }

  /// The bytes as a string; `nil` when they are not UTF-8.
  private static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    bytes.withMemoryRebound(to: UInt8.self) { bytes in
      do { return String(copying: try UTF8Span(validating: bytes.span)) } catch { return nil }
    }
  }

  /// A string.
  package mutating func string() throws -> String {
    skipSpace()
    guard try peek() == UInt8(ascii: "\"") else { throw unexpected("a string") }
    let found = try scanString()
    let text =
      found.hasEscapes
      ? String(validating: try unescaped(found.bytes), as: UTF8.self) : Self.text(found.bytes)
    guard let text else { throw fault("text that is not UTF-8 before", .encoding) }
    return text
  }

  /// An integer.
  package mutating func integer() throws -> Int {
    skipSpace()
    guard try isNumber() else { throw unexpected("an integer") }
    let number = try scanNumber()
    if let integer = number.integer { return integer }
    guard let value = number.value, let integer = Int(exactly: value) else {
      throw fault("a number where an integer was expected, before", .shape)
    }
    return integer
  }

  /// A number.
  package mutating func number() throws -> Double {
    skipSpace()
    guard try isNumber() else { throw unexpected("a number") }
    guard let value = try scanNumber().value else { throw fault("a number that is too large, before", .shape) }
    return value
  }

  /// Goes past `null` where it stands; where anything else stands, stays before it.
  package mutating func skipNull() throws -> Bool {
    skipSpace()
    guard try peek() == UInt8(ascii: "n") else { return false }
    try literal("null")
    return true
  }

  /// Goes past a value of any kind.
  package mutating func skip() throws { try skip(depth: 0) }

  private mutating func skip(depth: Int) throws {
    guard depth < Self.depthLimit else {
      throw fault("more than \(Self.depthLimit) arrays and objects in each other", .shape)
    }
    skipSpace()
    switch try peek() {
    case UInt8(ascii: "\""):
      let found = try scanString()
      guard found.isASCII || UTF8Check.isValid(found.bytes) else {
        throw fault("text that is not UTF-8 before", .encoding)
      }
    case UInt8(ascii: "{"):
      try beginObject()
      while try nextKey() != nil { try skip(depth: depth + 1) }
    case UInt8(ascii: "["):
      try beginArray()
      while try nextElement() { try skip(depth: depth + 1) }
    case UInt8(ascii: "t"): try literal("true")
    case UInt8(ascii: "f"): try literal("false")
    case UInt8(ascii: "n"): try literal("null")
    default:
      guard try isNumber() else { throw fault("a value was expected") }
      _ = try scanNumber()
    }
  }

  /// - Throws: ``Fault`` when something follows the value.
  package mutating func end() throws {
    skipSpace()
    if position < bytes.count { throw fault("something after the value") }
  }

  /// What is wrong with the bytes as JSON, whatever its shape; `nil` when nothing is.
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

  func fault(_ what: String, _ kind: Fault.Kind = .syntax) -> Fault {
    Fault(description: "\(what) at byte \(position + 1)", kind: kind)
  }

  /// A value of another kind, or none.
  private func unexpected(_ what: String) -> Fault {
    let isValue = position < bytes.count && "\"{[-0123456789tfn".utf8.contains(bytes[position])
    return fault("\(what) was expected", isValue ? .shape : .syntax)
  }

  @inline(__always)
  func peek() throws -> UInt8 {
    guard position < bytes.count else { throw fault("the line ends early") }
    return bytes[position]
  }

  private func isNumber() throws -> Bool {
    let byte = try peek()
    return byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10
  }

  @inline(__always)
  private mutating func expect(_ byte: UInt8) throws {
    guard try peek() == byte else { throw fault("“\(Character(Unicode.Scalar(byte)))” was expected") }
    position += 1
  }

  private mutating func literal(_ text: StaticString) throws {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count, let base = bytes.baseAddress,
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
