extension JSONCursor {
  /// The bytes between two quotation marks.
  struct ScannedString {
    let bytes: UnsafeRawBufferPointer
    /// Whether there are escapes in it; they are right.
    let hasEscapes: Bool
    /// `false` where some byte may be 128 or more.
    let isASCII: Bool
  }

  /// Goes past a string, at whose opening mark the cursor stands. Whether it is UTF-8 is not looked at.
  @inline(__always)
  mutating func scanString() throws -> ScannedString {
    position += 1
    let start = position
    var hasEscapes = false
    var high: UInt64 = 0
    while true {
      // Eight bytes at a time as long as none of them is a mark, a backslash or a control character.
      while position + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        high |= word
        let special = Self.specialBytes(word)
        if special != 0 {
          position += special.trailingZeroBitCount >> 3
          break
        }
        position += 8
      }
      guard position < bytes.count else { throw fault("a string without end") }
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        let span = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        position += 1
        return ScannedString(bytes: span, hasEscapes: hasEscapes, isASCII: high & 0x8080_8080_8080_8080 == 0)
      case UInt8(ascii: "\\"):
        hasEscapes = true
        try checkEscape()
      case 0..<32: throw fault("a control character in a string")
      default:
        high |= UInt64(byte)
        position += 1
      }
    }
  }

  /// The top bit of each byte that is a quotation mark, a backslash or below 32; exact up to the lowest that is set.
  ///
  /// A byte of `x - 0x01…01` borrows into its top bit where `x`'s byte is 0, and where it had the bit already, which `~x` takes away.
  @inline(__always)
  private static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let mark = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let found = ((mark &- ones) & ~mark) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word)
    return found & (ones << 7)
  }

  /// Goes past an escape.
  private mutating func checkEscape() throws {
    guard position + 1 < bytes.count else { throw fault("a string without end") }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"),
      UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      guard position + 6 <= bytes.count, Self.unit(bytes, position + 2) != nil else {
        throw fault("an escape that is not \\u and four digits")
      }
      position += 6
    default: throw fault("an escape that does not exist")
    }
  }

  /// The number that four hexadecimal digits stand for.
  private static func unit(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> UInt32? {
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

  /// The bytes that a string with escapes stands for.
  /// - Parameter span: as ``scanString()`` has passed it.
  func unescaped(_ span: UnsafeRawBufferPointer) throws -> [UInt8] {
    var plain: [UInt8] = []
    plain.reserveCapacity(span.count)
    var index = 0
    while index < span.count {
      guard span[index] == UInt8(ascii: "\\") else {
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
        var value = Self.unit(span, index) ?? 0
        index += 4
        if value & 0xFC00 == 0xD800, index + 6 <= span.count, span[index] == UInt8(ascii: "\\"),
          span[index + 1] == UInt8(ascii: "u"), let low = Self.unit(span, index + 2), low & 0xFC00 == 0xDC00
        {
          value = 0x1_0000 + (value & 0x3FF) << 10 + low & 0x3FF
          index += 6
        }
        guard let scalar = Unicode.Scalar(value) else { throw fault("half of a surrogate pair before", .encoding) }
        plain.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      default: plain.append(escape)
      }
    }
    return plain
  }

  /// A number as it was found.
  struct ScannedNumber {
    /// `nil` when it is too large for a `Double`.
    let value: Double?
    /// The same without rounding, where it is written as an integer and is one of ours.
    let integer: Int?
  }

  /// Goes past a number, at whose first character the cursor stands.
  mutating func scanNumber() throws -> ScannedNumber {
    let start = position
    let isNegative = bytes[position] == UInt8(ascii: "-")
    if isNegative { position += 1 }
    var digits: UInt64 = 0
    var count = 0
    var scale = 0
    func digit(_ position: Int) -> UInt8? {
      guard position < bytes.count else { return nil }
      let value = bytes[position] &- UInt8(ascii: "0")
      return value < 10 ? value : nil
    }
    guard let first = digit(position) else { throw fault("a digit was expected") }
    while let value = digit(position) {
      digits = digits &* 10 &+ UInt64(value)
      count += 1
      position += 1
    }
    if first == 0, count > 1 { throw fault("a number that begins with 0") }
    var isInteger = true
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard digit(position) != nil else { throw fault("a digit was expected") }
      while let value = digit(position) {
        digits = digits &* 10 &+ UInt64(value)
        count += 1
        scale += 1
        position += 1
      }
    }
    var hasExponent = false
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      hasExponent = true
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
        position += 1
      }
      guard digit(position) != nil else { throw fault("a digit was expected") }
      while digit(position) != nil { position += 1 }
    }
    if isInteger, count <= 18 {
      let integer = isNegative ? -Int(digits) : Int(digits)
      return ScannedNumber(value: isNegative && digits == 0 ? -0.0 : Double(integer), integer: integer)
    }
    // Both are exact below 2^53 and 10^22, so that the quotient is rounded once. Source: Clinger, How to Read Floating Point Numbers
    // Accurately, 1990.
    if !hasExponent, count <= 15, scale < Self.powersOfTen.count {
      let value = Double(digits) / Self.powersOfTen[scale]
      return ScannedNumber(value: isNegative ? -value : value, integer: nil)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let value = Double(text).flatMap { $0.isFinite ? $0 : nil }
    return ScannedNumber(value: value, integer: isInteger ? Int(text) : nil)
  }

  private static let powersOfTen = (0..<16).map { power in (0..<power).reduce(1.0) { product, _ in product * 10 } }
}

/// Whether bytes are UTF-8.
enum UTF8Check {
  /// Source: RFC 3629, §4.
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
  }
}
