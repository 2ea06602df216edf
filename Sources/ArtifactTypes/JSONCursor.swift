internal import Glibc

/// Reads one JSON value after the other from bytes, without a tree in between.
///
/// Made for JSON Lines of known shape: a record's fields are asked for in the order in which they come, unknown ones are skipped.
/// Source of the grammar: RFC 8259.
package struct JSONCursor {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// - Parameter bytes: one line; must stay valid while the cursor is used.
  package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes.bindMemory(to: UInt8.self) }

  /// A field's name as its bytes; compares with string literals in a `switch`.
  package struct Key {
    fileprivate let bytes: UnsafeBufferPointer<UInt8>

    package static func ~= (pattern: StaticString, key: Key) -> Bool {
      guard pattern.utf8CodeUnitCount == key.bytes.count, let start = key.bytes.baseAddress else { return false }
      return memcmp(pattern.utf8Start, start, key.bytes.count) == 0
    }
  }

  /// What is wrong with a line, and at which byte.
  package struct Fault: Error, CustomStringConvertible {
    package let description: String
  }

  /// Enters an object; ``nextKey()`` follows.
  package mutating func beginObject() throws { try expect(UInt8(ascii: "{")) }

  /// The next field's name; `nil` at the object's end.
  package mutating func nextKey() throws -> Key? {
    skipSpace()
    if try peek() == UInt8(ascii: "}") {
      position += 1
      return nil
    }
    if try peek() == UInt8(ascii: ",") { position += 1 }
    skipSpace()
    let (span, hasEscapes) = try rawString()
    guard !hasEscapes else { throw fault("a field's name with an escape") }
    try expect(UInt8(ascii: ":"))
    return Key(bytes: span)
  }

  /// Enters an array; ``nextElement()`` follows.
  package mutating func beginArray() throws { try expect(UInt8(ascii: "[")) }

  /// Whether there is another element, and goes to it.
  package mutating func nextElement() throws -> Bool {
    skipSpace()
    switch try peek() {
    case UInt8(ascii: "]"):
      position += 1
      return false
    case UInt8(ascii: ","):
      position += 1
      return true
    default: return true
    }
  }

  /// A string.
  package mutating func string() throws -> String {
    skipSpace()
    let (span, hasEscapes) = try rawString()
    if hasEscapes { return try unescaped(span) }
    guard let text = String(validating: span, as: UTF8.self) else { throw fault("text that is not UTF-8") }
    return text
  }

  /// An integer.
  package mutating func integer() throws -> Int {
    let number = try number()
    guard let integer = Int(exactly: number) else { throw fault("\(number) where an integer was expected") }
    return integer
  }

  /// A number.
  package mutating func number() throws -> Double {
    skipSpace()
    let start = position
    var value = 0
    var isPlain = true
    loop: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value &* 10 &+ Int(bytes[position] & 15)
      case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): isPlain = false
      default: break loop
      }
      position += 1
    }
    if isPlain, position > start, position - start <= 15 { return Double(value) }
    guard let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)) else { throw fault("no number") }
    return number
  }

  /// Goes past a value of any kind.
  package mutating func skip() throws {
    skipSpace()
    switch try peek() {
    case UInt8(ascii: "\""): _ = try rawString()
    case UInt8(ascii: "{"):
      try beginObject()
      while try nextKey() != nil { try skip() }
    case UInt8(ascii: "["):
      try beginArray()
      while try nextElement() { try skip() }
    default:
      let start = position
      while position < bytes.count, ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]")].contains(bytes[position]) {
        position += 1
      }
      if position == start { throw fault("no value") }
    }
  }

  /// - Throws: ``Fault`` when something follows the value.
  package mutating func end() throws {
    skipSpace()
    if position < bytes.count { throw fault("something after the value") }
  }

  private func fault(_ what: String) -> Fault { Fault(description: "\(what) at byte \(position + 1)") }

  private func peek() throws -> UInt8 {
    guard position < bytes.count else { throw fault("the line ends early") }
    return bytes[position]
  }

  private mutating func expect(_ byte: UInt8) throws {
    skipSpace()
    guard try peek() == byte else { throw fault("“\(Character(Unicode.Scalar(byte)))” was expected") }
    position += 1
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] == 32 || bytes[position] == 9 || bytes[position] == 13 { position += 1 }
  }

  /// The bytes between two quotation marks.
  private mutating func rawString() throws -> (UnsafeBufferPointer<UInt8>, hasEscapes: Bool) {
    try expect(UInt8(ascii: "\""))
    let start = position
    var hasEscapes = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return (UnsafeBufferPointer(rebasing: bytes[start..<position - 1]), hasEscapes)
      }
      if byte == UInt8(ascii: "\\") {
        hasEscapes = true
        position += 1
      }
      position += 1
    }
    throw fault("a string without end")
  }

  private func unescaped(_ span: UnsafeBufferPointer<UInt8>) throws -> String {
    var plain: [UInt8] = []
    plain.reserveCapacity(span.count)
    var index = 0
    func unit() throws -> UInt16 {
      guard index + 4 < span.count,
        let unit = UInt16(String(decoding: span[(index + 1)...(index + 4)], as: UTF8.self), radix: 16)
      else { throw fault("an escape that is not \\u and four digits") }
      index += 4
      return unit
    }
    while index < span.count {
      if span[index] != UInt8(ascii: "\\") {
        plain.append(span[index])
        index += 1
        continue
      }
      index += 1
      switch span[index] {
      case UInt8(ascii: "n"): plain.append(10)
      case UInt8(ascii: "t"): plain.append(9)
      case UInt8(ascii: "r"): plain.append(13)
      case UInt8(ascii: "b"): plain.append(8)
      case UInt8(ascii: "f"): plain.append(12)
      case UInt8(ascii: "u"):
        var units = [try unit()]
        if UTF16.isLeadSurrogate(units[0]) {
          guard index + 2 < span.count, span[index + 1] == UInt8(ascii: "\\"), span[index + 2] == UInt8(ascii: "u") else {
            throw fault("half of a surrogate pair")
          }
          index += 2
          units.append(try unit())
        }
        guard let text = String(validating: units, as: UTF16.self) else { throw fault("half of a surrogate pair") }
        plain += text.utf8
      default: plain.append(span[index])
      }
      index += 1
    }
    guard let text = String(validating: plain, as: UTF8.self) else { throw fault("text that is not UTF-8") }
    return text
  }
}
