extension String {
  /// The text of bytes in Latin-1, in which each byte is the code point of its character.
  init(latin1 bytes: [UInt8]) { self.init(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })) }

  /// True when there is nothing but white space.
  var isBlank: Bool {
    for byte in utf8 where !byte.isSpaceOrControl {
      return !byte.isASCII && unicodeScalars.allSatisfy(\.properties.isWhitespace)
    }
    return true
  }
}
