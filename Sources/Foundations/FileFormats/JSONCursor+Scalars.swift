extension JSONCursor {
  /// The bytes between two quotation marks.
  struct ScannedString {
    let bytes: UnsafeRawBufferPointer
    /// True when there are escapes among them, all of them correct.
    let hasEscapes: Bool
    /// `false` where some byte may be 128 or more.
    let isASCII: Bool
  }

  /// Passes a string, before whose opening mark the cursor is. UTF-8 is not checked.
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
  /// A byte of `x - 0x01…01` borrows into its top bit where `x`'s byte is 0, and where it had the bit already, which
  /// `~x` takes away.
  @inline(__always)
  private static func specialBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let mark = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5C)
    let found = ((mark &- ones) & ~mark) | ((backslash &- ones) & ~backslash) | ((word &- ones &* 0x20) & ~word)
    return found & (ones << 7)
  }

  /// Passes an escape.
  private mutating func checkEscape() throws {
    guard position + 1 < bytes.count else { throw fault("a string without end") }
    switch bytes[position + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      guard JSONText.unit(bytes, at: position + 2) != nil else {
        throw fault("an escape that is not \\u and four digits")
      }
      position += 6
    default: throw fault("an escape that does not exist")
    }
  }

  /// The bytes that a string with escapes stands for.
  func unescaped(_ span: UnsafeRawBufferPointer) throws -> [UInt8] {
    let (plain, hasHalfPair) = JSONText.unescaped(span)
    if hasHalfPair { throw fault("half of a surrogate pair before", .encoding) }
    return plain
  }

  /// A number as it is written; its value is computed when it is asked for.
  struct ScannedNumber {
    fileprivate(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    let isNegative: Bool
    /// False when there is a point or an exponent.
    fileprivate(set) var isInteger = true
    fileprivate var hasExponent = false
    /// The digits before the exponent as one number, as long as ``count`` is at most 19.
    fileprivate var digits: UInt64 = 0
    fileprivate var count = 0
    /// The number of digits after the point.
    fileprivate var scale = 0

    /// The nearest `Double`; `nil` when the number is too large for one.
    var value: Double? {
      if isInteger, count <= 18 {
        return isNegative ? -Double(digits) : Double(digits)
      }
      // Both are exact below 2^53 and 10^22, so that the quotient is rounded once.
      // Source: Clinger, How to Read Floating Point Numbers Accurately, 1990.
      if !hasExponent, count <= 15, scale < Self.powersOfTen.count {
        let value = Double(digits) / Self.powersOfTen[scale]
        return isNegative ? -value : value
      }
      return Double(String(decoding: bytes, as: UTF8.self)).flatMap { $0.isFinite ? $0 : nil }
    }

    /// The exact value of a number that is written as an integer; `nil` when an `Int` cannot hold it.
    var integer: Int? {
      guard isInteger else { return nil }
      guard count <= 18 else { return Int(String(decoding: bytes, as: UTF8.self)) }
      return isNegative ? -Int(digits) : Int(digits)
    }

    private static let powersOfTen = (0..<16).map { power in
      (0..<power).reduce(1.0) { product, _ in product * 10 }
    }
  }

  /// Passes a number, before whose first character the cursor is.
  mutating func scanNumber() throws -> ScannedNumber {
    let start = position
    var number = ScannedNumber(isNegative: bytes[position] == UInt8(ascii: "-"))
    if number.isNegative { position += 1 }

    let first = position
    number.count = try scanDigits(into: &number.digits)
    if bytes[first] == UInt8(ascii: "0"), number.count > 1 { throw fault("a number that begins with 0") }

    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      number.isInteger = false
      number.scale = try scanDigits(into: &number.digits)
      number.count += number.scale
    }

    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      number.isInteger = false
      number.hasExponent = true
      if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) { position += 1 }
      var exponent: UInt64 = 0
      _ = try scanDigits(into: &exponent)
    }

    number.bytes = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    return number
  }

  /// Passes digits, at least one, and appends them to a number.
  /// - Returns: how many there were.
  @inline(__always)
  private mutating func scanDigits(into digits: inout UInt64) throws -> Int {
    let start = position
    while position < bytes.count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit < 10 else { break }
      digits = digits &* 10 &+ UInt64(digit)
      position += 1
    }
    guard position > start else { throw fault("a digit was expected") }
    return position - start
  }
}

/// The texts that JSON strings stand for.
package enum JSONText {
  /// The text of a string, given as the bytes between its quotation marks; half of a surrogate pair becomes U+FFFD.
  package static func text(_ span: UnsafeRawBufferPointer) -> String {
    guard span.contains(UInt8(ascii: "\\")) else { return String(decoding: span, as: UTF8.self) }
    return String(decoding: unescaped(span).bytes, as: UTF8.self)
  }

  /// The bytes of a string with escapes, and true when half of a surrogate pair became U+FFFD.
  static func unescaped(_ span: UnsafeRawBufferPointer) -> (bytes: [UInt8], hasHalfPair: Bool) {
    var plain: [UInt8] = []
    plain.reserveCapacity(span.count)
    var hasHalfPair = false
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
        let scalar = scalar(in: span, at: &index)
        if scalar == nil { hasHalfPair = true }
        plain.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
      default: plain.append(escape)
      }
    }
    return (plain, hasHalfPair)
  }

  /// The character of the digits after `\u`, and of a second escape where the two are a surrogate pair.
  private static func scalar(in span: UnsafeRawBufferPointer, at index: inout Int) -> Unicode.Scalar? {
    guard let high = unit(span, at: index) else { return nil }
    index += 4
    guard high & 0xFC00 == 0xD800 else { return Unicode.Scalar(high) }

    guard index + 6 <= span.count, span[index] == UInt8(ascii: "\\"), span[index + 1] == UInt8(ascii: "u"),
      let low = unit(span, at: index + 2), low & 0xFC00 == 0xDC00
    else { return nil }
    index += 6
    return Unicode.Scalar(0x1_0000 + (high & 0x3FF) << 10 + low & 0x3FF)
  }

  /// The number that four hexadecimal digits stand for.
  static func unit(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
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

/// Checks of UTF-8. Source: RFC 3629, §4.
enum UTF8Check {
  /// True when the bytes are UTF-8.
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.withMemoryRebound(to: UInt8.self) { (try? UTF8Span(validating: $0.span)) != nil }
  }

  /// The bytes as a string; `nil` when they are not UTF-8.
  static func text(_ bytes: UnsafeRawBufferPointer) -> String? {
    bytes.withMemoryRebound(to: UInt8.self) { bytes in
      do { return String(copying: try UTF8Span(validating: bytes.span)) } catch { return nil }
    }
  }
}
