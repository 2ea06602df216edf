/// Names for bytes of ASCII that have no visible character; the others are written as `UInt8(ascii: "a")`.
extension UInt8 {
  static var tab: UInt8 { 0x09 }
  static var lineFeed: UInt8 { 0x0A }
  static var carriageReturn: UInt8 { 0x0D }
  static var space: UInt8 { 0x20 }

  var isSpaceOrTab: Bool { self == .space || self == .tab }

  /// True for the white space of ASCII, and for its control characters, which count as white space here.
  var isSpaceOrControl: Bool { self <= .space }

  var isASCII: Bool { self < 0x80 }

  var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  var isASCIIUppercase: Bool { self &- UInt8(ascii: "A") < 26 }

  var isASCIILowercase: Bool { self &- UInt8(ascii: "a") < 26 }

  var isASCIILetter: Bool { lowercasedASCII.isASCIILowercase }

  /// The small letter of a letter. Of other characters the result has no meaning.
  var lowercasedASCII: UInt8 { self | 0x20 }
}

extension Collection where Element == UInt8 {
  /// True when there is nothing but spaces, tabs and carriage returns, as on a line without a record.
  var isBlankLine: Bool { allSatisfy { $0.isSpaceOrTab || $0 == .carriageReturn } }
}
